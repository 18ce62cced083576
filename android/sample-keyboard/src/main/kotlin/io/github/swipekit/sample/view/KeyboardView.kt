package io.github.swipekit.sample.view

import android.annotation.SuppressLint
import android.content.Context
import android.content.res.Configuration
import android.graphics.Canvas
import android.os.SystemClock
import android.view.HapticFeedbackConstants
import android.view.MotionEvent
import android.view.View
import io.github.swipekit.LetterArea
import io.github.swipekit.sample.keys.GestureClassifier
import io.github.swipekit.sample.keys.KeyKind
import io.github.swipekit.sample.keys.KeyboardGeometry
import io.github.swipekit.sample.keys.KeyboardKey
import io.github.swipekit.sample.keys.KeyboardPage
import io.github.swipekit.sample.keys.SwipePoints
import io.github.swipekit.sample.text.Shift

/** The keys: draws them, and says which are tapped and how the finger swipes over them. */
@SuppressLint("ViewConstructor")
class KeyboardView(context: Context, private val listener: Listener) : View(context) {
    /** Hears what the finger does. */
    interface Listener {
        /** A key is tapped, or held down and repeats. */
        fun onKey(key: KeyboardKey)

        /** A swipe begins over letters in [area]. */
        fun onSwipeBegin(area: LetterArea)

        /**
         * The swipe goes on: its next [count] points, x, y and milliseconds of each. The array is
         * used again after the call.
         */
        fun onSwipePoints(numbers: DoubleArray, count: Int)

        /**
         * The finger is lifted behind a swipe with [points]. They are used again for the next one.
         */
        fun onSwipeEnd(area: LetterArea, points: SwipePoints)

        /** The system took the finger away: there was no swipe. */
        fun onSwipeCancel()
    }

    /** Whether swipes are looked for; without, all is taps. */
    var swipesEnabled: Boolean = false

    /** Side that is shown. */
    var page: KeyboardPage = KeyboardPage.LETTERS
        set(value) {
            field = value
            arrange()
        }

    /** What the shift key shows, and with it the letters. */
    var shift: Shift.State = Shift.State.OFF
        set(value) {
            if (field != value) invalidate()
            field = value
        }

    /** What the enter key says; an arrow for null. */
    var enterLabel: String? = null
        set(value) {
            field = value
            invalidate()
        }

    /** What the space bar says. */
    var spaceLabel: String = ""
        set(value) {
            field = value
            invalidate()
        }

    /** Where the keys are. */
    var geometry: KeyboardGeometry = KeyboardGeometry(page, 0f, 0f)
        private set

    private val density = resources.displayMetrics.density
    private val colors = KeyboardColors.of(resources.configuration)
    private val painter = KeyPainter(colors, density)
    private val trail = SwipeTrail(colors.trail, TRAIL_DP * density)
    private val classifier = GestureClassifier()
    private val points = SwipePoints()
    private val fresh = SwipePoints()
    private var swiped: LetterArea? = null
    private var pressed: KeyboardKey? = null
    private var pointer = MotionEvent.INVALID_POINTER_ID
    private val repeat = Runnable { repeatKey() }

    init {
        setBackgroundColor(colors.background)
        isHapticFeedbackEnabled = true
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val isWide = resources.configuration.orientation == Configuration.ORIENTATION_LANDSCAPE
        val height = (ROWS * density * if (isWide) WIDE_ROW_DP else ROW_DP).toInt()
        setMeasuredDimension(getDefaultSize(suggestedMinimumWidth, widthMeasureSpec), resolveSize(height, heightMeasureSpec))
    }

    override fun onSizeChanged(width: Int, height: Int, oldWidth: Int, oldHeight: Int): Unit = arrange()

    override fun onDraw(canvas: Canvas) {
        for (key in geometry.keys) painter.draw(canvas, key, key === pressed, shift, label(key))
        if (swiped != null && trail.draw(canvas, points, SystemClock.uptimeMillis())) postInvalidateOnAnimation()
    }

    // Keys are clicked by their own rules, see onKey.
    @SuppressLint("ClickableViewAccessibility")
    override fun onTouchEvent(event: MotionEvent): Boolean {
        val index = event.actionIndex
        when (event.actionMasked) {
            MotionEvent.ACTION_DOWN -> down(event, index)
            MotionEvent.ACTION_POINTER_DOWN ->
                // Two thumbs: the first key is typed when the second comes down. A second finger in
                // a swipe means nothing.
                if (swiped == null || classifier.gesture != GestureClassifier.Gesture.SWIPE) {
                    up()
                    down(event, index)
                }
            MotionEvent.ACTION_MOVE -> move(event)
            MotionEvent.ACTION_UP, MotionEvent.ACTION_POINTER_UP ->
                if (event.getPointerId(index) == pointer) {
                    move(event)
                    up()
                }
            MotionEvent.ACTION_CANCEL -> cancel()
        }
        return true
    }

