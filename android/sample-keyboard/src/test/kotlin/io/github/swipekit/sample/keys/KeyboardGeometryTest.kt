package io.github.swipekit.sample.keys

import io.github.swipekit.LetterArea
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.EnumSource

class KeyboardGeometryTest {
    private val geometry = KeyboardGeometry(KeyboardPage.LETTERS, 1080f, 864f)

    @ParameterizedTest
    @EnumSource(KeyboardPage::class)
    fun `every key is found at its middle, and lies in the view beside its neighbours`(page: KeyboardPage) {
        val geometry = KeyboardGeometry(page, 1080f, 864f)
        for (key in geometry.keys) assertSame(key, geometry.keyAt(key.centreX, key.centreY))
        for (row in geometry.rows) {
            assertTrue(row.first().left >= 0f && row.last().right <= 1080.5f)
            for ((one, next) in row.zipWithNext()) assertEquals(one.right, next.left, 0.01f)
        }
        assertEquals(864f, geometry.rows.last().first().bottom, 0.01f)
    }

    @Test
    fun `there are all letters, once, and all that a keyboard needs`() {
        assertEquals(('a'..'z').map { it.toString() }, geometry.keys.filter { it.isLetter }.map { it.text }.sorted())
        for (page in KeyboardPage.entries) {
            val kinds = KeyboardGeometry(page, 100f, 100f).keys.map { it.kind }
            for (kind in listOf(KeyKind.DELETE, KeyKind.SPACE, KeyKind.ENTER)) assertEquals(1, kinds.count { it == kind })
        }
    }

    @ParameterizedTest
    @CsvSource("2, 300, a", "1079, 300, l", "1079, 0, p", "-50, -50, q", "170, 500, z", "2000, 300, l")
    fun `beside and between keys the nearest one of the row is meant`(x: Float, y: Float, letter: String) {
        assertEquals(letter, geometry.keyAt(x, y)?.text)
    }

    @Test
    fun `the letters span the upper three rows`() {
        assertEquals(LetterArea(0f, 0f, 1080f, 648f), geometry.letterArea)
        assertNull(KeyboardGeometry(KeyboardPage.SYMBOLS, 1080f, 864f).letterArea)
    }

    @Test
    fun `a view without a size has no keys to find`() {
        val empty = KeyboardGeometry(KeyboardPage.LETTERS, 0f, 0f)
        assertNull(empty.keyAt(0f, 0f))
        assertNull(empty.letterArea)
        assertNull(geometry.keyAt(Float.NaN, 3f))
        assertNotNull(geometry.keyAt(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY))
    }
}
