package io.github.swipekit.sample.keys

import io.github.swipekit.sample.keys.GestureClassifier.Gesture
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class GestureClassifierTest {
    private val classifier = GestureClassifier()

    @Test
    fun `a finger that slips is a tap`() {
        classifier.down(500f, 100f, onLetter = true, keyWidth = 100f)
        assertFalse(classifier.move(540f, 130f))
        assertFalse(classifier.move(455f, 80f))
        assertEquals(Gesture.TAP, classifier.up())
        assertEquals(Gesture.NONE, classifier.gesture)
    }

    @Test
    fun `the way to the next key is a swipe, from one point on, and stays one on the way back`() {
        classifier.down(500f, 100f, onLetter = true, keyWidth = 100f)
        assertFalse(classifier.move(560f, 100f))
        assertTrue(classifier.move(600f, 100f))
        assertFalse(classifier.move(650f, 100f))
        assertFalse(classifier.move(500f, 100f))
        assertEquals(Gesture.SWIPE, classifier.up())
    }

    @Test
    fun `upwards and downwards count as sideways does`() {
        classifier.down(500f, 300f, onLetter = true, keyWidth = 100f)
        assertTrue(classifier.move(500f, 220f))
    }

    @Test
    fun `other keys are tapped, however far the finger goes`() {
        classifier.down(500f, 700f, onLetter = false, keyWidth = 100f)
        assertFalse(classifier.move(0f, 0f))
        assertEquals(Gesture.TAP, classifier.up())
    }

    @Test
    fun `without a finger nothing happens`() {
        assertFalse(classifier.move(1000f, 1000f))
        assertEquals(Gesture.NONE, classifier.up())
    }

    @Test
    fun `not a number makes no swipe`() {
        classifier.down(500f, 300f, onLetter = true, keyWidth = 100f)
        assertFalse(classifier.move(Float.NaN, 220f) && classifier.gesture == Gesture.TAP)
    }
}
