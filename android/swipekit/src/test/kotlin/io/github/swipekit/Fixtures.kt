package io.github.swipekit

import java.io.DataOutputStream
import java.io.File
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.math.sin
import org.junit.jupiter.api.Assumptions.assumeTrue

/** What the tests share: where things are, gestures, bundles. */
object Fixtures {
    private const val ALIGNMENT = 16 * 1024
    private const val LOCAL_HEADER = 30
    private const val EXTRA_HEADER = 4

    val root = File(System.getProperty("swipekit.root") ?: "../..").canonicalFile
    val library: String get() = needed("io.github.swipekit.library")
    val runtime: String get() = needed("ort.library")
    val bundle = File(root, "models/en-qwerty")
    val options: EngineOptions get() = EngineOptions(runtimeLibrary = runtime)

    /** The engine that most tests share. */
    val engine: SwipeEngine by lazy {
        library
        SwipeEngine.open(bundle, options)
    }

    /**
     * The path in a property. Where there is no such file the test is skipped, unless
     * `swipekit.required` is set.
     */
    private fun needed(property: String): String {
        val path = System.getProperty(property).orEmpty()
        val isThere = path.isNotEmpty() && File(path).isFile
        if (System.getProperty("swipekit.required") == "true") check(isThere) { "$property must name a library, got '$path'" }
        assumeTrue(isThere, "skipped: $property names no library ('$path')")
        return path
    }

    /** A real gesture and its word. */
    class Swipe(val word: String, val trace: SwipeTrace)

    val samples: List<Swipe> by lazy {
        File(root, "models/samples/en-qwerty.jsonl").readLines().map { line ->
            val swipe = Json.read<Map<String, Any>>(line)
            val trace = SwipeTrace(LetterArea(0f, 0f, 1f, 1f))
            @Suppress("UNCHECKED_CAST")
            for (point in swipe["points"] as List<Map<String, Double>>) {
                trace.add(point.getValue("x"), point.getValue("y"), point.getValue("t"))
            }
            Swipe(swipe["word"] as String, trace)
        }
    }

    fun sample(word: String): SwipeTrace = samples.first { it.word == word }.trace

    /** A gesture of [points] points that wanders about and takes long to decode. */
    fun wandering(points: Int): SwipeTrace {
        val trace = SwipeTrace(LetterArea(0f, 0f, 1f, 1f))
        for (at in 0 until points) trace.add(0.5 + 0.5 * sin(at / 9.0), 0.5 + 0.5 * sin(at / 17.0), 16.0 * at)
        return trace
    }

    /** The bundle as one file: stored, each part at a multiple of 16 KB. */
    fun packed(): File {
        val given = System.getProperty("swipekit.packed").orEmpty()
        if (given.isNotEmpty()) return File(given)
        val target = File(System.getProperty("java.io.tmpdir"), "swipekit-test-${ProcessHandle.current().pid()}.swipekit")
        if (target.isFile) return target
        target.deleteOnExit()
        target.outputStream().buffered().use { pack(bundle, DataOutputStream(it)) }
        return target
    }

    private fun pack(folder: File, target: DataOutputStream) {
        ZipOutputStream(target).use { zip ->
            zip.setMethod(ZipOutputStream.STORED)
            for (file in folder.listFiles().orEmpty().sorted()) {
                val content = file.readBytes()
                val entry = ZipEntry(file.name)
                entry.size = content.size.toLong()
                entry.compressedSize = entry.size
                entry.crc = CRC32().apply { update(content) }.value
                val start = target.size() + LOCAL_HEADER + file.name.length + EXTRA_HEADER
                val padding = (ALIGNMENT - start % ALIGNMENT) % ALIGNMENT
                // A field of our own number, as long as is needed.
                val extra = ByteArray(EXTRA_HEADER + padding)
                extra[0] = 0x35
                extra[1] = 0xD9.toByte()
                extra[2] = padding.toByte()
                extra[3] = (padding shr 8).toByte()
                entry.extra = extra
                zip.putNextEntry(entry)
                zip.write(content)
                zip.closeEntry()
                zip.flush()
            }
        }
    }

    /** A copy of the bundle in [folder]. */
    fun copy(folder: File): File = File(folder, "bundle").also { bundle.copyRecursively(it) }

    /** Number of a descriptor of this process that is open on [file]. */
    fun descriptor(file: File): Int =
        File("/proc/self/fd").listFiles().orEmpty().first { it.canonicalPath == file.canonicalPath }.name.toInt()
}