    override fun onDetachedFromWindow() {
        cancel()
        super.onDetachedFromWindow()
    }

    private fun down(event: MotionEvent, index: Int) {
        val x = event.getX(index)
        val y = event.getY(index)
        val key = geometry.keyAt(x, y) ?: return
        pointer = event.getPointerId(index)
        swiped = null
        points.clear()
        points.add(x, y, event.eventTime)
        classifier.down(x, y, swipesEnabled && key.isLetter && geometry.letterArea != null, geometry.keyWidth)
        press(key)
        performHapticFeedback(HapticFeedbackConstants.KEYBOARD_TAP)
        if (key.kind == KeyKind.DELETE) {
            listener.onKey(key)
            postDelayed(repeat, REPEAT_AFTER_MILLIS)
        }
    }

    /**
     * Takes all samples since the last event: the system bundles those that came between two
     * frames.
     */
    private fun move(event: MotionEvent) {
        val index = event.findPointerIndex(pointer)
        if (index < 0) return
        fresh.clear()
        for (at in 0 until event.historySize) {
            sample(event.getHistoricalX(index, at), event.getHistoricalY(index, at), event.getHistoricalEventTime(at))
        }
        sample(event.getX(index), event.getY(index), event.eventTime)
        if (swiped != null) {
            listener.onSwipePoints(fresh.numbers, fresh.size)
            invalidate()
        }
    }

    private fun sample(x: Float, y: Float, timeMillis: Long) {
        // A lift brings no new place.
        val last = points.size - 1
        if (last >= 0 && points.x(last) == x && points.y(last) == y && points.timeMillis(last) == timeMillis) return
        points.add(x, y, timeMillis)
        fresh.add(x, y, timeMillis)
        if (!classifier.move(x, y)) return
        val area = geometry.letterArea ?: return
        swiped = area
        press(null)
        listener.onSwipeBegin(area)
        // All of it, with what came before it was known to be a swipe.
        fresh.clear()
        for (at in 0 until points.size) fresh.add(points.x(at), points.y(at), points.timeMillis(at))
    }

    private fun up() {
        val key = pressed
        val area = swiped
        val gesture = classifier.up()
        pointer = MotionEvent.INVALID_POINTER_ID
        press(null)
        when {
            gesture == GestureClassifier.Gesture.SWIPE && area != null -> listener.onSwipeEnd(area, points)
            gesture == GestureClassifier.Gesture.TAP && key != null && key.kind != KeyKind.DELETE -> listener.onKey(key)
        }
    }

    private fun cancel() {
        val isSwipe = classifier.up() == GestureClassifier.Gesture.SWIPE
        pointer = MotionEvent.INVALID_POINTER_ID
        press(null)
        swiped = null
        if (isSwipe) listener.onSwipeCancel()
    }

    private fun press(key: KeyboardKey?) {
        pressed = key
        removeCallbacks(repeat)
        invalidate()
    }

    private fun repeatKey() {
        listener.onKey(pressed ?: return)
        postDelayed(repeat, REPEAT_EVERY_MILLIS)
    }

    private fun arrange() {
        if (classifier.gesture != GestureClassifier.Gesture.NONE) cancel()
        geometry = KeyboardGeometry(page, width.toFloat(), height.toFloat())
        invalidate()
    }

    private fun label(key: KeyboardKey): String? = when (key.kind) {
        KeyKind.CHARACTER -> if (shift == Shift.State.OFF) key.text else key.text.uppercase()
        KeyKind.SPACE -> spaceLabel
        KeyKind.ENTER -> enterLabel
        KeyKind.LETTERS, KeyKind.SYMBOLS -> key.text
        KeyKind.SHIFT, KeyKind.DELETE -> null
    }

    companion object {
        /** Time that delete is held down before it repeats. */
        const val REPEAT_AFTER_MILLIS: Long = 400

        /** Time between its repetitions. */
        const val REPEAT_EVERY_MILLIS: Long = 50

        private const val ROWS = 4
        private const val ROW_DP = 54f
        private const val WIDE_ROW_DP = 42f
        private const val TRAIL_DP = 9f
    }
}
