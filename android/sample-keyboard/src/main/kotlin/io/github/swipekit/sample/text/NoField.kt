package io.github.swipekit.sample.text

/** No text: the app has gone and the keyboard is still there. */
object NoField : TextField {
    override fun before(count: Int): String = ""

    override fun after(count: Int): String = ""

    override fun hasSelection(): Boolean = false

    override fun commit(text: String): Unit = Unit

    override fun delete(count: Int): Unit = Unit

    override fun deleteKey(): Unit = Unit

    override fun <T> batch(edits: () -> T): T = edits()
}
