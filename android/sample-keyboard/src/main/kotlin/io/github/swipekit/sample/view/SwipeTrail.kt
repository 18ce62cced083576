package io.github.swipekit.sample.view

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.PorterDuff
import android.graphics.PorterDuffXfermode
import io.github.swipekit.sample.keys.SwipePoints

/**
 * The trail behind the finger: thin and faint where it was a while ago, gone after [LIFE_MILLIS].
 */
class SwipeTrail(color: Int, private val thickness: Float) {
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        this.color = color
        style = Paint.Style.STROKE
        strokeCap = Paint.Cap.ROUND
        xfermode = PorterDuffXfermode(PorterDuff.Mode.SRC)
    }

    /** Draws what is left of [points] at a time. Whether anything was. */
    fun draw(canvas: Canvas, points: SwipePoints, nowMillis: Long): Boolean {
        var first = points.size
        while (first > 1 && life(points.timeMillis(first - 1), nowMillis) > 0f) first--
        if (first >= points.size) return false
        // In a layer of its own, where a newer piece takes the place of an older one: pieces that
        // shine through one another make dots.
        val checkpoint = canvas.saveLayer(0f, 0f, canvas.width.toFloat(), canvas.height.toFloat(), null)
        for (at in first until points.size) {
            val life = life(points.timeMillis(at), nowMillis)
            paint.alpha = (MOST_ALPHA * life).toInt()
            paint.strokeWidth = thickness * (THINNEST + (1 - THINNEST) * life)
            canvas.drawLine(points.x(at - 1), points.y(at - 1), points.x(at), points.y(at), paint)
        }
        canvas.restoreToCount(checkpoint)
        return true
    }

    companion object {
        /** Time until a piece of the trail is gone. */
        const val LIFE_MILLIS: Long = 350

        private const val MOST_ALPHA = 200
        private const val THINNEST = 0.3f

        /**
         * What is left at [nowMillis] of a piece of [timeMillis]: 1 of a fresh one, 0 of one that
         * is gone.
         */
        fun life(timeMillis: Long, nowMillis: Long): Float =
            (1f - (nowMillis - timeMillis).toFloat() / LIFE_MILLIS).coerceIn(0f, 1f)
    }
}
