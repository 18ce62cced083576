package io.github.swipekit

import java.io.File
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** Bundles that are missing, damaged or of another version, and options that no engine can have. */
class DamageTest {
    @TempDir
    lateinit var folder: File

    private val options = Fixtures.options.also { Fixtures.library }

    @Test
    fun `no bundle`() {
        for (path in listOf(File(folder, "none").path, "", folder.path, "\u0000")) {
            val thrown = assertThrows<SwipeException> { SwipeEngine.open(path, options) }
            println("${thrown.javaClass.simpleName}: ${thrown.message}")
        }
        assertThrows<BundleNotFoundException> { SwipeEngine.open(File(folder, "none"), options) }
    }

    @Test
    fun `a bit of a file has flipped`() {
        val copy = Fixtures.copy(folder)
        val random = Random(7)
        for (name in listOf("encoder.onnx", "transducer.safetensors", "lexicon.fst", "golden.json")) {
            val file = File(copy, name)
            val at = random.nextLong(file.length())
            val flip = {
                RandomAccessFile(file, "rw").use {
                    it.seek(at)
                    val byte = it.read()
                    it.seek(at)
                    it.write(byte xor 4)
                }
            }
            flip()
            val thrown = assertThrows<BundleDamagedException>(name) { SwipeEngine.open(copy, options) }
            assertTrue(name in thrown.message.orEmpty(), "$thrown")
            flip()
        }
        SwipeEngine.open(copy, options).close()
    }

    @Test
    fun `a file is cut short`() {
        val copy = Fixtures.copy(folder)
        RandomAccessFile(File(copy, "lexicon.fst"), "rw").use { it.setLength(1000) }
        assertThrows<BundleDamagedException> { SwipeEngine.open(copy, options) }
        File(copy, "lexicon.fst").delete()
        assertThrows<SwipeException> { SwipeEngine.open(copy, options) }
    }

    @Test
    fun `a newer format`() {
        val copy = Fixtures.copy(folder)
        val manifest = File(copy, "bundle.json")
        manifest.writeText(manifest.readText().replaceFirst("\"format\": 1", "\"format\": 99"))
        val thrown = assertThrows<BundleUnsupportedException> { SwipeEngine.open(copy, options) }
        assertTrue("update swipekit" in thrown.message.orEmpty(), "$thrown")
    }

    @Test
    fun `a packed bundle that is damaged anywhere`() {
        val whole = Fixtures.packed().readBytes()
        val random = Random(11)
        val kinds = HashMap<String, Int>()
        repeat(40) {
            val bytes = whole.copyOf()
            when (it % 4) {
                // Within the headers, where lengths and offsets are.
                0 -> bytes[bytes.size - 1 - random.nextInt(600)] = random.nextInt().toByte()
                1 -> bytes[random.nextInt(64)] = random.nextInt().toByte()
                2 -> bytes[random.nextInt(bytes.size)] = random.nextInt().toByte()
                else -> Unit
            }
            val length = if (it % 4 == 3) random.nextInt(bytes.size) else bytes.size
            val outcome = try {
                SwipeEngine.openBuffer(ByteBuffer.wrap(bytes, 0, length), options).close()
                // A byte that no one reads, or one that was as it is.
                "open"
            } catch (failure: SwipeException) {
                failure.javaClass.simpleName
            }
            kinds.merge(outcome, 1, Int::plus)
        }
        println("40 damaged bundles: $kinds")
        assertTrue((kinds["BundleDamagedException"] ?: 0) >= 20, "$kinds")
        for (empty in listOf(0, 1, 21, 22)) {
            assertThrows<BundleDamagedException> { SwipeEngine.openBuffer(ByteBuffer.allocateDirect(empty), options) }
        }
    }

    @Test
    fun `options that no engine can have`() {
        for (bad in listOf(
            EngineOptions(threads = -1),
            EngineOptions(copies = -3),
            EngineOptions(warmPrefixes = -1),
            EngineOptions(prefixBytes = -1),
            EngineOptions(copies = Int.MAX_VALUE, runtimeLibrary = options.runtimeLibrary),
            EngineOptions(preset = "no such preset", runtimeLibrary = options.runtimeLibrary),
        )) {
            val thrown = assertThrows<InvalidArgumentException>("$bad") { SwipeEngine.open(Fixtures.bundle, bad).close() }
            assertTrue(thrown.message.orEmpty().length > 20, "$thrown")
        }
        val fewer = EngineOptions(threads = 2, warmPrefixes = 0, prefixBytes = 0, runtimeLibrary = options.runtimeLibrary)
        SwipeEngine.open(Fixtures.bundle, fewer).use {
            assertEquals("keyboard", it.decodeBlocking(Fixtures.sample("keyboard")).first().word)
        }
    }
}
