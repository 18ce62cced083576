package io.github.swipekit

import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.system.measureNanoTime
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class ClosingTest {
    private fun open(): SwipeEngine {
        Fixtures.library
        return SwipeEngine.open(Fixtures.bundle, Fixtures.options)
    }

    @Test
    fun `a closed engine throws and stays closed`() = runTest {
        val engine = open()
        val session = engine.newSession()
        val other = engine.newSession()
        other.close()
        other.close()
        engine.close()
        engine.close()
        assertTrue(engine.isClosed)
        val trace = Fixtures.sample("hello")
        val calls = listOf<suspend () -> Any?>(
            { engine.decode(trace) },
            { engine.decodeBlocking(trace) },
            { engine.spell(trace, 3) },
            { engine.warmUp() },
            { engine.memory },
            { engine.selfTest() },
            { engine.trimMemory() },
            { engine.newSession() },
            { engine.withLayout(KeyboardLayout.qwerty(LetterArea(0f, 0f, 1f, 1f))) },
            { engine.withWords(mapOf("a" to 1f)) },
            { engine.withLanguageModel("x") },
            { engine.words.add("hello") },
            { engine.words.entries() },
            { engine.words.size },
            { engine.words.clear() },
            { other.begin(LetterArea(0f, 0f, 1f, 1f)) },
            { other.push(0f, 0f, 0) },
            { other.push(DoubleArray(3), 1) },
            { other.finish() },
            { other.finishBlocking() },
            { other.abandon() },
            { other.setContext(listOf("a")) },
        )
        for ((at, call) in calls.withIndex()) {
            val thrown = assertThrows<EngineClosedException>("call $at") { call() }
            assertTrue("open another one" in thrown.message.orEmpty(), "$thrown")
        }
        // What it is made of can still be asked, and a session goes on.
        assertEquals("en-qwerty", engine.info.name)
        session.begin(trace.area)
        session.push(trace.toArray(), trace.size)
        assertEquals("hello", session.finish().first().word)
        session.close()
    }

    @Test
    fun `closing while eight coroutines decode`() = runBlocking {
        val decoded = AtomicInteger()
        val refused = AtomicInteger()
        repeat(10) { round ->
            val engine = open()
            val jobs = List(8) { number ->
                async(Dispatchers.IO) {
                    val trace = Fixtures.samples[20 + number].trace
                    val expected = Fixtures.engine.decode(trace)
                    while (true) {
                        try {
                            assertEquals(expected, engine.decode(trace))
                            decoded.incrementAndGet()
                        } catch (_: EngineClosedException) {
                            refused.incrementAndGet()
                            break
                        }
                    }
                }
            }
            delay(15L * round)
            engine.close()
            withTimeout(60_000) { jobs.awaitAll() }
        }
        println("closing while 8 coroutines decode, 10 times: $decoded results, $refused ended with EngineClosedException")
        assertEquals(80, refused.get())
    }

    @Test
    fun `closing a session while it is used`() = runBlocking {
        val trace = Fixtures.sample("information")
        repeat(20) { round ->
            val session = Fixtures.engine.newSession(SessionOptions(intervalMillis = 0, share = 1f))
            val jobs = List(4) {
                async(Dispatchers.IO) {
                    runCatching {
                        while (true) {
                            session.begin(trace.area)
                            session.push(trace.toArray(), trace.size)
                            session.finish()
                        }
                    }.exceptionOrNull()
                }
            }
            val collector = async(Dispatchers.Default) { session.partials().collect { } }
            delay(round.toLong())
            session.close()
            // Others of the four may have ended or begun the gesture meanwhile: that is said as
            // well.
            for (thrown in withTimeout(60_000) { jobs.awaitAll() }) {
                assertTrue(thrown is EngineClosedException || thrown is InvalidArgumentException, "$thrown")
            }
            withTimeout(60_000) { collector.await() }
        }
    }

    private fun resident(): Long? =
        File("/proc/self/status").takeIf(File::isFile)?.readLines()?.first { it.startsWith("VmRSS:") }
            ?.filter(Char::isDigit)?.toLong()

    @Test
    fun `opening and closing leaves nothing behind`() {
        assumeTrue(resident() != null, "skipped: no /proc/self/status")
        val trace = Fixtures.sample("keyboard")
        val cycle = {
            open().use { engine ->
                engine.decodeBlocking(trace)
                engine.newSession().use { session ->
                    session.begin(trace.area)
                    session.push(trace.toArray(), trace.size)
                    session.finishBlocking()
                }
            }
        }
        repeat(40) { cycle() }
        System.gc()
        val before = checkNotNull(resident())
        val time = measureNanoTime { repeat(200) { cycle() } } / 200e6
        System.gc()
        val after = checkNotNull(resident())
        println("open, decode, live session, close: $time ms a cycle; resident ${before / 1024} MB before, ${after / 1024} MB after 200 cycles")
        assertTrue(after - before < 24 * 1024, "$before kB, then $after kB")
    }

    @Test
    fun `what was forgotten is closed`() {
        assumeTrue(resident() != null, "skipped: no /proc/self/status")
        repeat(30) { open().newSession() }
        System.gc()
        Thread.sleep(100)
        open().close()
        val before = checkNotNull(resident())
        repeat(120) {
            // Not closed, and not held.
            open().newSession()
            if (it % 10 == 9) {
                System.gc()
                Thread.sleep(20)
            }
        }
        System.gc()
        Thread.sleep(100)
        open().close()
        val after = checkNotNull(resident())
        val threads = File("/proc/self/task").list().orEmpty().size
        println("120 engines and sessions forgotten: resident ${before / 1024} MB, then ${after / 1024} MB; $threads threads")
        assertTrue(after - before < 100 * 1024, "$before kB, then $after kB")
        assertTrue(threads < 100, "$threads threads")
    }
}
