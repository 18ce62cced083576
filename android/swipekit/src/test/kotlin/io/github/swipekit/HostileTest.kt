package io.github.swipekit

import io.github.swipekit.internal.Native
import io.github.swipekit.internal.NativeLibrary
import io.github.swipekit.internal.Packed
import java.nio.ByteBuffer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Calls past the Kotlin API, straight to the native library: none may end the process. */
class HostileTest {
    private val area = floatArrayOf(0f, 0f, 1f, 1f)
    private val points = Fixtures.sample("keyboard").toArray()
    private val count = points.size / 3
    private val options = intArrayOf(-1, 1, 1024, 1 shl 20)
    private val engine: Long

    init {
        Fixtures.library
        NativeLibrary.load()
        engine = Native.engineOpen(Fixtures.bundle.path, options, "", Fixtures.runtime)
    }

    private val handles = listOf(0L, -1L, 1L shl 40, Long.MAX_VALUE, Long.MIN_VALUE, engine + 1000)

    @Test
    fun `handles that are none`() {
        for (handle in handles) {
            val calls = listOf<() -> Any?>(
                { Native.engineInfo(handle) },
                { Native.engineSelfTest(handle) },
                { Native.engineWarmUp(handle) },
                { Native.engineTrim(handle) },
                { Native.engineWithLayout(handle, "x", arrayOf("a"), area) },
                { Native.engineWithWords(handle, arrayOf("a"), floatArrayOf(1f)) },
                { Native.engineWithLanguageModel(handle, "x") },
                { Native.decode(handle, points, count, area, null, null, 0) },
                { Native.spell(handle, points, count, area, 3) },
                { Native.wordsChange(handle, 0, "a", 0f) },
                { Native.wordsSize(handle) },
                { Native.wordsClear(handle) },
                { Native.wordsEntries(handle) },
                { Native.wordsExport(handle, "x") },
                { Native.wordsImport(handle, "x") },
                { Native.liveOpen(handle, -1, -1f, -1, null) },
                { Native.liveBegin(handle, area) },
                { Native.livePush(handle, points, count) },
                { Native.liveContext(handle, null) },
                { Native.liveEnd(handle) },
                { Native.liveFinish(handle, 1, -1, 0) },
                { Native.liveAbandon(handle) },
            )
            for ((at, call) in calls.withIndex()) assertThrows<EngineClosedException>("call $at of $handle") { call() }
            if (handle != 0L) assertThrows<EngineClosedException> { Native.decode(engine, points, count, area, null, null, handle) }
            Native.engineClose(handle)
            Native.liveClose(handle)
            Native.tokenCancel(handle)
            Native.tokenFree(handle)
        }
    }

    @Test
    fun `handles of another kind, and used again`() {
        val token = Native.tokenNew()
        val session = Native.liveOpen(engine, -1, -1f, -1, null)
        assertThrows<EngineClosedException> { Native.engineInfo(token) }
        assertThrows<EngineClosedException> { Native.engineInfo(session) }
        assertThrows<EngineClosedException> { Native.liveBegin(engine, area) }
        assertThrows<EngineClosedException> { Native.decode(engine, points, count, area, null, null, session) }
        Native.tokenFree(token)
        Native.tokenFree(token)
        Native.tokenCancel(token)
        Native.liveClose(session)
        Native.liveClose(session)
        assertThrows<EngineClosedException> { Native.liveBegin(session, area) }
        assertThrows<EngineClosedException> { Native.decode(engine, points, count, area, null, null, token) }
    }

    @Test
    fun `counts that are wrong`() {
        for (wrong in listOf(-1, count + 1, Int.MAX_VALUE, Int.MIN_VALUE, Int.MAX_VALUE / 3, 1 shl 30)) {
            assertThrows<InvalidArgumentException>("$wrong") { Native.decode(engine, points, wrong, area, null, null, 0) }
            assertThrows<InvalidArgumentException>("$wrong") { Native.spell(engine, points, wrong, area, 3) }
        }
        for (wrong in listOf(-1, Int.MIN_VALUE, 0, Int.MAX_VALUE)) {
            assertThrows<InvalidArgumentException>("$wrong") { Native.spell(engine, points, count, area, wrong) }
        }
        assertThrows<InvalidArgumentException> { Native.decode(engine, DoubleArray(2), 1, area, null, null, 0) }
        // More than a gesture may have.
        val many = DoubleArray(3 * ((1 shl 18) + 1)) { (it / 3).toDouble() }
        assertThrows<InvalidArgumentException> { Native.decode(engine, many, many.size / 3, area, null, null, 0) }
        for (length in listOf(0, 3, 5)) {
            assertThrows<InvalidArgumentException> { Native.decode(engine, points, count, FloatArray(length), null, null, 0) }
        }
        for (length in listOf(0, 2, 4)) {
            assertThrows<InvalidArgumentException> { Native.decode(engine, points, count, area, IntArray(length), null, 0) }
        }
    }

