package io.github.swipekit.sample.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class InOrderTest {
    private val order = InOrder()
    private val done = mutableListOf<String>()

    @Test
    fun `where nothing is waited for, all is done at once`() {
        order.act { done += "a" }
        assertEquals(listOf("a"), done)
        assertFalse(order.isWaiting)
    }

    @Test
    fun `what comes behind a swipe waits for its word, that of two swipes for both`() {
        val first = order.reserve()
        order.act { done += "space" }
        val second = order.reserve()
        order.act { done += "." }
        assertTrue(order.isWaiting)
        second.fill { done += "two" }
        assertEquals(emptyList<String>(), done)
        first.fill { done += "one" }
        assertEquals(listOf("one", "space", "two", "."), done)
        assertFalse(order.isWaiting)
    }

    @Test
    fun `what is done while things are done comes behind them`() {
        val place = order.reserve()
        order.act { done += "b" }
        place.fill {
            done += "a"
            order.act { done += "c" }
        }
        assertEquals(listOf("a", "b", "c"), done)
    }

    @Test
    fun `what comes for another field is dropped`() {
        val place = order.reserve()
        order.act { done += "a" }
        order.clear()
        place.fill { done += "word" }
        order.act { done += "b" }
        assertEquals(listOf("b"), done)
    }

    @Test
    fun `a place is filled once`() {
        val place = order.reserve()
        place.fill { done += "one" }
        place.fill { done += "again" }
        assertEquals(listOf("one"), done)
    }
}
