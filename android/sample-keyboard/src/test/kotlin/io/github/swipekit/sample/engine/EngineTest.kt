package io.github.swipekit.sample.engine

import android.text.InputType
import io.github.swipekit.Candidate
import io.github.swipekit.EngineOptions
import io.github.swipekit.KeyboardLayout
import io.github.swipekit.Spelling
import io.github.swipekit.SwipeEngine
import io.github.swipekit.sample.engine.SwipeController.State
import io.github.swipekit.sample.keys.KeyboardGeometry
import io.github.swipekit.sample.keys.KeyboardPage
import io.github.swipekit.sample.text.Composer
import io.github.swipekit.sample.text.FieldRules
import io.github.swipekit.sample.text.Shift
import io.github.swipekit.sample.text.SuggestionModel
import io.github.swipekit.sample.text.TestField
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/**
 * The keyboard's parts around the real engine, with swipes of real people (How We Swipe). Skipped
 * where no native library is given.
 */
class EngineTest {
    @TempDir
    lateinit var folder: File

    private class Swipe(val word: String, val points: DoubleArray)

    private val root = File(System.getProperty("swipekit.root"))
    private val geometry = KeyboardGeometry(KeyboardPage.LETTERS, 1080f, 864f)
    private val area = geometry.letterArea!!
    private val thread: ExecutorService = Executors.newSingleThreadExecutor()
    private val main: CoroutineDispatcher = thread.asCoroutineDispatcher()
    private val ready = CompletableDeferred<State>()
    private val partials = mutableListOf<List<Candidate>>()
    private lateinit var controller: SwipeController

    /** Samples of the repository, on this keyboard. */
    private val swipes: List<Swipe> by lazy {
        val number = "(-?[0-9.]+(?:[eE]-?[0-9]+)?)"
        val point = Regex("\\{\"x\":$number,\"y\":$number,\"t\":$number\\}")
        File(root, "models/samples/en-qwerty.jsonl").readLines().map { line ->
            val content = line.replace(" ", "")
            val word = Regex("\"word\":\"([^\"]+)\"").find(content)!!.groupValues[1]
            val points = point.findAll(content).flatMap { found ->
                val (x, y, time) = found.destructured
                listOf(area.left + x.toDouble() * area.width, area.top + y.toDouble() * area.height, time.toDouble())
            }
            Swipe(word, points.toList().toDoubleArray())
        }
    }

    private val listener = object : SwipeController.Listener {
        override fun onState(state: State) {
            if (state == State.READY || state == State.FAILED) ready.complete(state)
        }

        override fun onPartial(candidates: List<Candidate>) {
            partials += candidates
        }
    }

    @BeforeEach
    fun open() {
        val required = System.getProperty("swipekit.required") == "true"
        for (property in listOf("io.github.swipekit.library", "ort.library")) {
            val isThere = File(System.getProperty(property).orEmpty()).isFile
            check(isThere || !required) { "$property must name a library" }
            assumeTrue(isThere, "skipped: $property names no library")
        }
        controller = controller()
    }

    private fun controller() = SwipeController(
        { SwipeEngineSource(SwipeEngine.open(File(root, "models/en-qwerty"), EngineOptions(runtimeLibrary = System.getProperty("ort.library")))) },
        WordsFile(File(folder, "words.swipekit")),
        listener,
        main,
        Dispatchers.IO,
    )

    @AfterEach
    fun close() {
        thread.shutdown()
    }

    private fun onMain(test: suspend () -> Unit) = runBlocking {
        withTimeout(60_000) {
            withContext(main) {
                controller.start()
                assertEquals(State.READY, ready.await()) { controller.failure.toString() }
                try {
                    test()
                } finally {
                    controller.close()
                }
            }
        }
    }

