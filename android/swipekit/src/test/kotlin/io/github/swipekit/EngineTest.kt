package io.github.swipekit

import java.io.File
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

class EngineTest {
    private val engine = Fixtures.engine

    private fun words(engine: SwipeEngine): List<List<String>> =
        Fixtures.samples.take(12).map { swipe -> engine.decodeBlocking(swipe.trace).map(Candidate::word) }

    @Test
    fun `what an engine is made of`() {
        val info = engine.info
        assertEquals("en-qwerty", info.name)
        assertEquals("en", info.language)
        assertEquals("int8", info.precision)
        assertEquals(26, info.labels.size)
        assertTrue("e" in info.labels)
        assertTrue(info.words > 10_000, "$info")
        assertFalse(info.hasLanguageModel)
        assertTrue(info.runtimeVersion.startsWith("1."), "$info")
        assertEquals(File(Fixtures.runtime).canonicalPath, File(info.runtimeLibrary).canonicalPath)
        val memory = engine.memory
        assertTrue(memory.mapped > memory.encoderFile && memory.encoderFile > 1_000_000, "$memory")
        assertTrue(memory.transducer > 100_000, "$memory")
    }

    @Test
    fun `real swipes are read`() = runTest {
        val right = Fixtures.samples.count { swipe ->
            val candidates = engine.decode(swipe.trace)
            assertTrue(candidates.isNotEmpty() && candidates.zipWithNext().all { (a, b) -> a.score >= b.score })
            assertTrue(candidates.all { it.confidence in 0.0..1.0 })
            val letters = candidates.first().word.filter(Char::isLetter)
            letters.equals(swipe.word, ignoreCase = true)
        }
        println("real swipes: $right of ${Fixtures.samples.size} right at first")
        assertTrue(right >= 30, "$right of ${Fixtures.samples.size}")
    }

    @Test
    fun `every way to decode gives the same`() = runTest {
        val trace = Fixtures.sample("keyboard")
        val candidates = engine.decode(trace)
        assertEquals("keyboard", candidates.first().word)
        assertEquals(candidates, engine.decodeBlocking(trace))
        val result = engine.decodeResult(trace)
        assertEquals(candidates, result.candidates)
        assertTrue(result.isComplete)
        assertTrue(result.timings.features > 0 && result.timings.encoder > 0 && result.timings.search > 0)
        assertEquals(candidates, engine.decodeResultBlocking(trace).candidates)
    }

    @Test
    fun `options of a decode`() = runTest {
        val trace = Fixtures.sample("different")
        assertEquals(2, engine.decode(trace, DecodeOptions(candidates = 2)).size)
        assertTrue(engine.decode(trace, DecodeOptions(beam = 1)).size <= 8)
        val late = engine.decodeResult(trace, DecodeOptions(deadlineMillis = 0))
        assertFalse(late.isComplete)
        assertTrue(engine.decodeResult(trace, DecodeOptions(deadlineMillis = 60_000)).isComplete)
        assertThrows<InvalidArgumentException> { engine.decode(trace, DecodeOptions(candidates = -1)) }
        assertThrows<InvalidArgumentException> { engine.decode(trace, DecodeOptions(deadlineMillis = -5)) }
        assertThrows<InvalidArgumentException> { engine.decode(trace, DecodeOptions(beam = Int.MAX_VALUE)) }
        // Without a language model the words before change nothing.
        assertEquals(engine.decode(trace), engine.decode(trace, DecodeOptions(context = listOf("something", "very"))))
    }

    @Test
    fun `the same words in pixels`() = runTest {
        val trace = Fixtures.sample("information")
        val pixels = SwipeTrace(LetterArea(12f, 1600f, 1056f, 480f))
        val points = trace.toArray()
        for (at in points.indices step 3) pixels.add(12 + 1056 * points[at], 1600 + 480 * points[at + 1], points[at + 2])
        assertEquals(engine.decode(trace).map(Candidate::word), engine.decode(pixels).map(Candidate::word))
    }

    @Test
    fun `a trace may change as soon as decode was called`() = runTest {
        val trace = SwipeTrace(LetterArea(0f, 0f, 1f, 1f))
        val original = Fixtures.sample("question")
        trace.add(original.toArray(), original.size)
        val decoded = engine.decode(trace)
        trace.clear()
        assertEquals(engine.decode(original), decoded)
    }

    @Test
    fun `spelling, warming up, trimming`() = runTest {
        engine.warmUp()
        engine.warmUpBlocking()
        val spellings = engine.spell(Fixtures.sample("keyboard"), 5)
        assertEquals(5, spellings.size)
        assertTrue(spellings.any { it.text == "keyboard" })
        assertTrue(spellings.zipWithNext().all { (a, b) -> a.logProbability >= b.logProbability })
        assertEquals(spellings, engine.spellBlocking(Fixtures.sample("keyboard"), 5))
        engine.trimMemory()
        assertEquals("keyboard", engine.decode(Fixtures.sample("keyboard")).first().word)
    }

    @Test
    fun `the golden swipes`() {
        val report = engine.selfTest()
        assertTrue(report.swipes > 0 && report.encoderDifference < 1e-3 && report.scoreDifference < 1e-2, "$report")
    }

