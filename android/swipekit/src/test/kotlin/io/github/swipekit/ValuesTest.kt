package io.github.swipekit

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Traces, options and results: what needs no native library. */
class ValuesTest {
    private val area = LetterArea(1f, 2f, 3f, 4f)

    @Test
    fun `a trace grows, is cleared and used again`() {
        val trace = SwipeTrace(area)
        for (at in 0 until 1000) trace.add(at.toFloat(), 2f * at, 10L * at)
        assertEquals(1000, trace.size)
        val numbers = trace.toArray()
        assertEquals(3000, numbers.size)
        for (at in 0 until 1000) {
            assertArrayEquals(doubleArrayOf(at.toDouble(), 2.0 * at, 10.0 * at), numbers.copyOfRange(3 * at, 3 * at + 3))
        }
        trace.clear()
        assertEquals(0, trace.size)
        trace.add(1.5, 2.5, 3.5)
        assertArrayEquals(doubleArrayOf(1.5, 2.5, 3.5), trace.toArray())
        trace.add(numbers, 1000)
        assertEquals(1001, trace.size)
        assertArrayEquals(doubleArrayOf(1.5, 2.5, 3.5) + numbers, trace.toArray())
    }

    @Test
    fun `a trace takes no more points than there are`() {
        val trace = SwipeTrace(area)
        for (count in listOf(-1, 3, Int.MIN_VALUE, Int.MAX_VALUE)) {
            assertThrows<InvalidArgumentException> { trace.add(DoubleArray(8), count) }
        }
        trace.add(DoubleArray(8), 2)
        assertEquals(2, trace.size)
    }

    @Test
    fun `nothing that is typed is in a text for logs`() {
        val trace = SwipeTrace(LetterArea(0f, 0f, 1f, 1f)).apply { add(0.123, 0.456, 789.0) }
        val candidate = Candidate("secret", 0.25, -1.0, -2.0)
        val texts = listOf(
            trace,
            candidate,
            Spelling("secret", 0.25, -1.0),
            PartialResult(listOf(candidate), 3, 4),
            DecodeResult(listOf(candidate), true, DecodeTimings(0.0, 0.0, 0.0)),
            DecodeOptions(context = listOf("secret")),
            SessionOptions(decode = DecodeOptions(context = listOf("secret"))),
            UserWord("secret", -1f, 0f, 1.0, false),
        ).map(Any::toString)
        for (text in texts) {
            assertFalse("secret" in text, text)
            assertFalse("123" in text || "456" in text || "789" in text, text)
        }
    }

    @Test
    fun `values are equal where their parts are`() {
        assertEquals(Candidate("a", 1.0, 2.0, 3.0), Candidate("a", 1.0, 2.0, 3.0))
        assertEquals(Candidate("a", 1.0, 2.0, 3.0).hashCode(), Candidate("a", 1.0, 2.0, 3.0).hashCode())
        assertNotEquals(Candidate("a", 1.0, 2.0, 3.0), Candidate("b", 1.0, 2.0, 3.0))
        assertNotEquals(Candidate("a", 1.0, 2.0, 3.0), Candidate("a", 1.0, 2.0, 3.5))
        assertEquals(LetterArea(1f, 2f, 3f, 4f), area)
        assertEquals(LetterArea(1f, 2f, 3f, 4f).hashCode(), area.hashCode())
        assertNotEquals(LetterArea(1f, 2f, 3f, 5f), area)
        assertEquals(Key("a", 0f, 0f, 1f, 1f), Key("a", 0f, 0f, 1f, 1f))
        assertNotEquals(Key("a", 0f, 0f, 1f, 1f), Key("b", 0f, 0f, 1f, 1f))
        assertEquals(KeyboardLayout("x", listOf(Key("a", 0f, 0f, 1f, 1f))), KeyboardLayout("x", listOf(Key("a", 0f, 0f, 1f, 1f))))
        assertEquals(Spelling("a", 1.0, 2.0), Spelling("a", 1.0, 2.0))
    }

    @Test
    fun `builders make the same options`() {
        val decode = DecodeOptions.Builder().candidates(3).beam(9).deadlineMillis(20).context(listOf("a")).build()
        assertEquals(DecodeOptions(3, 9, 20, listOf("a")), decode)
        assertEquals(DecodeOptions(3, 9, 20, listOf("a")).hashCode(), decode.hashCode())
        assertEquals(DecodeOptions.DEFAULT, DecodeOptions.Builder().build())
        val session = SessionOptions.Builder().intervalMillis(5).share(0.5f).minPoints(4).decode(decode).build()
        assertEquals(SessionOptions(5, 0.5f, 4, decode), session)
        assertEquals(SessionOptions.DEFAULT, SessionOptions.Builder().build())
        val engine = EngineOptions.Builder().threads(2).copies(2).warmPrefixes(0).prefixBytes(0).preset("fast").runtimeLibrary("x").build()
        assertEquals(EngineOptions(2, 2, 0, 0, "fast", "x"), engine)
        assertEquals(EngineOptions.DEFAULT, EngineOptions.Builder().build())
        assertNull(EngineOptions.DEFAULT.threads)
    }

    @Test
    fun `options and layouts keep what they were given`() {
        val words = mutableListOf("a")
        val options = DecodeOptions(context = words)
        val keys = mutableListOf(Key("a", 0f, 0f, 1f, 1f))
        val layout = KeyboardLayout("x", keys)
        words.add("b")
        keys.clear()
        assertEquals(listOf("a"), options.context)
        assertEquals(1, layout.keys.size)
    }
}
