package io.github.swipekit.sample.keys

/**
 * The touch samples of a gesture: x and y in pixels of the view, time in milliseconds, three
 * numbers a sample in one array, as the engine takes them. One array serves all gestures.
 */
class SwipePoints {
    /** The numbers; those of the first [size] samples count. */
    var numbers: DoubleArray = DoubleArray(PER_POINT * INITIAL)
        private set

    /** Number of samples. */
    var size: Int = 0
        private set

    /** Appends a sample. Past [MOST], a finger that rests for minutes, nothing is taken. */
    fun add(x: Float, y: Float, timeMillis: Long) {
        if (size == MOST) return
        val at = PER_POINT * size
        if (at == numbers.size) numbers = numbers.copyOf(2 * at)
        numbers[at] = x.toDouble()
        numbers[at + 1] = y.toDouble()
        numbers[at + 2] = timeMillis.toDouble()
        size++
    }

    /** Forgets all samples. */
    fun clear() {
        size = 0
    }

    fun x(point: Int): Float = numbers[PER_POINT * point].toFloat()

    fun y(point: Int): Float = numbers[PER_POINT * point + 1].toFloat()

    fun timeMillis(point: Int): Long = numbers[PER_POINT * point + 2].toLong()

    /** Without the points: what is typed belongs in no log. */
    override fun toString(): String = "SwipePoints($size points)"

    companion object {
        /** Numbers of a sample. */
        const val PER_POINT: Int = 3

        /**
         * Samples that are kept at most: half a minute of a touch screen that reports 120 a second.
         */
        const val MOST: Int = 4096

        private const val INITIAL = 128
    }
}
