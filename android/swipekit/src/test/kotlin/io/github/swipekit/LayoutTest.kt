package io.github.swipekit

import kotlin.math.abs
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class LayoutTest {
    private val area = LetterArea(12f, 1600f, 1056f, 480f).also { Fixtures.library }

    @Test
    fun `layouts that are built in`() {
        val layouts = listOf(KeyboardLayout.qwerty(area), KeyboardLayout.qwertz(area), KeyboardLayout.azerty(area), KeyboardLayout.dvorak(area))
        assertEquals(listOf("qwerty", "qwertz", "azerty", "dvorak"), layouts.map(KeyboardLayout::name))
        for (layout in layouts) {
            assertTrue(layout.keys.map(Key::label).containsAll(('a'..'z').map(Char::toString)), layout.name)
            val letters = layout.letterArea
            for ((a, b) in listOf(area.left to letters.left, area.top to letters.top, area.width to letters.width, area.height to letters.height)) {
                assertTrue(abs(a - b) < 0.01, "$area, $letters")
            }
        }
        val q = layouts[0].keys.first { it.label == "q" }
        assertEquals(12f, q.left)
        assertEquals(1600f, q.top)
        assertEquals("y", layouts[0].keys.first { abs(it.left - layouts[1].keys.first { key -> key.label == "z" }.left) < 1 && it.top == q.top }.label)
    }

    @Test
    fun `keys that type no letter are passed over`() {
        val keys = KeyboardLayout.qwerty(area).keys
        val more = keys + Key("shift", 0f, 2000f, 150f, 100f) + Key("", 0f, 2100f, 1080f, 100f)
        assertEquals(KeyboardLayout("plain", keys).letterArea, KeyboardLayout("more", more).letterArea)
    }

    @Test
    fun `areas and keys that are none`() {
        assertThrows<NotFiniteException> { KeyboardLayout.qwerty(LetterArea(Float.NaN, 0f, 1f, 1f)) }
        assertThrows<InvalidArgumentException> { KeyboardLayout.qwerty(LetterArea(0f, 0f, 0f, 1f)) }
        assertThrows<SwipeException> { KeyboardLayout("none", emptyList()).letterArea }
    }
}
