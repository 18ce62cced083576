package io.github.swipekit.sample.text

/**
 * The shift key: one tap for one letter, two quick ones for all, and by itself where a sentence
 * begins.
 */
class Shift {
    /** What is written in capitals. */
    enum class State { OFF, ONCE, LOCKED }

    /** What is written in capitals now. */
    var state: State = State.OFF
        private set

    /** Whether the user said so, and not the beginning of a sentence. */
    var isManual: Boolean = false
        private set

    private var tappedAt = Long.MIN_VALUE / 2

    /** The key is tapped, at a time in milliseconds. */
    fun tap(timeMillis: Long) {
        val isQuick = timeMillis - tappedAt <= DOUBLE_TAP_MILLIS
        tappedAt = timeMillis
        state = when {
            state == State.LOCKED -> State.OFF
            isQuick -> State.LOCKED
            state == State.ONCE -> State.OFF
            else -> State.ONCE
        }
        isManual = true
    }

    /**
     * Something was written or the cursor went elsewhere, and a capital comes next or not. A lock
     * stays.
     */
    fun settle(isCapitalNext: Boolean) {
        if (state == State.LOCKED) return
        state = if (isCapitalNext) State.ONCE else State.OFF
        isManual = false
    }

    /** Another field: nothing is locked. */
    fun reset() {
        state = State.OFF
        isManual = false
    }

    private companion object {
        const val DOUBLE_TAP_MILLIS = 350L
    }
}
