package io.github.swipekit

/**
 * Reads JSON: objects as maps, arrays as lists, numbers as doubles. For files that the tests trust.
 */
class Json private constructor(private val text: String) {
    private var at = 0

    private fun value(): Any? {
        blank()
        return when (text[at]) {
            '{' -> collect('}') { name() to value() }.toMap()
            '[' -> collect(']') { value() }
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> number()
        }
    }

    private fun <T> collect(end: Char, read: () -> T): List<T> {
        at++
        val all = ArrayList<T>()
        blank()
        while (text[at] != end) {
            all.add(read())
            blank()
            if (text[at] == ',') at++
            blank()
        }
        at++
        return all
    }

    private fun name(): String {
        blank()
        val name = string()
        blank()
        check(text[at++] == ':')
        return name
    }

    private fun string(): String {
        check(text[at++] == '"')
        val result = StringBuilder()
        while (text[at] != '"') {
            val character = text[at++]
            if (character != '\\') {
                result.append(character)
                continue
            }
            when (val escaped = text[at++]) {
                'n' -> result.append('\n')
                't' -> result.append('\t')
                'u' -> result.append(text.substring(at, at + 4).toInt(16).toChar()).also { at += 4 }
                else -> result.append(escaped)
            }
        }
        at++
        return result.toString()
    }

    private fun number(): Double {
        val start = at
        while (at < text.length && text[at] in "+-.eE0123456789") at++
        return text.substring(start, at).toDouble()
    }

    private fun word(word: String, value: Any?): Any? {
        check(text.startsWith(word, at))
        at += word.length
        return value
    }

    private fun blank() {
        while (at < text.length && text[at].isWhitespace()) at++
    }

    companion object {
        @Suppress("UNCHECKED_CAST")
        fun <T> read(text: String): T = Json(text).value() as T
    }
}
