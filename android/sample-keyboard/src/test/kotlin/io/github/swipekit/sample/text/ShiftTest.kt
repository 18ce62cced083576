package io.github.swipekit.sample.text

import io.github.swipekit.sample.text.Shift.State
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class ShiftTest {
    private val shift = Shift()

    @Test
    fun `one tap is for one letter`() {
        shift.tap(1000)
        assertEquals(State.ONCE, shift.state)
        shift.settle(isCapitalNext = false)
        assertEquals(State.OFF, shift.state)
    }

    @Test
    fun `two quick taps lock it until the next one`() {
        shift.tap(1000)
        shift.tap(1200)
        assertEquals(State.LOCKED, shift.state)
        shift.settle(isCapitalNext = false)
        assertEquals(State.LOCKED, shift.state)
        shift.tap(5000)
        assertEquals(State.OFF, shift.state)
    }

    @Test
    fun `two slow taps take it back`() {
        shift.tap(1000)
        shift.tap(2000)
        assertEquals(State.OFF, shift.state)
    }

    @Test
    fun `a sentence begins with it, and the user may say no`() {
        shift.settle(isCapitalNext = true)
        assertEquals(State.ONCE, shift.state)
        assertEquals(false, shift.isManual)
        shift.tap(9000)
        assertEquals(State.OFF, shift.state)
        assertEquals(true, shift.isManual)
        shift.reset()
        assertEquals(false, shift.isManual)
    }
}
