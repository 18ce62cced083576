package io.github.swipekit.sample.engine

import io.github.swipekit.BundleNotFoundException
import io.github.swipekit.Candidate
import io.github.swipekit.LetterArea
import io.github.swipekit.Spelling
import io.github.swipekit.sample.engine.SwipeController.State
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

@OptIn(ExperimentalCoroutinesApi::class)
class SwipeControllerTest {
    @TempDir
    lateinit var folder: File

    private val area = LetterArea(0f, 0f, 1080f, 600f)
    private val source = FakeSource()
    private val states = mutableListOf<State>()
    private val partials = mutableListOf<List<String>>()
    private var opened = 0
    private val file get() = File(folder, "words")

    private fun TestScope.controller(open: () -> WordSource = { source.also { opened++ } }) = SwipeController(
        open,
        WordsFile(file),
        object : SwipeController.Listener {
            override fun onState(state: State) {
                states += state
            }

            override fun onPartial(candidates: List<Candidate>) {
                partials += candidates.map { it.word }
            }
        },
        StandardTestDispatcher(testScheduler, "main"),
        StandardTestDispatcher(testScheduler, "background"),
    )

    private fun TestScope.ready() = controller().also {
        it.start()
        advanceUntilIdle()
    }

    private fun SwipeController.swipe(personal: Boolean = true, onWords: (List<String>) -> Unit) {
        begin(area, emptyList(), personal)
        push(doubleArrayOf(1.0, 2.0, 3.0), 1)
        finish { words -> onWords(words.map { it.word }) }
    }

    @Test
    fun `the engine is opened once, in the background, and warmed up`() = runTest {
        val controller = controller()
        controller.start()
        controller.start()
        assertEquals(0, opened)
        assertFalse(controller.begin(area, emptyList(), personal = true))
        advanceUntilIdle()
        controller.start()
        advanceUntilIdle()
        assertEquals(1, opened)
        assertTrue(source.isWarm)
        assertEquals(listOf(State.LOADING, State.READY), states)
    }

    @Test
    fun `whatever keeps it from opening leaves a keyboard`() = runTest {
        val causes = listOf(failure<BundleNotFoundException>(), UnsatisfiedLinkError("as told"), IllegalStateException("as told"))
        for (cause in causes) {
            states.clear()
            val controller = controller { throw cause }
            controller.start()
            advanceUntilIdle()
            assertEquals(listOf(State.LOADING, State.FAILED), states)
            // Coroutines may throw a copy, for its stack.
            assertEquals(cause.javaClass, controller.failure?.javaClass)
            var words: List<String>? = null
            controller.swipe { words = it }
            assertEquals(emptyList<String>(), words)
            assertFalse(controller.addWord("word"))
            controller.learn("word")
            controller.trimMemory()
            controller.save()
            controller.close()
            advanceUntilIdle()
        }
    }

    @Test
    fun `a swipe goes to the engine with its context, and its words come back`() = runTest {
        val controller = ready()
        source.finds("hello", "hell")
        var words: List<String>? = null
        assertTrue(controller.begin(area, listOf("<s>", "oh"), personal = true))
        controller.push(doubleArrayOf(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0), 2)
        advanceUntilIdle()
        source.partial.emit(listOf(Candidate("he", 0.1, 0.0, 0.0)))
        advanceUntilIdle()
        controller.finish { found -> words = found.map { it.word } }
        advanceUntilIdle()
        assertEquals(listOf("begin <s> oh", "finish"), source.asked)
        assertEquals(listOf(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), source.points)
        assertEquals(listOf(listOf("he")), partials)
        assertEquals(listOf("hello", "hell"), words)
    }

    @Test
    fun `the next swipe may begin before the words of the last one are there`() = runTest {
        val controller = ready()
        source.gate = CompletableDeferred()
        source.finds("one")
        source.finds("two")
        val found = mutableListOf<List<String>>()
        controller.swipe { found += it }
        // The engine has heard of the end before the next one begins.
        controller.swipe { found += it }
        assertEquals(listOf("begin ", "finish", "begin ", "finish"), source.asked)
        source.gate?.complete(Unit)
        advanceUntilIdle()
        assertEquals(listOf(listOf("one"), listOf("two")), found)
    }

    @Test
    fun `words so far that come late are left out`() = runTest {
        val controller = ready()
        source.finds("hello")
        controller.swipe { }
        advanceUntilIdle()
        source.partial.emit(listOf(Candidate("late", 0.1, 0.0, 0.0)))
        advanceUntilIdle()
        assertEquals(emptyList<List<String>>(), partials)
    }

    @Test
    fun `a swipe that begins anew abandons the one before, and so does the system`() = runTest {
        val controller = ready()
        controller.begin(area, emptyList(), personal = true)
        controller.begin(area, emptyList(), personal = true)
        controller.abandon()
        controller.abandon()
        assertEquals(listOf("begin ", "abandon", "begin ", "abandon"), source.asked)
    }

