package io.github.swipekit

import io.github.swipekit.internal.Packed
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class PackedTest {
    private fun bytes(write: ByteBuffer.() -> Unit): ByteArray {
        val buffer = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN)
        buffer.write()
        return buffer.array().copyOf(buffer.position())
    }

    private fun ByteBuffer.text(text: String) {
        val content = text.toByteArray()
        putInt(content.size).put(content)
    }

    @Test
    fun `numbers and texts`() {
        val packed = Packed(
            bytes {
                put(1).put(0).putInt(-2).putInt(Int.MAX_VALUE).putLong(Long.MIN_VALUE + 5).putLong(0xFFFFFFFFL)
                putFloat(-0.1f).putDouble(Math.PI).putDouble(Double.NaN)
                text("")
                text("naïve 日本 \uD83D\uDE00")
            },
        )
        assertTrue(packed.flag())
        assertFalse(packed.flag())
        assertEquals(-2, packed.int())
        assertEquals(Int.MAX_VALUE, packed.int())
        assertEquals(Long.MIN_VALUE + 5, packed.long())
        assertEquals(0xFFFFFFFFL, packed.long())
        assertEquals(-0.1f, packed.float())
        assertEquals(Math.PI, packed.double())
        assertTrue(packed.double().isNaN())
        assertEquals("", packed.text())
        assertEquals("naïve 日本 \uD83D\uDE00", packed.text())
        assertTrue(packed.isAtEnd)
    }

    @Test
    fun `a result`() {
        val packed = Packed(
            bytes {
                put(1).putDouble(0.25).putDouble(2.0).putDouble(3.0).putInt(1)
                text("word")
                putDouble(0.5).putDouble(-1.0).putDouble(-2.0)
            },
        )
        val result = packed.result()
        assertEquals(DecodeResult(listOf(Candidate("word", 0.5, -1.0, -2.0)), true, DecodeTimings(0.25, 2.0, 3.0)), result)
        assertEquals(5.25, result.timings.total)
        assertTrue(packed.isAtEnd)
    }

    @Test
    fun `whatever is cut short is refused`() {
        val whole = bytes {
            put(1).putDouble(0.25).putDouble(2.0).putDouble(3.0).putInt(1)
            text("word")
            putDouble(0.5).putDouble(-1.0).putDouble(-2.0)
        }
        for (length in whole.indices) assertThrows<DecodeFailedException> { Packed(whole.copyOf(length)).result() }
        for (count in listOf(-1, Int.MIN_VALUE, Int.MAX_VALUE, 1 shl 30)) {
            assertThrows<DecodeFailedException> { Packed(bytes { putInt(count) }).text() }
            assertThrows<DecodeFailedException> { Packed(bytes { putInt(count) }).candidates() }
        }
    }
}