    @Test
    fun `every way to open gives the same`() = runTest {
        val expected = words(engine)
        val file = Fixtures.packed()
        val bytes = file.readBytes()
        SwipeEngine.open(Fixtures.bundle.path, Fixtures.options).use { assertEquals(expected, words(it)) }
        SwipeEngine.open(file, Fixtures.options).use { assertEquals(expected, words(it)) }
        SwipeEngine.load(file, Fixtures.options).use { assertEquals(expected, words(it)) }
        SwipeEngine.load(file.path, Fixtures.options).use { assertEquals(expected, words(it)) }

        val direct = ByteBuffer.allocateDirect(bytes.size + 7)
        direct.position(7)
        direct.put(bytes).position(7)
        SwipeEngine.openBuffer(direct, Fixtures.options).use { assertEquals(expected, words(it)) }
        assertEquals(7, direct.position())

        val heap = ByteBuffer.allocate(bytes.size + 9)
        heap.position(3)
        val slice = heap.slice().also { it.position(2) }
        slice.put(bytes).position(2)
        slice.limit(2 + bytes.size)
        SwipeEngine.openBuffer(slice, Fixtures.options).use { assertEquals(expected, words(it)) }
        SwipeEngine.openBuffer(slice.asReadOnlyBuffer(), Fixtures.options, "mine").use { assertEquals(expected, words(it)) }
        assertEquals(2, slice.position())
    }

    @Test
    fun `a part of an open file, at an odd offset`(@TempDir folder: File) {
        assumeTrue(File("/proc/self/fd").isDirectory, "skipped: no list of open files")
        val bundle = Fixtures.packed().readBytes()
        val file = File(folder, "package")
        file.outputStream().use {
            it.write(ByteArray(4099))
            it.write(bundle)
            it.write(ByteArray(77))
        }
        val expected = words(engine)
        val engine = RandomAccessFile(file, "r").use {
            val fd = Fixtures.descriptor(file)
            assertThrows<InvalidArgumentException> { SwipeEngine.openDescriptor(fd, -1, 5, "x", Fixtures.options) }
            assertThrows<InvalidArgumentException> { SwipeEngine.openDescriptor(fd, 0, -2, "x", Fixtures.options) }
            assertThrows<SwipeException> { SwipeEngine.openDescriptor(fd, 4099, Long.MAX_VALUE, "x", Fixtures.options) }
            assertThrows<SwipeException> { SwipeEngine.openDescriptor(fd, Long.MAX_VALUE, -1, "x", Fixtures.options) }
            assertThrows<BundleDamagedException> { SwipeEngine.openDescriptor(fd, 4098, bundle.size.toLong(), "x", Fixtures.options) }
            SwipeEngine.openDescriptor(fd, 4099, bundle.size.toLong(), "x", Fixtures.options)
        }
        // Its descriptor and its name are gone, the map stays.
        file.delete()
        engine.use { assertEquals(expected, words(it)) }
        assertThrows<InvalidArgumentException> { SwipeEngine.openDescriptor(-1, 0, -1, "x", Fixtures.options) }
        assertThrows<SwipeException> { SwipeEngine.openDescriptor(1_000_000, 0, -1, "x", Fixtures.options) }
    }

    @Test
    fun `words of the app's own`() = runTest {
        val result = engine.withWords(mapOf("keyboard" to 5f, "question" to 1f, "日本" to 1f, "" to 1f, "because" to Float.NaN))
        assertEquals(
            mapOf(
                "日本" to WordRejection.NOT_TYPABLE,
                "" to WordRejection.EMPTY,
                "because" to WordRejection.WEIGHT_OUT_OF_RANGE,
            ),
            result.rejected,
        )
        assertFalse("日本" in result.toString())
        result.engine.use { own ->
            assertEquals(2, own.info.words)
            assertEquals("keyboard", own.decode(Fixtures.sample("keyboard")).first().word)
            assertTrue(own.decode(Fixtures.sample("coffee")).none { it.word == "coffee" })
        }
        engine.withWords(emptyMap()).engine.use { none ->
            assertThrows<InvalidArgumentException> { none.decode(Fixtures.sample("keyboard")) }
            none.words.add("keyboard")
            assertEquals(listOf("keyboard"), none.decode(Fixtures.sample("keyboard")).map(Candidate::word))
            none.words.clear()
        }
    }

    @Test
    fun `another keyboard`() = runTest {
        val area = LetterArea(0f, 0f, 1f, 1f)
        engine.withLayout(KeyboardLayout.qwerty(area)).use { same ->
            assertEquals(words(engine), words(same))
        }
        // z and y change places: what was swiped over y is z.
        engine.withLayout(KeyboardLayout.qwertz(area)).use { other ->
            assertNotNull(other.decode(Fixtures.sample("water")).find { it.word == "water" })
        }
        assertThrows<InvalidArgumentException> { engine.withLayout(KeyboardLayout("none", emptyList())) }
        assertThrows<SwipeException> { engine.withLayout(KeyboardLayout("bad", listOf(Key("a", 0f, 0f, Float.NaN, 1f)))) }
    }

    @Test
    fun `a language model that is none`(@TempDir folder: File) {
        assertThrows<BundleNotFoundException> { engine.withLanguageModel(File(folder, "none").path) }
        val file = File(folder, "text").apply { writeText("hello") }
        assertThrows<BundleDamagedException> { engine.withLanguageModel(file.path) }
    }

    @Test
    fun `an engine made of another outlives it`() = runTest {
        val first = SwipeEngine.open(Fixtures.bundle, Fixtures.options)
        val second = first.withLayout(KeyboardLayout.qwerty(LetterArea(0f, 0f, 1f, 1f)))
        first.words.add("keyboardish")
        first.close()
        assertEquals("keyboard", second.decode(Fixtures.sample("keyboard")).first().word)
        assertEquals(listOf("keyboardish"), second.words.entries().map(UserWord::word))
        second.close()
    }
}
