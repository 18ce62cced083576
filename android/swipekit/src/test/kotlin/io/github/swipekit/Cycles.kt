package io.github.swipekit

import java.io.File

/**
 * Opens, uses and closes engines, and prints the process's resident memory as it goes on; for the
 * 10,000 cycles that are too many for a test:
 *
 *     mvn -B -q -f android/pom.xml -pl swipekit test-compile exec:java -Dexec.mainClass=io.github.swipekit.Cycles -Dexec.args=10000
 *
 * Each cycle decodes a swipe, and makes and closes a live session. With
 * `-Xms32m -Xmx32m -XX:+AlwaysPreTouch` in MAVEN_OPTS the heap is all there from the beginning, and
 * what grows is native.
 */
object Cycles {
    /**
     * Without what the garbage collector has yet to find; the heap that it has touched counts all
     * the same.
     */
    private fun resident(): Long {
        System.gc()
        return File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong()
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        val cycles = arguments.firstOrNull()?.toInt() ?: 10_000
        val trace = Fixtures.sample("keyboard")
        val start = System.nanoTime()
        for (cycle in 0..cycles) {
            SwipeEngine.open(Fixtures.bundle, Fixtures.options).use { engine ->
                check(engine.decodeBlocking(trace).first().word == "keyboard")
                engine.newSession().use { session ->
                    session.begin(trace.area)
                    session.push(trace.toArray(), trace.size)
                    check(session.finishBlocking().first().word == "keyboard")
                }
            }
            if (cycle % (cycles / 20).coerceAtLeast(1) == 0) {
                val millis = (System.nanoTime() - start) / 1_000_000
                println("{\"cycle\":$cycle,\"millis\":$millis,\"residentKilobytes\":${resident()}}")
            }
        }
    }
}
