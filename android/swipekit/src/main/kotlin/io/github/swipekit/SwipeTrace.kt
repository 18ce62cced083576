package io.github.swipekit

/**
 * The path of a finger: touch samples in the order in which they came.
 *
 * Coordinates are in the units of [area], times in milliseconds from any beginning; one that goes
 * back counts as the one before. At most 262,144 points and ten minutes are decoded. One thread at
 * a time may use it; a suspending decode takes a copy when it is called.
 *
 * @property area where the letters are on the keyboard that was swiped on.
 */
public class SwipeTrace public constructor(public val area: LetterArea) {
    /** x, y, t of each point. */
    internal var points: DoubleArray = DoubleArray(INITIAL * PER_POINT)
        private set

    /** Number of points. */
    public var size: Int = 0
        private set

    /** Appends a touch sample at [timeMillis]. */
    public fun add(x: Float, y: Float, timeMillis: Long): Unit = add(x.toDouble(), y.toDouble(), timeMillis.toDouble())

    /** Appends a touch sample at [timeMillis]. */
    public fun add(x: Double, y: Double, timeMillis: Double) {
        val at = PER_POINT * size
        reserve(1)
        points[at] = x
        points[at + 1] = y
        points[at + 2] = timeMillis
        size++
    }

    /**
     * Appends the first [count] touch samples of [samples]: x, y and time in milliseconds of each.
     *
     * @throws InvalidArgumentException where there are not so many.
     */
    @Throws(InvalidArgumentException::class)
    public fun add(samples: DoubleArray, count: Int) {
        if (count !in 0..samples.size / PER_POINT) {
            throw InvalidArgumentException(
                "the number of points must be 0 to ${samples.size / PER_POINT}, the points that the array holds, got $count",
            )
        }
        reserve(count)
        samples.copyInto(points, PER_POINT * size, 0, PER_POINT * count)
        size += count
    }

    /** Takes all points away; their memory is kept for the next gesture. */
    public fun clear() {
        size = 0
    }

    /** The points so far, x, y and time in milliseconds of each, in an array of their own. */
    public fun toArray(): DoubleArray = points.copyOf(PER_POINT * size)

    private fun reserve(count: Int) {
        val needed = PER_POINT.toLong() * (size.toLong() + count)
        if (needed <= points.size) return
        if (needed > LARGEST) throw InvalidArgumentException("a gesture must have at most ${LARGEST / PER_POINT} points")
        points = points.copyOf(maxOf(needed, minOf(2L * points.size, LARGEST)).toInt())
    }

    /** Without the points: what is typed belongs in no log. */
    override fun toString(): String = "SwipeTrace($size points)"

    internal companion object {
        /** Numbers of a point. */
        const val PER_POINT: Int = 3

        /** Points that there is room for at first: a second of touch samples. */
        private const val INITIAL = 64

        /** What an array can hold everywhere. */
        private const val LARGEST = Int.MAX_VALUE.toLong() - 8
    }
}
