package io.github.swipekit

import android.content.res.AssetManager
import java.io.File
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/**
 * Bundles in an app's assets. The package is a real one: a zip file that the platform's own asset
 * manager reads.
 */
@RunWith(RobolectricTestRunner::class)
class AssetsTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val root = File(System.getProperty("swipekit.root") ?: "../..")
    private val options = EngineOptions(runtimeLibrary = needed("ort.library").also { needed("io.github.swipekit.library") })

    private fun needed(property: String): String {
        val path = System.getProperty(property).orEmpty()
        val isThere = path.isNotEmpty() && File(path).isFile
        if (System.getProperty("swipekit.required") == "true") check(isThere) { "$property must name a library, got '$path'" }
        assumeTrue("skipped: $property names no library ('$path')", isThere)
        return path
    }

    private fun ZipOutputStream.stored(name: String, content: ByteArray, padding: Int = 0) {
        val entry = ZipEntry(name)
        entry.method = ZipEntry.STORED
        entry.size = content.size.toLong()
        entry.compressedSize = entry.size
        entry.crc = CRC32().apply { update(content) }.value
        if (padding > 0) {
            // A field of our own number.
            entry.extra = byteArrayOf(0x35, 0xD9.toByte(), padding.toByte(), (padding shr 8).toByte()) + ByteArray(padding)
        }
        putNextEntry(entry)
        write(content)
        closeEntry()
        flush()
    }

    /** The bundle as one file, each part at a multiple of 16 KB of it. */
    private fun bundle(): ByteArray {
        val bytes = java.io.ByteArrayOutputStream()
        ZipOutputStream(bytes).use { zip ->
            for (file in File(root, "models/en-qwerty").listFiles().orEmpty().sorted()) {
                val start = bytes.size() + 30 + file.name.length + 4
                zip.stored(file.name, file.readBytes(), (16384 - start % 16384) % 16384)
            }
        }
        return bytes.toByteArray()
    }

    /**
     * An asset manager with a package that has the bundle, stored at an odd offset and compressed.
     */
    private fun assets(): AssetManager {
        val bundle = bundle()
        val apk = folder.newFile("app.apk")
        ZipOutputStream(apk.outputStream()).use { zip ->
            zip.stored("AndroidManifest.xml", ByteArray(7))
            zip.stored("assets/en-qwerty.swipekit", bundle)
            zip.stored("assets/folder/broken.swipekit", bundle.copyOf(30_001))
            zip.setMethod(ZipOutputStream.DEFLATED)
            zip.putNextEntry(ZipEntry("assets/compressed.swipekit"))
            zip.write(bundle, 0, 100_000)
            zip.closeEntry()
        }
        val assets = AssetManager::class.java.getDeclaredConstructor().newInstance()
        val cookie = AssetManager::class.java.getMethod("addAssetPath", String::class.java).invoke(assets, apk.path) as Int
        assertTrue("the package was not taken", cookie > 0)
        return assets
    }

    private fun check(engine: SwipeEngine) {
        val trace = SwipeTrace(LetterArea(0f, 0f, 1f, 1f))
        File(root, "models/samples/en-qwerty.jsonl").useLines { lines ->
            val line = lines.first { "\"word\":\"keyboard\"" in it }
            for (point in Regex("\"x\":([-0-9.e]+),\"y\":([-0-9.e]+),\"t\":([-0-9.e]+)").findAll(line)) {
                val (x, y, t) = point.destructured
                trace.add(x.toDouble(), y.toDouble(), t.toDouble())
            }
        }
        assertEquals("keyboard", engine.decodeBlocking(trace).first().word)
    }

    @Test
    fun `an asset is mapped where it lies`() {
        val assets = assets()
        val descriptor = assets.openFd("en-qwerty.swipekit")
        println("the asset lies at ${descriptor.startOffset}, ${descriptor.declaredLength} bytes")
        assertEquals(1L, descriptor.startOffset % 2)
        descriptor.close()
        SwipeEngine.open(assets, "en-qwerty.swipekit", options).use { engine ->
            assertEquals("en-qwerty", engine.info.name)
            assertTrue(engine.memory.mapped > 1_000_000)
            check(engine)
        }
        SwipeAssets.open(assets, "en-qwerty.swipekit", options).use(::check)
        runBlocking { SwipeEngine.load(assets, "en-qwerty.swipekit", options) }.use(::check)
    }

    @Test
    fun `a compressed asset is refused`() {
        val thrown = assertThrows(BundleDamagedException::class.java) { SwipeEngine.open(assets(), "compressed.swipekit", options) }
        println(thrown.message)
        assertTrue("noCompress += \"swipekit\"" in thrown.message.orEmpty())
    }

    @Test
    fun `an asset that is not there`() {
        val assets = assets()
        val thrown = assertThrows(BundleNotFoundException::class.java) { SwipeEngine.open(assets, "none.swipekit", options) }
        println(thrown.message)
        assertTrue("none.swipekit" in thrown.message.orEmpty())
        assertThrows(BundleNotFoundException::class.java) {
            runBlocking { SwipeEngine.load(assets, "folder", options) }
        }
    }

    @Test
    fun `an asset that is damaged`() {
        val thrown = assertThrows(BundleDamagedException::class.java) {
            SwipeEngine.open(assets(), "folder/broken.swipekit", options)
        }
        assertTrue("folder/broken.swipekit" in thrown.message.orEmpty())
    }
}
