package io.github.swipekit

import io.github.swipekit.internal.Native
import io.github.swipekit.internal.Packed
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/**
 * Measures what a decode from Kotlin costs over the decode itself, as native code times it, and prints JSON:
 *
 *     mvn -B -q -f android/pom.xml -pl swipekit test-compile exec:java -Dexec.mainClass=io.github.swipekit.Overhead
 *
 * An argument is the number of rounds over the sample swipes (50). All times are microseconds; `over` is the wall time of a call less
 * the time of its own decode. `native` is the native method alone, `decode` is called from another thread than it works on, and
 * `decodeInPlace` from its own.
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

    @JvmStatic
    fun main(arguments: Array<String>) {
        val rounds = arguments.firstOrNull()?.toInt() ?: 50
        SwipeEngine.open(Fixtures.bundle, Fixtures.options).use { engine ->
            val number = Native.engineOpen(Fixtures.bundle.path, intArrayOf(-1, 1, 1024, 7 shl 18), "", Fixtures.runtime)
            val traces = Fixtures.samples.map(Fixtures.Swipe::trace)
            val arrays = traces.map(SwipeTrace::toArray)
            val area = floatArrayOf(0f, 0f, 1f, 1f)
            val (native, blocking) = Series() to Series()
            val (suspending, inPlace, call) = Triple(Series(), Series(), Series())
            // Twice: the first time warms up.
            repeat(2) { pass ->
                for (series in listOf(native, blocking, suspending, inPlace, call)) {
                    series.wall.clear()
                    series.over.clear()
                }
                repeat(if (pass == 0) rounds / 4 + 1 else rounds) {
                    for ((trace, points) in traces.zip(arrays)) {
                        var start = System.nanoTime()
                        val packed = Native.decode(number, points, trace.size, area, null, null, 0)
                        var end = System.nanoTime()
                        native.add(end - start, Packed(packed).result())

                        start = System.nanoTime()
                        val result = engine.decodeResultBlocking(trace)
                        end = System.nanoTime()
                        blocking.add(end - start, result)
                    }
                    runBlocking {
                        for (trace in traces) {
                            val start = System.nanoTime()
                            val result = engine.decodeResult(trace)
                            suspending.add(System.nanoTime() - start, result)
                        }
                        withContext(Dispatchers.Default) {
                            for (trace in traces) {
                                val start = System.nanoTime()
                                val result = engine.decodeResult(trace)
                                inPlace.add(System.nanoTime() - start, result)
                            }
                        }
                    }
                    repeat(traces.size) {
                        val start = System.nanoTime()
                        Native.tokenCancel(0)
                        call.add(System.nanoTime() - start, DecodeResult(emptyList(), true, DecodeTimings(0.0, 0.0, 0.0)))
                    }
                }
            }
            Native.engineClose(number)
            println(
                "{\"unit\":\"us\",\"swipes\":${traces.size},\"native\":$native,\"decodeBlocking\":$blocking," +
                    "\"decode\":$suspending,\"decodeInPlace\":$inPlace,\"emptyCall\":$call}",
            )
        }
    }
}
