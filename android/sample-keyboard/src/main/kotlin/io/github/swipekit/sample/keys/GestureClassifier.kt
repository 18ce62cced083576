package io.github.swipekit.sample.keys

/**
 * Says whether the finger that is down taps a key or swipes over letters: a swipe begins on a
 * letter and goes further from where it began than a tap slips. Nothing turns a swipe into a tap
 * again.
 */
class GestureClassifier {
    /** What the finger does. */
    enum class Gesture { NONE, TAP, SWIPE }

    /** What it does now. */
    var gesture: Gesture = Gesture.NONE
        private set

    private var startX = 0f
    private var startY = 0f
    private var reach = 0f
    private var mayswipe = false

    /**
     * The finger comes down at a point, on a letter or not, of a keyboard whose keys are [keyWidth]
     * wide.
     */
    fun down(x: Float, y: Float, onLetter: Boolean, keyWidth: Float) {
        gesture = Gesture.TAP
        startX = x
        startY = y
        reach = keyWidth * SLIP
        mayswipe = onLetter
    }

    /** The finger moves to a point. True for the point that makes a swipe of it. */
    fun move(x: Float, y: Float): Boolean {
        if (gesture != Gesture.TAP || !mayswipe) return false
        val dx = x - startX
        val dy = y - startY
        if (dx * dx + dy * dy <= reach * reach) return false
        gesture = Gesture.SWIPE
        return true
    }

    /** The finger is lifted, or taken away by the system. What it did until now. */
    fun up(): Gesture = gesture.also { gesture = Gesture.NONE }

    private companion object {
        /**
         * Key widths that a tap slips at most: less than the way to the neighbouring key, the
         * shortest swipe.
         */
        const val SLIP = 0.7f
    }
}
