package io.github.swipekit.sample.view

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.RectF
import io.github.swipekit.sample.keys.KeyKind
import io.github.swipekit.sample.keys.KeyboardKey
import io.github.swipekit.sample.text.Shift

/** Draws keys. Everything that it needs is made once. */
class KeyPainter(private val colors: KeyboardColors, private val density: Float) {
    private val fill = Paint(Paint.ANTI_ALIAS_FLAG)
    private val text = Paint(Paint.ANTI_ALIAS_FLAG).apply { textAlign = Paint.Align.CENTER }
    private val icons = KeyIcons(ICON_DP * density)
    private val cap = RectF()

    /** Draws a key, with what is written on it or, for null, its sign. */
    fun draw(canvas: Canvas, key: KeyboardKey, isPressed: Boolean, shift: Shift.State, label: String?) {
        val radius = RADIUS_DP * density
        cap.set(
            key.left + GAP_X_DP * density,
            key.top + GAP_Y_DP * density,
            key.right - GAP_X_DP * density,
            key.bottom - GAP_Y_DP * density,
        )
        fill.color = colors.shadow
        cap.offset(0f, density)
        canvas.drawRoundRect(cap, radius, radius, fill)
        cap.offset(0f, -density)
        fill.color = if (isPressed) colors.pressed else capColor(key.kind)
        canvas.drawRoundRect(cap, radius, radius, fill)

        val color = if (key.kind == KeyKind.ENTER) colors.actionText else colors.text
        when {
            label != null -> label(canvas, key, label, color)
            key.kind == KeyKind.SHIFT ->
                icons.shift(canvas, key.centreX, key.centreY, color, shift != Shift.State.OFF, shift == Shift.State.LOCKED)
            key.kind == KeyKind.DELETE -> icons.delete(canvas, key.centreX, key.centreY, color)
            key.kind == KeyKind.ENTER -> icons.enter(canvas, key.centreX, key.centreY, color)
        }
    }

    private fun label(canvas: Canvas, key: KeyboardKey, label: String, color: Int) {
        val isCharacter = key.kind == KeyKind.CHARACTER
        text.color = if (key.kind == KeyKind.SPACE) colors.faint else color
        text.textSize = density * if (isCharacter) LETTER_DP else WORD_DP
        // Words of other languages may be longer than the key.
        val room = cap.width() * MOST_OF_KEY
        val width = text.measureText(label)
        if (width > room && width > 0f) text.textSize *= room / width
        canvas.drawText(label, key.centreX, key.centreY - (text.ascent() + text.descent()) / 2, text)
    }

    private fun capColor(kind: KeyKind): Int = when (kind) {
        KeyKind.CHARACTER, KeyKind.SPACE -> colors.key
        KeyKind.ENTER -> colors.actionKey
        KeyKind.SHIFT, KeyKind.DELETE, KeyKind.LETTERS, KeyKind.SYMBOLS -> colors.functionKey
    }

    private companion object {
        const val RADIUS_DP = 6f
        const val GAP_X_DP = 2.5f
        const val GAP_Y_DP = 4.5f
        const val ICON_DP = 20f
        const val LETTER_DP = 22f
        const val WORD_DP = 14f
        const val MOST_OF_KEY = 0.86f
    }
}
