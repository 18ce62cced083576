package io.github.swipekit.sample.view

import android.graphics.Canvas
import android.graphics.Paint
import io.github.swipekit.sample.keys.SwipePoints

/** The trail behind the finger: thin and faint where it was a while ago, gone after [LIFE_MILLIS]. */
class SwipeTrail(color: Int, private val thickness: Float) {
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        this.color = color
        style = Paint.Style.STROKE
        strokeCap = Paint.Cap.ROUND
    }

    /** Draws what is left of [points] at a time. Whether anything was. */
    fun draw(canvas: Canvas, points: SwipePoints, nowMillis: Long): Boolean {
        var isLeft = false
        for (at in points.size - 1 downTo 1) {
            val life = life(points.timeMillis(at), nowMillis)
            if (life <= 0f) break
            isLeft = true
            paint.alpha = (MOST_ALPHA * life).toInt()
            paint.strokeWidth = thickness * (THINNEST + (1 - THINNEST) * life)
            canvas.drawLine(points.x(at - 1), points.y(at - 1), points.x(at), points.y(at), paint)
        }
        return isLeft
    }

    companion object {
        /** Time until a piece of the trail is gone. */
        const val LIFE_MILLIS: Long = 350

        private const val MOST_ALPHA = 200
        private const val THINNEST = 0.3f

        /** What is left at [nowMillis] of a piece of [timeMillis]: 1 of a fresh one, 0 of one that is gone. */
        fun life(timeMillis: Long, nowMillis: Long): Float =
            (1f - (nowMillis - timeMillis).toFloat() / LIFE_MILLIS).coerceIn(0f, 1f)
    }
}
