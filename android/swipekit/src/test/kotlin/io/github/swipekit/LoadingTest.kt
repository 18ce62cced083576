package io.github.swipekit

import java.io.File
import java.io.RandomAccessFile
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Libraries that are missing or wrong, each in a process of its own. */
class LoadingTest {
    @TempDir
    lateinit var folder: File

    private fun expect(kind: String, saying: List<String>, answer: Probe.Answer) {
        println("${answer.kind}: ${answer.message}")
        assertEquals(kind, answer.kind, answer.message)
        for (text in saying) assertTrue(text in answer.message, "'$text' is not in '${answer.message}'")
    }

    @Test
    fun `the library from a path`() {
        expect("decoded", listOf("keyboard"), Probe.run(File(Fixtures.library), Fixtures.runtime, folder))
    }

    @Test
    fun `the library in the jar`() {
        val name = System.mapLibraryName("swipekit")
        val resource = SwipeEngine::class.java.classLoader.getResource("META-INF/native/linux-x86_64/$name")
        assumeTrue(resource != null, "skipped: built without a native library for this system")
        expect("decoded", listOf("keyboard"), Probe.run(null, Fixtures.runtime, folder))
        assertTrue(folder.list().orEmpty().none { it.startsWith("swipekit") }, "the copy is still there")
    }

    @Test
    fun `no library of swipekit`() {
        Fixtures.library
        val answer = Probe.run(File(folder, "none.so"), Fixtures.runtime, folder)
        expect("NativeLibraryException", listOf("io.github.swipekit.library", "there is no file"), answer)
    }

    @Test
    fun `a text in place of the library`() {
        Fixtures.library
        val text = File(folder, "text.so").apply { writeText("this is no library") }
        expect("NativeLibraryException", listOf("a library of swipekit"), Probe.run(text, Fixtures.runtime, folder))
    }

    @Test
    fun `a library for another processor`() {
        val other = File(folder, "other.so")
        File(Fixtures.library).copyTo(other)
        RandomAccessFile(other, "rw").use {
            val magic = ByteArray(4).also(it::readFully)
            assumeTrue(magic[0] == 0x7F.toByte() && magic[1] == 'E'.code.toByte(), "skipped: no ELF")
            // e_machine: AArch64 for x86-64 and the other way round.
            it.seek(18)
            val machine = it.read()
            it.seek(18)
            it.write(if (machine == 183) 62 else 183)
        }
        expect("NativeLibraryException", listOf("a library of swipekit", "linux"), Probe.run(other, Fixtures.runtime, folder))
    }

    @Test
    fun `another library`() {
        Fixtures.library
        val answer = Probe.run(File(Fixtures.runtime), Fixtures.runtime, folder)
        expect("NativeLibraryException", listOf("not that of swipekit"), answer)
    }

    @Test
    fun `no runtime`() {
        val answer = Probe.run(File(Fixtures.library), File(folder, "none.so").path, folder)
        expect("RuntimeLibraryException", listOf("none.so"), answer)
    }

    @Test
    fun `no runtime anywhere`() {
        val answer = Probe.run(File(Fixtures.library), "", folder)
        assumeTrue(answer.kind != "decoded", "skipped: ONNX Runtime is installed")
        expect("RuntimeLibraryException", listOf("name the library"), answer)
    }

    @Test
    fun `a text in place of the runtime`() {
        val text = File(folder, "text.so").apply { writeText("this is no library") }
        expect("RuntimeLibraryException", listOf("text.so"), Probe.run(File(Fixtures.library), text.path, folder))
    }

    @Test
    fun `another library in place of the runtime`() {
        val answer = Probe.run(File(Fixtures.library), Fixtures.library, folder)
        expect("RuntimeLibraryException", listOf(Fixtures.library), answer)
    }
}
