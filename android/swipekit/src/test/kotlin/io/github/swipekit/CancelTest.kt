package io.github.swipekit

import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.coroutines.CoroutineContext
import kotlin.system.measureNanoTime
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Runnable
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class CancelTest {
    private val base = Fixtures.engine
    private val long = Fixtures.wandering(1000)
    private val slow = DecodeOptions(beam = 1024)

    /** Decodes until it is ended. */
    private suspend fun SwipeEngine.decodeForEver(): Nothing {
        while (true) decode(long, slow)
    }

    /** A thread of its own that tells of its work. */
    private class Watched : CoroutineDispatcher(), AutoCloseable {
        private val executor = Executors.newSingleThreadExecutor()
        val running = AtomicInteger()
        val dispatched = AtomicInteger()
        val ended = AtomicLong()

        override fun dispatch(context: CoroutineContext, block: Runnable) {
            dispatched.incrementAndGet()
            executor.execute {
                running.incrementAndGet()
                block.run()
                ended.set(System.nanoTime())
                running.decrementAndGet()
            }
        }

        override fun close() {
            executor.shutdown()
            check(executor.awaitTermination(60, TimeUnit.SECONDS))
        }
    }

    private fun <T> watched(test: suspend (Watched, SwipeEngine) -> T): T =
        Watched().use { dispatcher ->
            SwipeEngine.open(Fixtures.bundle, EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = dispatcher)).use { engine ->
                runBlocking { test(dispatcher, engine) }
            }
        }

    private suspend fun Watched.await(running: Int) {
        while (this.running.get() != running) delay(1)
    }

    @Test
    fun `a cancelled caller goes on at once and the decode ends soon`() {
        val (caller, native) = watched { dispatcher, engine ->
            engine.warmUp()
            val whole = measureNanoTime { engine.decode(long, slow) } / 1e6
            val times = List(10) { round ->
                val job = CoroutineScope(Dispatchers.Default).launch { engine.decodeForEver() }
                dispatcher.await(1)
                delay(20L + 3 * round)
                val start = System.nanoTime()
                job.cancelAndJoin()
                val caller = System.nanoTime() - start
                dispatcher.await(0)
                assertTrue(job.isCancelled)
                caller / 1e6 to (dispatcher.ended.get() - start) / 1e6
            }
            println("cancelling a decode of $whole ms: the caller goes on after ${times.map { it.first }} ms, the decode ends after ${times.map { it.second }} ms")
            times.maxOf { it.first } to times.maxOf { it.second }
        }
        println("cancel: caller at most $caller ms, native at most $native ms")
        assertTrue(caller < 100, "$caller ms")
        assertTrue(native < 500, "$native ms")
    }

    @Test
    fun `a caller on the dispatcher works in place and ends by its token`() {
        watched { dispatcher, engine ->
            val before = dispatcher.dispatched.get()
            withContext(dispatcher) { engine.decode(Fixtures.sample("hello")) }
            // One for withContext itself, none for the decode.
            assertEquals(1, dispatcher.dispatched.get() - before)
            val job = CoroutineScope(dispatcher).launch { engine.decodeForEver() }
            dispatcher.await(1)
            delay(10)
            val time = measureNanoTime { job.cancelAndJoin() } / 1e6
            println("cancelling in place: $time ms")
            assertTrue(time < 500, "$time ms")
        }
    }

    @Test
    fun `work that waits in line is never begun`() {
        watched { dispatcher, engine ->
            val gate = CountDownLatch(1)
            dispatcher.dispatch(coroutineContext(), Runnable { gate.await() })
            val job = CoroutineScope(Dispatchers.Default).launch(start = CoroutineStart.UNDISPATCHED) { engine.decodeForEver() }
            val time = measureNanoTime { job.cancelAndJoin() } / 1e6
            assertTrue(time < 100, "$time ms")
            gate.countDown()
            // In line behind it.
            assertEquals("hello", engine.decode(Fixtures.sample("hello")).first().word)
        }
    }

    private suspend fun coroutineContext() = kotlinx.coroutines.currentCoroutineContext()

    @Test
    fun `an engine can be used after a cancel`() = runTest {
        repeat(20) {
            assertEquals(null, withContext<Any?>(Dispatchers.IO) { withTimeoutOrNull<Any>(2) { base.decodeForEver() } })
        }
        assertEquals("keyboard", base.decode(Fixtures.sample("keyboard")).first().word)
    }

    @Test
    fun `a timeout is a cancellation as any other`() = runBlocking {
        assertThrows<CancellationException> { withTimeout<Any>(5) { base.decodeForEver() } }
        Unit
    }

    @Test
    fun `a blocking decode is ended by its token`() {
        CancelToken().use { token ->
            val ended = AtomicReference<Throwable?>()
            val worker = thread { ended.set(runCatching { while (true) base.decodeBlocking(long, slow, token) }.exceptionOrNull()) }
            Thread.sleep(20)
            val time = measureNanoTime {
                token.cancel()
                worker.join()
            } / 1e6
            println("a token ends a blocking decode within $time ms")
            assertTrue(ended.get() is DecodeCancelledException, "${ended.get()}")
            assertTrue(time < 500, "$time ms")
            // It stays cancelled.
            assertThrows<DecodeCancelledException> { base.decodeBlocking(long, slow, token) }
        }
        val closed = CancelToken().apply { close() }
        closed.close()
        closed.cancel()
        assertThrows<EngineClosedException> { base.decodeBlocking(Fixtures.sample("hello"), DecodeOptions.DEFAULT, closed) }
    }

    @Test
    fun `loading that nobody waits for closes the engine`() {
        val dispatcher = Watched()
        dispatcher.use {
            runBlocking {
                val options = EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = dispatcher)
                val job = CoroutineScope(Dispatchers.Default).launch { SwipeEngine.load(Fixtures.bundle, options) }
                dispatcher.await(1)
                job.cancelAndJoin()
                dispatcher.await(0)
                assertTrue(job.isCancelled)
            }
        }
    }

    @Test
    fun `a test's dispatcher can be given`() {
        val dispatcher = StandardTestDispatcher()
        runTest(dispatcher) {
            val engine = SwipeEngine.load(Fixtures.bundle, EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = dispatcher))
            assertEquals("hello", engine.decode(Fixtures.sample("hello")).first().word)
            engine.close()
            assertTrue(engine.isClosed)
        }
    }

    @Test
    fun `a dispatcher that fails fails the call`() = runBlocking {
        val broken = object : CoroutineDispatcher() {
            override fun dispatch(context: CoroutineContext, block: Runnable): Unit = error("full")
        }
        val options = EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = broken)
        SwipeEngine.open(Fixtures.bundle, options).use { engine ->
            assertThrows<IllegalStateException> { engine.decode(Fixtures.sample("hello")) }
        }
        val pool = Executors.newSingleThreadExecutor()
        val over = SwipeEngine.open(Fixtures.bundle, EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = pool.asCoroutineDispatcher()))
        pool.shutdown()
        // A pool that is shut down cancels the coroutine.
        val job = CoroutineScope(Dispatchers.Default).launch { over.decode(Fixtures.sample("hello")) }
        job.join()
        assertTrue(job.isCancelled)
        over.close()
        assertFalse(base.isClosed)
    }
}
