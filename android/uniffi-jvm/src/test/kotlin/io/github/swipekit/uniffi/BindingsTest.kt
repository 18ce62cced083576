package io.github.swipekit.uniffi

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** The generated Kotlin, against the words that Rust finds. */
class BindingsTest {
    companion object {
        val engine = Engine.open(BUNDLE)
        val golden = golden()
        val layout = engine.layout()

        @JvmStatic
        @AfterAll
        fun close() = engine.close()
    }

    private inline fun <reified E : SwipekitException> fails(without: String = "\u0000", call: () -> Unit): String {
        val message = assertThrows<E> { call() }.message.orEmpty()
        assertTrue(message.length > 10, message)
        assertFalse(without in message)
        return message
    }

    @Test
    fun sameWordsAsRust() {
        assertTrue(golden.size >= 6)
        for (swipe in golden) {
            val result = engine.decode(swipe.points, swipe.area)
            assertEquals(swipe.words, result.words().take(swipe.words.size))
            assertTrue(result.isComplete)
            assertTrue(result.timings.encoderMs > 0)
            assertEquals(result.candidates, engine.decodePacked(swipe.packed(), swipe.area).candidates)
            assertTrue(engine.greedy(swipe.points, swipe.area).isNotEmpty())
            assertEquals(3, engine.spellings(swipe.points, swipe.area, 3u).size)
        }
        assertTrue(engine.selfTest().swipes >= 6u)
    }

    @Test
    fun sameWordsAsRustOnRealSwipes() {
        val swipes = expected()
        assumeTrue(swipes.isNotEmpty(), "swipekit.expected is not given")
        for (swipe in swipes) {
            assertEquals(swipe.words, engine.decode(swipe.points, swipe.area).words())
        }
        println("the same words as Rust on ${swipes.size} swipes")
    }

    @Test
    fun whatAnEngineIs() {
        val info = engine.info()
        assertEquals(listOf("en-qwerty", "en", "qwerty"), listOf(info.name, info.language, info.layout))
        assertTrue(info.words!! > 10_000u)
        assertTrue(File(info.runtimeLibrary).exists())
        val memory = engine.memory()
        assertTrue(memory.mapped > memory.encoderFile)
        engine.warmUp()
        engine.trim()
        assertTrue(version().matches(Regex("""\d+\.\d+\.\d+.*""")))
    }

    @Test
    fun everyErrorHasItsType(@TempDir folder: File) {
        val swipe = golden[0]
        val bad = swipe.points + Point(Double.NaN, 0.0, 0.0)
        fails<SwipekitException.NotFinite> { engine.decode(bad, swipe.area) }
        fails<SwipekitException.NotFinite> { engine.spellings(bad, swipe.area, 1u) }
        fails<SwipekitException.NotFinite> { engine.greedy(bad, LetterArea(0f, Float.NaN, 1f, 1f)) }
        fails<SwipekitException.Argument> { engine.decode(swipe.points, LetterArea(0f, 0f, 0f, 1f)) }
        fails<SwipekitException.Argument> { engine.decode(swipe.points, swipe.area, DecodeOptions(candidates = 0u)) }
        fails<SwipekitException.Argument> { engine.decodePacked(ByteBuffer.allocateDirect(25), swipe.area) }
        fails<SwipekitException.Argument> { Engine.open(BUNDLE, EngineOptions(preset = "none")) }
        fails<SwipekitException.NotFound> { Engine.open("/nowhere") }
        fails<SwipekitException.Damaged> { Engine.openBytes(ByteBuffer.allocateDirect(1000), "mine") }
        File(BUNDLE).copyRecursively(folder, overwrite = true)
        val manifest = File(folder, "bundle.json")
        manifest.writeText(manifest.readText().replaceFirst(Regex("\"format\": ?1,"), "\"format\":99,"))
        fails<SwipekitException.Unsupported> { Engine.open(folder.path) }
        fails<SwipekitException.Storage> { engine.words().use { it.exportTo("${folder.path}/none/words") } }
        CancelToken().use { token ->
            token.cancel()
            fails<SwipekitException.Cancelled> { engine.decode(swipe.points, swipe.area, cancel = token) }
        }
        assertFalse(engine.decode(swipe.points, swipe.area, DecodeOptions(deadlineMs = 0u)).isComplete)
        // An array on the heap has no address that stays: bytes must be direct.
        assertThrows<Exception> { engine.decodePacked(ByteBuffer.allocate(48), swipe.area) }
    }

    @Test
    fun closedObjects() {
        val other = Engine.open(BUNDLE)
        val words = other.words()
        other.close()
        other.close()
        assertThrows<IllegalStateException> { other.decode(golden[0].points, golden[0].area) }
        assertNull(words.add("zyzzlet"))
        words.close()
    }

    @Test
    fun closedWhileOthersDecode() {
        repeat(5) {
            val other = Engine.open(BUNDLE)
            val pool = Executors.newFixedThreadPool(8)
            val ends = (0 until 8).map { number ->
                pool.submit<Boolean> {
                    val swipe = golden[number % golden.size]
                    try {
                        repeat(100) {
                            val words = other.decode(swipe.points, swipe.area).words()
                            check(words.take(swipe.words.size) == swipe.words)
                        }
                        true
                    } catch (_: IllegalStateException) {
                        other.uniffiIsDestroyed
                    }
                }
            }
            Thread.sleep(50)
            other.close()
            assertTrue(ends.all { it.get(30, TimeUnit.SECONDS) })
            pool.shutdown()
        }
    }

    @Test
    fun cancelledFromAnotherThread() {
        val swipe = golden[0]
        CancelToken().use { token ->
            val canceller = thread {
                Thread.sleep(100)
                token.cancel()
            }
            val start = System.nanoTime()
            fails<SwipekitException.Cancelled> {
                while (System.nanoTime() - start < 10_000_000_000) engine.decode(swipe.points, swipe.area, cancel = token)
            }
            canceller.join()
        }
    }