    private suspend fun swipe(swipe: Swipe, context: List<String> = emptyList(), personal: Boolean = true): List<Candidate> {
        val words = CompletableDeferred<List<Candidate>>()
        assertTrue(controller.begin(area, context, personal))
        // In pieces, as touch events bring them.
        val piece = DoubleArray(12)
        for (from in swipe.points.indices step piece.size) {
            val to = minOf(from + piece.size, swipe.points.size)
            swipe.points.copyInto(piece, 0, from, to)
            controller.push(piece, (to - from) / 3)
            if (from == piece.size * 4) delay(60)
        }
        controller.finish { words.complete(it) }
        return words.await()
    }

    @Test
    fun `the keys lie where the engine has them`() = onMain {
        val keys = KeyboardLayout.qwerty(area).keys
        assertEquals(26, keys.size)
        for (key in keys) {
            val own = geometry.keys.first { it.text == key.label }
            assertEquals(key.left, own.left, 0.5f)
            assertEquals(key.top, own.top, 0.5f)
            assertEquals(key.width, own.width, 0.5f)
            assertEquals(key.height, own.height, 0.5f)
        }
    }

    @Test
    fun `real swipes become a text`() = onMain {
        val composer = Composer(Shift())
        val field = TestField()
        composer.start(FieldRules.of(InputType.TYPE_CLASS_TEXT, 0), field)
        var right = 0
        for (swipe in swipes) {
            val words = swipe(swipe, composer.context(field))
            if (words.firstOrNull()?.word.equals(swipe.word, ignoreCase = true)) right++
            words.firstOrNull()?.let { composer.swiped(field, it.word) }
        }
        assertTrue(right * 10 >= swipes.size * 8, "$right of ${swipes.size} words")
        assertEquals(swipes.size, field.marked.trimEnd('|').split(' ').size)
        assertTrue(partials.isNotEmpty(), "no words while the finger moved")
    }

    @Test
    fun `an unknown word is spelled, offered, added, found from then on and there the next time`() = onMain {
        // A word that no lexicon has, swiped straight from key to key.
        val swipe = straight("trundy")
        val before = swipe(swipe)
        assertTrue(before.none { it.word == "trundy" })
        val spelling = CompletableDeferred<Spelling>()
        controller.spell(area, swipe.points, swipe.points.size / 3) { spelling.complete(it) }
        assertEquals("trundy", spelling.await().text)
        val model = SuggestionModel()
        model.finished(before, spelling.await())
        assertEquals("trundy", model.suggestions.last().text)
        assertTrue(model.suggestions.last().isNew)
        assertTrue(controller.addWord("trundy"))
        assertTrue(swipe(swipe).any { it.word == "trundy" })
        assertTrue(swipe(swipe, personal = false).none { it.word == "trundy" })
        withTimeout(5_000) { while (!File(folder, "words.swipekit").exists()) delay(10) }
        assertEquals(listOf("words.swipekit"), folder.list()?.toList())

        val again = SwipeEngineSource(SwipeEngine.open(File(root, "models/en-qwerty"), EngineOptions(runtimeLibrary = System.getProperty("ort.library"))))
        again.use {
            WordsFile(File(folder, "words.swipekit")).load(it)
            assertEquals(setOf("trundy"), it.addedWords())
        }
        assertTrue(!controller.addWord("§"))
    }

    private fun straight(letters: String): Swipe {
        val keys = letters.map { letter -> geometry.keys.first { it.text == letter.toString() } }
        val points = mutableListOf<Double>()
        var time = 0.0
        for ((from, to) in keys.zipWithNext()) for (step in 0 until 12) {
            points += listOf(from.centreX + (to.centreX - from.centreX) * step / 12.0, from.centreY + (to.centreY - from.centreY) * step / 12.0, time)
            time += 16
        }
        points += listOf(keys.last().centreX.toDouble(), keys.last().centreY.toDouble(), time)
        return Swipe(letters, points.toDoubleArray())
    }

    @Test
    fun `a damaged file of words costs the words and nothing else`() {
        File(folder, "words.swipekit").writeText("no words")
        onMain {
            assertNotNull(swipe(swipes.first()).firstOrNull())
            assertEquals(listOf("words.swipekit.damaged"), folder.list()?.toList())
        }
    }
}