    @Test
    fun `numbers that are none`() {
        for (bad in listOf(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)) {
            for (at in 0 until 3) {
                val changed = points.copyOf().also { it[3 * (count / 2) + at] = bad }
                assertThrows<NotFiniteException> { Native.decode(engine, changed, count, area, null, null, 0) }
                assertThrows<NotFiniteException> { Native.spell(engine, changed, count, area, 3) }
            }
        }
        for (at in 0 until 4) {
            val changed = area.copyOf().also { it[at] = Float.NaN }
            assertThrows<NotFiniteException> { Native.decode(engine, points, count, changed, null, null, 0) }
        }
        assertThrows<SwipeException> { Native.decode(engine, points, count, floatArrayOf(0f, 0f, -1f, 1f), null, null, 0) }
        // Huge, but finite: a result or a typed exception.
        val huge = DoubleArray(30) { if (it % 3 == 2) it.toDouble() else 1e300 }
        runCatching { Native.decode(engine, huge, 10, area, null, null, 0) }.onFailure { check(it is SwipeException) { it } }
        // Times that fall are taken as they are.
        val falling = points.copyOf().also { it[5] = -1e9 }
        Native.decode(engine, falling, count, area, null, null, 0)
    }

    @Test
    fun `an empty gesture`() {
        val outcome = runCatching { Packed(Native.decode(engine, DoubleArray(0), 0, area, null, null, 0)).result() }
        println("an empty gesture: $outcome")
        outcome.onFailure { check(it is SwipeException) { it } }
    }

    @Test
    fun `buffers and descriptors that are none`() {
        val array = ByteArray(10)
        for ((offset, length) in listOf(-1 to 5, 0 to -1, 0 to 11, 5 to 6, Int.MAX_VALUE to Int.MAX_VALUE, Int.MIN_VALUE to 1)) {
            val open = { bytes: ByteArray?, buffer: ByteBuffer? ->
                Native.engineOpenBytes(bytes, buffer, offset, length, "x", options, "", Fixtures.runtime)
            }
            assertThrows<InvalidArgumentException> { open(array, null) }
            assertThrows<InvalidArgumentException> { open(null, ByteBuffer.allocateDirect(10)) }
        }
        assertThrows<SwipeException> { Native.engineOpenBytes(null, ByteBuffer.allocate(10), 0, 10, "x", options, "", Fixtures.runtime) }
        assertThrows<InvalidArgumentException> { Native.engineOpenBytes(null, null, 0, 0, "x", options, "", Fixtures.runtime) }
        for (fd in listOf(-1, Int.MIN_VALUE, Int.MAX_VALUE)) {
            assertThrows<SwipeException> { Native.engineOpenDescriptor(fd, 0, -1, "x", options, "", Fixtures.runtime) }
        }
    }

    @Test
    fun `lists that do not fit`() {
        assertThrows<InvalidArgumentException> { Native.engineWithWords(engine, arrayOf("a", "b"), floatArrayOf(1f)) }
        assertThrows<InvalidArgumentException> { Native.engineWithLayout(engine, "x", arrayOf("a", "b"), area) }
        assertThrows<InvalidArgumentException> { Native.layoutArea(arrayOf("a"), FloatArray(3)) }
        assertThrows<InvalidArgumentException> { Native.namedLayout("colemak", 0f, 0f, 1f, 1f) }
        assertThrows<InvalidArgumentException> { Native.wordsChange(engine, 7, "a", 0f) }
        assertThrows<InvalidArgumentException> { Native.engineOpen(Fixtures.bundle.path, IntArray(3), "", Fixtures.runtime) }
        // Half of a surrogate pair, and a NUL.
        for (word in listOf("\uD83D", "a\u0000b", "\uDC00\uD800")) {
            runCatching { Native.wordsChange(engine, 0, word, 0f) }.onFailure { check(it is SwipeException) { it } }
        }
        Native.decode(engine, points, count, area, null, arrayOf("\uD83D", ""), 0)
        Native.wordsClear(engine)
    }

    @Test
    fun `codes of failures`() {
        val kinds = (1..11).map { Native.exception(it, "message").javaClass }
        assertEquals(11, kinds.toSet().size)
        assertEquals(DecodeFailedException::class.java, Native.exception(99, "message").javaClass)
        // Partial results for sessions that are gone, or that make no sense.
        for (code in listOf(0, 9, -1)) Native.onPartial(12345, 1, 1, code, ByteArray(code.coerceAtLeast(0)))
    }
}
