package io.github.swipekit.internal

import io.github.swipekit.Candidate
import io.github.swipekit.DecodeFailedException
import io.github.swipekit.DecodeResult
import io.github.swipekit.DecodeTimings
import io.github.swipekit.Spelling

/**
 * Reads what comes from native code in one array: little-endian numbers, texts as their length in
 * bytes (u32) and UTF-8.
 */
internal class Packed(private val bytes: ByteArray) {
    private var at = 0

    /** Whether all of it was read. */
    val isAtEnd: Boolean get() = at == bytes.size

    /** u8, 0 or not. */
    fun flag(): Boolean = bytes[take(1)].toInt() != 0

    /** u32 or i32. */
    fun int(): Int {
        val start = take(Int.SIZE_BYTES)
        var value = 0
        for (index in Int.SIZE_BYTES - 1 downTo 0) value = value shl BITS or (bytes[start + index].toInt() and MASK)
        return value
    }

    /** u64 or i64. */
    fun long(): Long {
        val low = int().toLong() and LOW
        return int().toLong() shl Int.SIZE_BITS or low
    }

    /** f32. */
    fun float(): Float = Float.fromBits(int())

    /** f64. */
    fun double(): Double = Double.fromBits(long())

    /** A text. */
    fun text(): String {
        val length = int()
        return String(bytes, take(length), length, Charsets.UTF_8)
    }

    /** As many things as a u32 says; each takes a byte at least. */
    inline fun <T> list(read: Packed.() -> T): List<T> {
        val count = int()
        if (count !in 0..left) cut()
        return ArrayList<T>(count).apply { repeat(count) { add(read()) } }
    }

    /** Words of a gesture. */
    fun candidates(): List<Candidate> = list { Candidate(text(), double(), double(), double()) }

    /** A decoded gesture. */
    fun result(): DecodeResult {
        val isComplete = flag()
        val timings = DecodeTimings(double(), double(), double())
        return DecodeResult(candidates(), isComplete, timings)
    }

    /** Spellings of a gesture. */
    fun spellings(): List<Spelling> = list { Spelling(text(), double(), double()) }

    /** Bytes that were not read yet. */
    val left: Int get() = bytes.size - at

    /** Moves on by [length] bytes and gives where they begin. */
    private fun take(length: Int): Int {
        if (length !in 0..left) cut()
        return at.also { at += length }
    }

    fun cut(): Nothing = throw DecodeFailedException("what came from the native library ends early; take classes and library of one release")

    private companion object {
        const val BITS = 8
        const val MASK = 0xFF
        const val LOW = 0xFFFFFFFFL
    }
}
