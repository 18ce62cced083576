package io.github.swipekit.sample.keys

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class SwipePointsTest {
    @Test
    fun `points are kept in order, however many`() {
        val points = SwipePoints()
        for (at in 0 until 1000) points.add(at.toFloat(), 2f * at, 3L * at)
        assertEquals(1000, points.size)
        for (at in 0 until 1000) {
            assertEquals(at.toFloat(), points.x(at))
            assertEquals(2f * at, points.y(at))
            assertEquals(3L * at, points.timeMillis(at))
        }
        assertEquals(listOf(999.0, 1998.0, 2997.0), points.numbers.slice(2997..2999))
    }

    @Test
    fun `a finger that rests for ever takes no more memory`() {
        val points = SwipePoints()
        repeat(SwipePoints.MOST + 100) { points.add(1f, 1f, it.toLong()) }
        assertEquals(SwipePoints.MOST, points.size)
    }

    @Test
    fun `cleared it begins anew, and says nothing of where the finger was`() {
        val points = SwipePoints()
        points.add(123f, 456f, 0)
        assertFalse(points.toString().contains("123"))
        points.clear()
        assertEquals(0, points.size)
    }
}
