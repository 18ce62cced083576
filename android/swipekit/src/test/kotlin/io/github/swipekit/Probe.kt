package io.github.swipekit

import java.io.File
import kotlin.system.exitProcess

/**
 * A process of its own: opens the bundle, decodes a swipe and prints the word, or the exception's
 * class and message. It exits with 0 in both cases.
 */
object Probe {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (bundle, runtime) = arguments
        try {
            SwipeEngine.open(bundle, EngineOptions(runtimeLibrary = runtime.ifEmpty { null })).use { engine ->
                val trace = Fixtures.sample("keyboard")
                println("decoded\n" + engine.decodeBlocking(trace).first().word)
            }
        } catch (failure: SwipeException) {
            println("${failure.javaClass.simpleName}\n${failure.message}")
        }
        exitProcess(0)
    }

    /** What the process said: a class of exception and its message, or `decoded` and a word. */
    class Answer(val kind: String, val message: String)

    /**
     * Runs the process with [library] as the native library (null for the one in the jar) and
     * [runtime] as ONNX Runtime.
     */
    fun run(library: File?, runtime: String, folder: File): Answer {
        val properties = buildList {
            library?.let { add("-Dio.github.swipekit.library=$it") }
            add("-Dswipekit.root=${Fixtures.root}")
            add("-Djava.io.tmpdir=$folder")
        }
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val command = listOf(java) + properties + listOf("-cp", classes, Probe::class.java.name, Fixtures.bundle.path, runtime)
        val builder = ProcessBuilder(command).directory(folder).redirectErrorStream(true)
        builder.environment().remove("ORT_DYLIB_PATH")
        val process = builder.start()
        val output = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "the process ended with ${process.exitValue()}:\n$output" }
        val lines = output.lines().dropWhile { it != "decoded" && !it.endsWith("Exception") }
        check(lines.isNotEmpty()) { output }
        return Answer(lines.first(), lines.drop(1).joinToString("\n").trim())
    }
}