    @Test
    fun `a failure costs one swipe, three in a row end swiping and close the engine`() = runTest {
        val controller = ready()
        val found = mutableListOf<List<String>>()
        source.fails()
        source.fails()
        source.finds("fine")
        repeat(2) { source.fails() }
        repeat(5) {
            controller.swipe { found += it }
            advanceUntilIdle()
        }
        assertEquals(State.READY, controller.state)
        assertEquals(5, found.size)
        assertEquals(listOf("fine"), found[2])
        source.fails()
        controller.swipe { found += it }
        advanceUntilIdle()
        assertEquals(State.FAILED, controller.state)
        assertTrue(source.isClosed)
        controller.swipe { found += it }
        assertEquals(7, found.size)
    }

    @Test
    fun `a swipe that cannot begin has no words`() = runTest {
        val controller = ready()
        source.failsToBegin = true
        var words: List<String>? = null
        assertFalse(controller.begin(area, emptyList(), personal = true))
        controller.push(doubleArrayOf(1.0, 2.0, 3.0), 1)
        controller.finish { words = it.map { candidate -> candidate.word } }
        assertEquals(emptyList<String>(), words)
        assertEquals(emptyList<Double>(), source.points)
    }

    @Test
    fun `the user's own words do not come up in private fields`() = runTest {
        val controller = ready()
        controller.addWord("zorblax")
        advanceUntilIdle()
        val found = mutableListOf<List<String>>()
        for (personal in listOf(true, false)) {
            source.finds("Zorblax", "hello")
            controller.swipe(personal) { found += it }
            advanceUntilIdle()
        }
        assertEquals(listOf(listOf("Zorblax", "hello"), listOf("hello")), found)
        controller.begin(area, emptyList(), personal = false)
        source.partial.emit(listOf(Candidate("zorblax", 0.1, 0.0, 0.0), Candidate("so", 0.1, 0.0, 0.0)))
        advanceUntilIdle()
        assertEquals(listOf(listOf("so")), partials)
    }

    @Test
    fun `added words are saved at once, learned ones when it is asked, and both are there the next time`() = runTest {
        val controller = ready()
        assertTrue(controller.addWord("zorblax"))
        advanceUntilIdle()
        assertEquals("zorblax", file.readText())
        file.delete()
        controller.save()
        advanceUntilIdle()
        assertFalse(file.exists())
        controller.learn("hello")
        controller.save()
        advanceUntilIdle()
        assertEquals(listOf("hello"), source.learned)
        assertEquals("zorblax", file.readText())
        controller.close()

        source.added.clear()
        ready()
        assertEquals(setOf("zorblax"), source.added)
    }

    @Test
    fun `a word that is not taken is not saved`() = runTest {
        val controller = ready()
        source.rejects = true
        assertFalse(controller.addWord("§§"))
        advanceUntilIdle()
        assertFalse(file.exists())
    }

    @Test
    fun `a swipe is spelled`() = runTest {
        val controller = ready()
        var spelled: String? = null
        controller.spell(area, doubleArrayOf(1.0, 2.0, 3.0), 1) { spelled = it.text }
        advanceUntilIdle()
        assertEquals(null, spelled)
        source.spelling = Spelling("helko", 0.5, -1.0)
        controller.spell(area, doubleArrayOf(1.0, 2.0, 3.0), 1) { spelled = it.text }
        advanceUntilIdle()
        assertEquals("helko", spelled)
    }

    @Test
    fun `closing closes the session and the engine, saves, and nothing is called back`() = runTest {
        val controller = ready()
        source.gate = CompletableDeferred()
        source.finds("late")
        val found = mutableListOf<List<String>>()
        controller.swipe { found += it }
        controller.learn("hello")
        controller.close()
        controller.close()
        assertFalse(source.isClosed)
        source.gate?.complete(Unit)
        advanceUntilIdle()
        assertTrue(source.isClosed)
        assertTrue(file.exists())
        assertEquals(listOf("begin ", "finish", "close session"), source.asked)
        assertEquals(emptyList<List<String>>(), found)
        assertEquals(State.CLOSED, states.last())
        controller.start()
        advanceUntilIdle()
        assertEquals(1, opened)
    }

    @Test
    fun `an engine that opens after the service has gone is closed`() = runTest {
        lateinit var controller: SwipeController
        controller = controller {
            controller.close()
            source
        }
        controller.start()
        advanceUntilIdle()
        assertTrue(source.isClosed)
        assertFalse(source.isWarm)
        assertEquals(State.CLOSED, controller.state)
    }

    @Test
    fun `memory is given back in the background`() = runTest {
        val controller = ready()
        controller.trimMemory()
        assertEquals(emptyList<String>(), source.asked)
        advanceUntilIdle()
        assertEquals(listOf("trim"), source.asked)
    }
}
