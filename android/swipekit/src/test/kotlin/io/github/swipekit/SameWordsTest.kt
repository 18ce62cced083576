package io.github.swipekit

import java.io.File
import kotlin.math.abs
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test

/** What Rust decodes: `cargo run --release -p swipekit-tests --example expected` writes it. */
class SameWordsTest {
    @Test
    fun `the same words as Rust`() {
        val path = System.getProperty("swipekit.expected").orEmpty()
        assumeTrue(path.isNotEmpty(), "skipped: swipekit.expected names no expected.jsonl")
        val engine = Fixtures.engine
        var swipes = 0
        var farthest = 0.0
        File(path).forEachLine { line ->
            val swipe = Json.read<Map<String, List<Any>>>(line)
            val (left, top, width, height) = swipe.getValue("area").map { (it as Double).toFloat() }
            val trace = SwipeTrace(LetterArea(left, top, width, height))
            for (point in swipe.getValue("points")) {
                @Suppress("UNCHECKED_CAST")
                val (x, y, t) = point as List<Double>
                trace.add(x, y, t)
            }
            val candidates = engine.decodeBlocking(trace)
            assertEquals(swipe.getValue("words"), candidates.map(Candidate::word), "swipe $swipes")
            for ((score, candidate) in swipe.getValue("scores").zip(candidates)) {
                farthest = maxOf(farthest, abs(score as Double - candidate.score))
            }
            swipes++
        }
        println("same words as Rust: $swipes of $swipes swipes, scores within $farthest")
        assertTrue(swipes > 0)
        assertTrue(farthest <= 1e-9, "$farthest")
    }
}
