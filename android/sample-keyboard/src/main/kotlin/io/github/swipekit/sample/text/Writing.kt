package io.github.swipekit.sample.text

/**
 * English as it is written: where spaces and capitals go, and which words stand before the cursor.
 * No state, no Android.
 */
object Writing {
    /**
     * First word of [context] where a sentence begins there; the engine's language model knows it
     * by this name.
     */
    const val SENTENCE_START: String = "<s>"

    /** Characters before the cursor that any of these look at. */
    const val LOOK_BACK: Int = 96

    private const val CONTEXT_WORDS = 4
    private const val SENTENCE_ENDS = ".!?…\n"
    private const val SPACE_AFTER = ".,!?:;)]}%…’'"
    private const val CLOSERS = "\"'”’)]}"

    /** Whether a word that is put behind [before] needs a space first. */
    fun needsSpace(before: String): Boolean {
        val last = before.lastOrNull() ?: return false
        return when {
            last.isLetterOrDigit() || last.isSurrogate() -> true
            // A second straight quote closes, a first one opens.
            last == '"' -> before.count { it == '"' } % 2 == 0
            last == '\'' -> before.length > 1 && !before[before.length - 2].isWhitespace()
            else -> last in SPACE_AFTER
        }
    }

    /** Whether the next letter behind [before] is a capital, in a field that wants [capitals]. */
    fun isCapital(before: String, capitals: Capitals): Boolean = when (capitals) {
        Capitals.NONE -> false
        Capitals.ALL -> true
        Capitals.WORDS -> before.isEmpty() || !(before.last().isLetterOrDigit() || before.last() in "'’-")
        Capitals.SENTENCES -> beginsSentence(before)
    }

    /**
     * Whether what comes behind [before] begins a sentence: nothing before it, or an end of a
     * sentence and white space.
     */
    fun beginsSentence(before: String): Boolean {
        val words = before.trimEnd { it in "\"'“‘([{" }
        if (words.isEmpty() || words.last() == '\n') return true
        if (!words.last().isWhitespace()) return false
        val end = words.trimEnd().trimEnd { it in CLOSERS }
        return end.isEmpty() || '\n' in words.substring(words.trimEnd().length) || end.last() in SENTENCE_ENDS
    }

    /**
     * The words of the sentence before the cursor, the nearest last, at most four, with
     * [SENTENCE_START] where they reach back to the beginning of the sentence. [before] is the text
     * in front of the cursor; [isWhole] says that nothing is in front of that.
     */
    fun context(before: String, isWhole: Boolean): List<String> {
        val words = ArrayDeque<String>()
        var end = before.length
        while (end > 0 && words.size < CONTEXT_WORDS) {
            val last = end - 1
            if (isPart(before, last)) {
                var start = last
                while (start > 0 && isPart(before, start - 1)) start--
                // The first word of a text that was cut off is half a word perhaps.
                if (start > 0 || isWhole) words.addFirst(before.substring(start, end))
                end = start
            } else {
                if (beginsSentence(before.substring(0, end))) break
                end = last
            }
        }
        val beginning = before.substring(0, end)
        if (if (end == 0) isWhole else beginsSentence(beginning)) words.addFirst(SENTENCE_START)
        return words
    }

    /** [word] with its first letter as a capital; those that it has stay. */
    fun capitalized(word: String): String = word.replaceFirstChar { it.uppercaseChar() }

    /**
     * Number of characters of the last one that a person sees in [before]: an accent goes with its
     * letter, an emoji is one.
     */
    fun lastCharacter(before: String): Int {
        if (before.isEmpty()) return 0
        val characters = java.text.BreakIterator.getCharacterInstance()
        characters.setText(before)
        val end = characters.last()
        return end - characters.previous()
    }

    private fun isPart(text: String, at: Int): Boolean =
        text[at].isLetterOrDigit() ||
            text[at] in "'’-" && at > 0 && at + 1 < text.length && text[at - 1].isLetterOrDigit() && text[at + 1].isLetterOrDigit()
}
