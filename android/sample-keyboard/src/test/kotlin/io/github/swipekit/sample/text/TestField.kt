package io.github.swipekit.sample.text

/** A text with a cursor. `|` in what is given and shown is the cursor. */
class TestField(marked: String = "|") : TextField {
    private var front = StringBuilder(marked.substringBefore('|'))
    private var behind = marked.substringAfter('|')
    var selected: String = ""
    var deleteKeys = 0

    val marked: String get() = "$front|$behind"

    fun move(marked: String) {
        front = StringBuilder(marked.substringBefore('|'))
        behind = marked.substringAfter('|')
    }

    override fun before(count: Int): String = front.takeLast(count).toString()

    override fun after(count: Int): String = behind.take(count)

    override fun hasSelection(): Boolean = selected.isNotEmpty()

    override fun commit(text: String) {
        selected = ""
        front.append(text)
    }

    override fun delete(count: Int) {
        front.setLength(front.length - count)
    }

    override fun deleteKey() {
        deleteKeys++
        selected = ""
    }

    override fun <T> batch(edits: () -> T): T = edits()
}