    @Test
    fun wordsOfTheUser(@TempDir folder: File) {
        Engine.open(BUNDLE).use { own ->
            fun first() = own.decode(pathOver("zyzzlet", layout), UNIT).words().firstOrNull()
            val words = own.words()
            assertNotEquals("zyzzlet", first())
            assertNull(words.add("zyzzlet"))
            assertEquals("zyzzlet", first())
            assertEquals(WordRejection.UNTYPEABLE, words.add("日本"))
            assertEquals(WordRejection.EMPTY, words.learn(""))
            assertEquals(WordRejection.WEIGHT, words.addWith("word", Float.NaN))
            assertNull(words.block("hello"))
            assertFalse("hello" in own.decode(pathOver("hello", layout), UNIT).words())
            assertNull(words.unblock("hello"))
            assertNull(words.boost("hello", 1f))
            assertNull(words.learn("hello"))
            val entry = words.entries().single { it.word == "hello" }
            assertEquals(UserWord("hello", null, 1f, 1.0, false), entry)
            val file = File(folder, "user.words").path
            words.exportTo(file)
            words.clear()
            assertEquals(0uL, words.size())
            words.importFrom(file)
            assertEquals(2uL, words.size())
            File(file).appendText("x")
            fails<SwipekitException.Damaged>(without = "zyzzlet") { words.importFrom(file) }
            fails<SwipekitException.NotFound> { words.importFrom("$file.none") }
            assertNull(words.remove("zyzzlet"))
        }
    }

    @Test
    fun otherWordsAndLayouts() {
        val given = listOf(WeightedWord("zyzzlet", 5.0), WeightedWord("日本", 5.0), WeightedWord("quuxly", 1.0))
        engine.withWords(given).use { made ->
            assertEquals(listOf(RejectedWord(1uL, WordRejection.UNTYPEABLE)), made.rejected)
            assertEquals(2uL, made.engine.info().words)
            assertEquals("quuxly", made.engine.decode(pathOver("quuxly", layout), UNIT).words().first())
        }
        val azerty = namedLayout(NamedLayout.AZERTY, LetterArea(0f, 0f, 1080f, 480f))
        engine.withLayout(azerty).use { other ->
            assertEquals("people", other.decode(pathOver("people", azerty), letterArea(azerty)).words().first())
        }
        fails<SwipekitException.Argument> { engine.withLayout(KeyboardLayout("x", emptyList())) }
        engine.withLexicons(listOf(LexiconFile("$BUNDLE/lexicon.fst")), keepOwn = false).use { other ->
            val swipe = golden[0]
            assertEquals(engine.decode(swipe.points, UNIT).words(), other.decode(swipe.points, UNIT).words())
        }
        fails<SwipekitException.NotFound> { engine.withLanguageModel("/nowhere") }
    }

    @Test
    fun wordsWhileTheFingerMoves() {
        val came = CountDownLatch(1)
        val partials = mutableListOf<PartialResult>()
        val listener = object : PartialListener {
            override fun onPartial(partial: PartialResult) {
                synchronized(partials) { partials += partial }
                came.countDown()
            }

            override fun onFailure(error: SwipekitException) = throw AssertionError(error)
        }
        engine.live(LiveOptions(intervalMs = 1u, share = 1.0), listener).use { session ->
            for ((number, swipe) in golden.withIndex()) {
                assertEquals(number.toULong() + 1uL, session.begin(UNIT))
                swipe.points.chunked(4).forEach {
                    session.push(it)
                    Thread.sleep(2)
                }
                assertEquals(swipe.points.size.toULong(), session.points())
                assertEquals(swipe.words, session.finish().words().take(swipe.words.size))
            }
            assertTrue(came.await(10, TimeUnit.SECONDS))
            fails<SwipekitException.Argument> { session.finish() }
            session.begin(UNIT)
            fails<SwipekitException.NotFinite> { session.push(listOf(Point(Double.POSITIVE_INFINITY, 0.0, 0.0))) }
            session.pushPacked(golden[0].packed())
            session.abandon()
            session.stop()
            fails<SwipekitException.Closed> { session.begin(UNIT) }
        }
        synchronized(partials) {
            // The one that was abandoned may have been decoded before.
            val gestures = 1uL..golden.size.toULong() + 1uL
            assertTrue(partials.all { it.points >= 8u && it.gesture in gestures })
        }
    }

    @Test
    fun aListenerThatThrows() {
        val came = CountDownLatch(1)
        val listener = object : PartialListener {
            override fun onPartial(partial: PartialResult) {
                came.countDown()
                error("xylophone")
            }

            override fun onFailure(error: SwipekitException) = Unit
        }
        val swipe = golden.maxBy { it.points.size }
        engine.live(LiveOptions(intervalMs = 1u), listener).use { session ->
            session.begin(UNIT)
            session.push(swipe.points)
            assertTrue(came.await(10, TimeUnit.SECONDS))
            Thread.sleep(100)
            fails<SwipekitException.Argument>(without = "xylophone") { session.partial() }
            assertEquals(swipe.words, session.finish().words().take(swipe.words.size))
        }
    }

    @Test
    fun quickStartOfTheDocumentation() {
        val out = System.out
        val printed = ByteArrayOutputStream()
        System.setOut(PrintStream(printed))
        try {
            Class.forName("QuickstartKt").getMethod("main", Array<String>::class.java).invoke(null, arrayOf(BUNDLE))
        } finally {
            System.setOut(out)
        }
        assertTrue(printed.toString().lines().count { it.endsWith("%") } > 1, printed.toString())
    }
}
