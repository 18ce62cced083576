package io.github.swipekit.internal

/** A deadline of so many milliseconds that counts from now on; none for null. */
internal class Deadline(private val millis: Int?) {
    private val start = System.nanoTime()

    /** Milliseconds that are left; -1 where there is no deadline. */
    fun left(): Int {
        if (millis == null) return -1
        val passed = (System.nanoTime() - start) / NANOS
        return (millis - passed).coerceAtLeast(0).toInt()
    }

    private companion object {
        const val NANOS = 1_000_000L
    }
}
