package io.github.swipekit.sample.text

import android.view.KeyEvent
import android.view.inputmethod.InputConnection

/**
 * The text behind an [InputConnection].
 *
 * @param rawKeys whether the field takes key events only, as a terminal does.
 */
class InputConnectionField(private val connection: InputConnection, private val rawKeys: Boolean) : TextField {
    override fun before(count: Int): String =
        if (rawKeys) "" else connection.getTextBeforeCursor(count, 0)?.toString().orEmpty()

    override fun after(count: Int): String =
        if (rawKeys) "" else connection.getTextAfterCursor(count, 0)?.toString().orEmpty()

    override fun hasSelection(): Boolean = !rawKeys && !connection.getSelectedText(0).isNullOrEmpty()

    override fun commit(text: String) {
        connection.commitText(text, 1)
    }

    override fun delete(count: Int) {
        connection.deleteSurroundingText(count, 0)
    }

    override fun deleteKey() {
        if (hasSelection()) connection.commitText("", 1) else key(KeyEvent.KEYCODE_DEL)
    }

    override fun <T> batch(edits: () -> T): T {
        connection.beginBatchEdit()
        try {
            return edits()
        } finally {
            connection.endBatchEdit()
        }
    }

    private fun key(code: Int) {
        connection.sendKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, code))
        connection.sendKeyEvent(KeyEvent(KeyEvent.ACTION_UP, code))
    }
}
