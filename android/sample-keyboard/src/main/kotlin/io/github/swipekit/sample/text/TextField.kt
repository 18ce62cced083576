package io.github.swipekit.sample.text

/** The text that is edited, as far as a keyboard sees it. */
interface TextField {
    /** At most [count] characters in front of the cursor; "" where the app does not say. */
    fun before(count: Int): String

    /** At most [count] characters behind the cursor; "" where the app does not say. */
    fun after(count: Int): String

    /** Whether something is selected, which what is written next replaces. */
    fun hasSelection(): Boolean

    /** Writes [text] in front of the cursor, in place of what is selected. */
    fun commit(text: String)

    /** Deletes [count] characters in front of the cursor. */
    fun delete(count: Int)

    /**
     * Deletes what is selected, or as the app's own delete key does where nothing is known of the
     * text.
     */
    fun deleteKey()

    /** Does all of [edits] before the app shows any of it. */
    fun <T> batch(edits: () -> T): T
}
