package io.github.swipekit

import java.util.concurrent.Executors
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class SessionTest {
    private val engine = Fixtures.engine
    private val eager = SessionOptions(intervalMillis = 0, share = 1f)

    private fun SwipeSession.make(trace: SwipeTrace) {
        begin(trace.area)
        push(trace.toArray(), trace.size)
    }

    @Test
    fun `what a session gives is what decode gives`() = runTest {
        engine.newSession().use { session ->
            for (swipe in Fixtures.samples) {
                val points = swipe.trace.toArray()
                session.begin(swipe.trace.area)
                for (at in points.indices step 3) session.push(points[at], points[at + 1], points[at + 2])
                assertEquals(engine.decode(swipe.trace), session.finish())
            }
            session.make(Fixtures.sample("hello"))
            assertEquals(engine.decode(Fixtures.sample("hello")), session.finishBlocking())
            session.make(Fixtures.sample("hello"))
            val result = session.finishResult(60_000)
            assertTrue(result.isComplete)
            assertEquals(engine.decode(Fixtures.sample("hello")), result.candidates)
        }
    }

    @Test
    fun `partial results come while the finger moves`() = runBlocking {
        val trace = Fixtures.sample("information")
        val points = trace.toArray()
        engine.newSession(eager).use { session ->
            val all = ArrayList<PartialResult>()
            val collector = launch(Dispatchers.Default) { session.partials().collect { synchronized(all) { all.add(it) } } }
            val gesture = session.begin(trace.area)
            for (at in points.indices step 3) {
                session.push(points[at], points[at + 1], points[at + 2])
                delay(4)
            }
            withTimeout(60_000) {
                while (synchronized(all) { all.none { it.points == trace.size } }) delay(1)
            }
            assertEquals("information", session.finish().first().word)
            session.close()
            withTimeout(10_000) { collector.join() }
            println("partial results of a gesture of ${trace.size} points: ${all.map(PartialResult::points)}")
            assertTrue(all.size > 1)
            assertTrue(all.all { it.gesture == gesture && it.candidates.isNotEmpty() })
            assertTrue(all.zipWithNext().all { (a, b) -> a.points <= b.points })
            assertNull(session.partialFailure)
        }
    }

    @Test
    fun `a slow collector gets the newest and no gesture that is over`() = runBlocking {
        val trace = Fixtures.sample("different")
        engine.newSession(eager).use { session ->
            val newest = java.util.concurrent.atomic.AtomicLong()
            val stale = java.util.concurrent.atomic.AtomicInteger()
            val seen = java.util.concurrent.atomic.AtomicInteger()
            val collector = launch(Dispatchers.Default) {
                session.partials().collect {
                    seen.incrementAndGet()
                    // The next gesture may begin between the check in the flow and this one; hence
                    // two behind.
                    if (it.gesture < newest.get() - 1) stale.incrementAndGet()
                    delay(30)
                }
            }
            repeat(40) {
                newest.set(session.begin(trace.area))
                session.push(trace.toArray(), trace.size)
                delay(10)
                if (it % 2 == 0) session.finish() else session.abandon()
            }
            val before = seen.get()
            delay(200)
            // Nothing of a gesture that is over comes late, but for the one that was on its way.
            assertTrue(seen.get() - before <= 1)
            assertEquals(0, stale.get())
            collector.cancel()
        }
    }

    @Test
    fun `the next gesture may begin before the words are there`() = runBlocking {
        engine.newSession().use { session ->
            val words = listOf("keyboard", "question", "together", "different", "something", "information")
            repeat(10) {
                val results = words.map { word ->
                    session.make(Fixtures.sample(word))
                    // The gesture ends here and now, though its words come later.
                    async(start = CoroutineStart.UNDISPATCHED) { session.finish() }
                }
                assertEquals(words, results.map { it.await().first().word })
            }
        }
    }

    @Test
    fun `order of calls`() = runTest {
        engine.newSession().use { session ->
            assertThrows<InvalidArgumentException> { session.finish() }
            assertThrows<InvalidArgumentException> { session.push(0f, 0f, 0) }
            session.abandon()
            val first = session.begin(LetterArea(0f, 0f, 1f, 1f))
            session.abandon()
            assertThrows<InvalidArgumentException> { session.push(0f, 0f, 0) }
            assertThrows<InvalidArgumentException> { session.finish() }
            val trace = Fixtures.sample("hello")
            assertEquals(first + 1, session.begin(trace.area))
            session.push(trace.toArray(), trace.size)
            assertEquals("hello", session.finish().first().word)
            assertThrows<InvalidArgumentException> { session.finish() }
            assertThrows<InvalidArgumentException> { session.push(0f, 0f, 0) }
        }
    }

    @Test
    fun `bad points leave the gesture as it was`() = runTest {
        val trace = Fixtures.sample("hello")
        engine.newSession().use { session ->
            session.make(trace)
            val last = trace.toArray().last()
            assertThrows<NotFiniteException> { session.push(Double.NaN, 0.0, last) }
            assertThrows<NotFiniteException> { session.push(0.0, Double.POSITIVE_INFINITY, last) }
            assertThrows<InvalidArgumentException> { session.push(DoubleArray(3), 2) }
            assertThrows<InvalidArgumentException> { session.push(DoubleArray(3), -1) }
            assertEquals(engine.decode(trace), session.finish())
            assertThrows<SwipeException> { session.begin(LetterArea(0f, 0f, 0f, 1f)) }
            assertThrows<NotFiniteException> { session.begin(LetterArea(0f, 0f, Float.NaN, 1f)) }
        }
    }

    @Test
    fun `a cancelled finish, and the next gesture`() = runBlocking {
        engine.newSession().use { session ->
            val long = Fixtures.wandering(1000)
            repeat(5) {
                session.make(long)
                val job = launch(Dispatchers.IO) { session.finish() }
                delay(5)
                job.cancel()
                job.join()
                session.abandon()
                session.make(Fixtures.sample("coffee"))
                assertEquals("coffee", session.finish().first().word)
            }
            session.make(long)
            assertFalse(session.finishResult(deadlineMillis = 0).isComplete)
            session.make(long)
            CancelToken().use { token ->
                token.cancel()
                assertThrows<DecodeCancelledException> { session.finishBlocking(null, token) }
            }
        }
        Unit
    }

    @Test
    fun `words before, and options`() = runTest {
        engine.newSession(SessionOptions(decode = DecodeOptions(candidates = 2))).use { session ->
            session.setContext(listOf("this", "is", "a"))
            session.make(Fixtures.sample("different"))
            assertEquals(2, session.finish().size)
            session.setContext(emptyList())
        }
        assertThrows<InvalidArgumentException> { engine.newSession(SessionOptions(share = 2f)) }
        assertThrows<InvalidArgumentException> { engine.newSession(SessionOptions(share = -1f)) }
        assertThrows<SwipeException> { engine.newSession(SessionOptions(share = Float.NaN)) }
        assertThrows<InvalidArgumentException> { engine.newSession(SessionOptions(intervalMillis = Int.MAX_VALUE)) }
        assertThrows<InvalidArgumentException> { engine.newSession(SessionOptions(minPoints = -1)) }
    }

    @Test
    fun `a listener, as Java has one`() {
        val executor = Executors.newSingleThreadExecutor()
        val results = LinkedBlockingQueue<PartialResult>()
        engine.newSession(eager).use { session ->
            val listening = session.listen(executor, results::add)
            session.make(Fixtures.sample("together"))
            assertNotNull(results.poll(60, TimeUnit.SECONDS))
            listening.close()
            session.finishBlocking()
            results.clear()
            session.make(Fixtures.sample("together"))
            assertNull(results.poll(200, TimeUnit.MILLISECONDS))
        }
        executor.shutdown()
        assertTrue(executor.awaitTermination(10, TimeUnit.SECONDS))
    }

    @Test
    fun `late collectors get the newest, and closed sessions end them`() = runBlocking {
        val session = engine.newSession(eager)
        session.make(Fixtures.sample("together"))
        val first = withTimeout(60_000) { session.partials().first() }
        val again = withTimeout(60_000) { session.partials().first() }
        assertEquals(first.gesture, again.gesture)
        session.close()
        assertEquals(emptyList<PartialResult>(), withTimeout(10_000) { session.partials().toList() })
    }
}
