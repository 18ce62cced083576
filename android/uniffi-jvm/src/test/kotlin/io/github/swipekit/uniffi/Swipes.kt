package io.github.swipekit.uniffi

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** A swipe and the words that Rust finds for it. */
class Swipe(val points: List<Point>, val area: LetterArea, val words: List<String>) {
    /** Its points as bytes. */
    fun packed(): ByteBuffer {
        val bytes = ByteBuffer.allocateDirect(24 * points.size).order(ByteOrder.LITTLE_ENDIAN)
        points.forEach { bytes.putDouble(it.x).putDouble(it.y).putDouble(it.t) }
        bytes.flip()
        return bytes
    }
}

val ROOT = File(System.getProperty("swipekit.root"))
val BUNDLE = File(ROOT, "models/en-qwerty").path
val UNIT = LetterArea(0f, 0f, 1f, 1f)

private const val NUMBER = """\s*(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*"""
private val POINT = Regex("""\[$NUMBER,$NUMBER,$NUMBER]""")
private val CANDIDATE = Regex("""\[\s*"([^"\\]*)",$NUMBER]""")
private val AREA = Regex(""""area":\[$NUMBER,$NUMBER,$NUMBER,$NUMBER]""")
private val WORDS = Regex(""""words":\[([^]]*)]""")

private fun points(text: String) =
    POINT.findAll(text).map { it.destructured.let { (x, y, t) -> Point(x.toDouble(), y.toDouble(), t.toDouble()) } }.toList()

/** The swipes that the bundle brings along, with the words of the Rust that exported it. */
fun golden(): List<Swipe> {
    val parts = File(BUNDLE, "golden.json").readText().split("\"points\"").drop(1)
    return parts.map { part ->
        val words = CANDIDATE.findAll(part).map { it.groupValues[1] }.toList()
        Swipe(points(part.substringBefore("\"encoded\"")), UNIT, words)
    }
}

/** What Rust has written of real swipes; none where there is no such file. */
fun expected(): List<Swipe> {
    val file = System.getProperty("swipekit.expected").orEmpty()
    if (file.isEmpty()) return emptyList()
    return File(file).readLines().map { line ->
        val (left, top, width, height) = AREA.find(line)!!.destructured
        val area = LetterArea(left.toFloat(), top.toFloat(), width.toFloat(), height.toFloat())
        val words = Regex("\"([^\"]*)\"").findAll(WORDS.find(line)!!.groupValues[1]).map { it.groupValues[1] }
        Swipe(points(line), area, words.toList())
    }
}

/** A path through the middles of a word's keys, twelve points a letter. */
fun pathOver(word: String, layout: KeyboardLayout): List<Point> {
    val keys = layout.keys.associateBy { it.label }
    val corners = word.map { keys.getValue(it.toString()) }.map { it.left + it.width / 2.0 to it.top + it.height / 2.0 }
    val path = corners.zip(corners.drop(1) + corners.last()).flatMap { (from, to) ->
        (0 until 12).map { step ->
            from.first + (to.first - from.first) * step / 12 to from.second + (to.second - from.second) * step / 12
        }
    }
    return path.mapIndexed { at, (x, y) -> Point(x, y, 10.0 * at) }
}

fun DecodeResult.words() = candidates.map { it.word }
