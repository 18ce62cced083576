import io.github.swipekit.BundleNotFoundException
import io.github.swipekit.LetterArea
import io.github.swipekit.SwipeEngine
import io.github.swipekit.SwipeTrace
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/**
 * What touches each way between Kotlin and native code: a decode, an exception, a partial result of
 * a live session.
 */
fun main(arguments: Array<String>): Unit = runBlocking {
    val points = listOf(Triple(648f, 1840f, 0L), Triple(530f, 1760f, 60L), Triple(281f, 1690f, 120L), Triple(281f, 1690f, 180L))
    val area = LetterArea(0f, 1600f, 1080f, 480f)
    SwipeEngine.open(arguments[0]).use { engine ->
        val trace = SwipeTrace(area)
        for ((x, y, t) in points) trace.add(x, y, t)
        check(engine.decode(trace).isNotEmpty()) { "no word" }
        engine.newSession().use { session ->
            val partial = async(start = CoroutineStart.UNDISPATCHED) { session.partials().first() }
            session.begin(area)
            withTimeout(20_000) {
                var sent = 0
                while (!partial.isCompleted) {
                    val (x, y, t) = points[sent % points.size]
                    session.push(x, y, t + 200L * (sent / points.size))
                    sent++
                    kotlinx.coroutines.delay(20)
                }
            }
            check(partial.await().candidates.isNotEmpty()) { "no partial word" }
            session.finish()
        }
    }
    try {
        SwipeEngine.open("/nowhere").close()
        error("a bundle that is not there was opened")
    } catch (expected: BundleNotFoundException) {
        println("done: ${expected.message != null}")
    }
}
