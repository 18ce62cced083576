package io.github.swipekit.sample.view

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path

/**
 * Signs on keys, drawn: fonts differ in what they hold. Each fills a square of [size] pixels about
 * a middle.
 */
class KeyIcons(private val size: Float) {
    private val line = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        strokeWidth = size * 0.09f
        strokeCap = Paint.Cap.ROUND
        strokeJoin = Paint.Join.ROUND
    }

    // Units: half the size from the middle to an edge.
    private val shift = path(0f, -0.8f, 0.8f, 0f, 0.4f, 0f, 0.4f, 0.55f, -0.4f, 0.55f, -0.4f, 0f, -0.8f, 0f, close = true)
    private val lockBar = path(-0.4f, 0.85f, 0.4f, 0.85f)
    private val delete = path(-1f, 0f, -0.45f, -0.6f, 0.95f, -0.6f, 0.95f, 0.6f, -0.45f, 0.6f, close = true)
    private val cross = path(-0.05f, -0.25f, 0.5f, 0.25f).apply { addPath(path(0.5f, -0.25f, -0.05f, 0.25f)) }
    private val enter = path(0.8f, -0.55f, 0.8f, 0.15f, -0.7f, 0.15f).apply { addPath(path(-0.25f, -0.3f, -0.75f, 0.15f, -0.25f, 0.6f)) }

    /** The arrow of the shift key: full where capitals come next, with a bar where they stay. */
    fun shift(canvas: Canvas, x: Float, y: Float, color: Int, isOn: Boolean, isLocked: Boolean) {
        draw(canvas, x, y, shift, color, isOn)
        if (isLocked) draw(canvas, x, y, lockBar, color, isFull = false)
    }

    fun delete(canvas: Canvas, x: Float, y: Float, color: Int) {
        draw(canvas, x, y, delete, color, isFull = false)
        draw(canvas, x, y, cross, color, isFull = false)
    }

    fun enter(canvas: Canvas, x: Float, y: Float, color: Int): Unit = draw(canvas, x, y, enter, color, isFull = false)

    private fun draw(canvas: Canvas, x: Float, y: Float, path: Path, color: Int, isFull: Boolean) {
        line.color = color
        line.style = if (isFull) Paint.Style.FILL_AND_STROKE else Paint.Style.STROKE
        val checkpoint = canvas.save()
        canvas.translate(x, y)
        canvas.drawPath(path, line)
        canvas.restoreToCount(checkpoint)
    }

    private fun path(vararg units: Float, close: Boolean = false): Path = Path().apply {
        moveTo(units[0] * size / 2, units[1] * size / 2)
        for (at in 2 until units.size step 2) lineTo(units[at] * size / 2, units[at + 1] * size / 2)
        if (close) close()
    }
}
