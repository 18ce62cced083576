package io.github.swipekit

import io.github.swipekit.internal.Native
import io.github.swipekit.internal.Packed
import java.util.concurrent.Executors
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/**
 * Measures what a decode from Kotlin costs over the decode itself, as native code times it, and
 * prints JSON:
 *
 *     mvn -B -q -f android/pom.xml -pl swipekit test-compile exec:java -Dexec.mainClass=io.github.swipekit.Overhead
 *
 * An argument is the number of rounds over the sample swipes (50). All times are microseconds;
 * `over` is the wall time of a call less the time of its own decode. `native` is the native method
 * alone. `decode` is called from a thread that waits meanwhile, as a main thread does, and works on
 * `Dispatchers.Default`; `decodeOnThread` on a single thread, `decodeInPlace` where it is called.
 * `handOver` is the floor of the first two: `native` in another thread, by bare flags and
 * `LockSupport`, two wake-ups of a thread and nothing else.
 */
object Overhead {
    private class Series {
        val wall = ArrayList<Double>()
        val over = ArrayList<Double>()

        fun add(wall: Long, result: DecodeResult) {
            this.wall.add(wall / 1e3)
            over.add(wall / 1e3 - 1e3 * result.timings.total)
        }

        private fun text(values: List<Double>): String {
            val sorted = values.sorted()
            fun at(share: Double) = "%.2f".format(sorted[((sorted.size - 1) * share).toInt()])
            return "{\"median\":${at(0.5)},\"p90\":${at(0.9)},\"p99\":${at(0.99)}}"
        }

        override fun toString() = "{\"calls\":${wall.size},\"wall\":${text(wall)},\"over\":${text(over)}}"
    }

    /** A thread that sleeps until there is work, and wakes who asked for it. */
    private class Worker(private val work: (Int) -> ByteArray) : AutoCloseable {
        private val asker = Thread.currentThread()

        @Volatile
        private var wanted = NOTHING

        @Volatile
        private var result: ByteArray? = null
        private val thread = thread(name = "worker") {
            while (true) {
                while (wanted == NOTHING) LockSupport.park()
                val number = wanted
                if (number == END) break
                wanted = NOTHING
                result = work(number)
                LockSupport.unpark(asker)
            }
        }

        fun run(number: Int): ByteArray {
            wanted = number
            LockSupport.unpark(thread)
            while (true) {
                val done = result
                if (done == null) {
                    LockSupport.park()
                } else {
                    result = null
                    return done
                }
            }
        }

        override fun close() {
            wanted = END
            LockSupport.unpark(thread)
            thread.join()
        }

        private companion object {
            const val NOTHING = -1
            const val END = -2
        }
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        val rounds = arguments.firstOrNull()?.toInt() ?: 50
        val thread = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
        val options = EngineOptions(runtimeLibrary = Fixtures.runtime, dispatcher = thread)
        SwipeEngine.open(Fixtures.bundle, Fixtures.options).use { engine ->
            val threaded = SwipeEngine.open(Fixtures.bundle, options)
            val number = Native.engineOpen(Fixtures.bundle.path, intArrayOf(-1, 1, 1024, 7 shl 18), "", Fixtures.runtime)
            val traces = Fixtures.samples.map(Fixtures.Swipe::trace)
            val arrays = traces.map(SwipeTrace::toArray)
            val area = floatArrayOf(0f, 0f, 1f, 1f)
            fun native(swipe: Int) = Native.decode(number, arrays[swipe], traces[swipe].size, area, null, null, 0)
            val all = listOf("native", "decodeBlocking", "handOver", "decode", "decodeOnThread", "decodeInPlace", "emptyCall").associateWith { Series() }
            val (native, blocking, handOver, suspending) = all.values.toList()
            val (onThread, inPlace, call) = all.values.drop(4)
            // Twice: the first time warms up.
            repeat(2) { pass ->
                for (series in all.values) {
                    series.wall.clear()
                    series.over.clear()
                }
                repeat(if (pass == 0) rounds / 4 + 1 else rounds) {
                    for ((swipe, trace) in traces.withIndex()) {
                        var start = System.nanoTime()
                        val packed = native(swipe)
                        var end = System.nanoTime()
                        native.add(end - start, Packed(packed).result())

                        start = System.nanoTime()
                        val result = engine.decodeResultBlocking(trace)
                        end = System.nanoTime()
                        blocking.add(end - start, result)
                    }
                    Worker(::native).use { worker ->
                        for (swipe in traces.indices) {
                            val start = System.nanoTime()
                            val packed = worker.run(swipe)
                            handOver.add(System.nanoTime() - start, Packed(packed).result())
                        }
                    }
                    suspend fun time(series: Series, engine: SwipeEngine) {
                        for (trace in traces) {
                            val start = System.nanoTime()
                            val result = engine.decodeResult(trace)
                            series.add(System.nanoTime() - start, result)
                        }
                    }
                    runBlocking {
                        time(suspending, engine)
                        time(onThread, threaded)
                        withContext(Dispatchers.Default) { time(inPlace, engine) }
                    }
                    repeat(traces.size) {
                        val start = System.nanoTime()
                        Native.tokenCancel(0)
                        call.add(System.nanoTime() - start, DecodeResult(emptyList(), true, DecodeTimings(0.0, 0.0, 0.0)))
                    }
                }
            }
            Native.engineClose(number)
            threaded.close()
            thread.close()
            val series = all.entries.joinToString(",") { (name, series) -> "\"$name\":$series" }
            println("{\"unit\":\"us\",\"swipes\":${traces.size},$series}")
        }
    }
}
