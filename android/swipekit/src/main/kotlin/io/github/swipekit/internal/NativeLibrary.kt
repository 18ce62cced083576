package io.github.swipekit.internal

import io.github.swipekit.NativeLibraryException
import java.io.File
import java.io.IOException

/** Version of these classes; the library must have the same. */
internal const val VERSION: String = "0.1.0"

/** Finds libswipekit and loads it, once. */
internal object NativeLibrary {
    /** System property with the path of the library, where it is not the one in the jar. */
    private const val PROPERTY = "io.github.swipekit.library"
    private const val NAME = "swipekit"

    @Volatile
    private var isLoaded = false

    /** Loads the library; throws [NativeLibraryException] where that fails, at every call. */
    fun load() {
        if (!isLoaded) loadOnce()
    }

    @Synchronized
    private fun loadOnce() {
        if (isLoaded) return
        val path = System.getProperty(PROPERTY).orEmpty()
        when {
            path.isNotEmpty() -> loadFile(File(path), "the system property $PROPERTY must name")
            isAndroid() -> loadPackaged()
            else -> loadResource()
        }
        check()
        isLoaded = true
    }

    /** Whether this is Android's virtual machine: it calls itself so in every version. */
    private fun isAndroid(): Boolean = System.getProperty("java.vm.name") == "Dalvik"

    private fun loadPackaged() {
        // The runtime first, so that it is found by its name. It is swipekit that says so where it
        // is missing.
        try {
            System.loadLibrary("onnxruntime")
        } catch (_: UnsatisfiedLinkError) {
            // As said.
        }
        try {
            System.loadLibrary(NAME)
        } catch (error: UnsatisfiedLinkError) {
            throw NativeLibraryException(
                "lib$NAME.so is not in the app's package for this phone's processor (${System.getProperty("os.arch")}): " +
                    "depend on io.github.swipekit:swipekit-android, and keep its ABIs in splits and abiFilters (${error.message})",
                error,
            )
        }
    }

    private fun loadFile(file: File, advice: String) {
        val expected = "$advice a library of swipekit $VERSION for ${platform() ?: "this system"}"
        if (!file.isFile) throw NativeLibraryException("$expected: there is no file $file")
        try {
            System.load(file.absolutePath)
        } catch (error: UnsatisfiedLinkError) {
            throw NativeLibraryException("$expected: ${error.message}", error)
        }
    }

    private fun loadResource() {
        val platform = platform()
        val file = System.mapLibraryName(NAME)
        val resource = "META-INF/native/$platform/$file"
        val content = NativeLibrary::class.java.classLoader?.getResourceAsStream(resource)
            ?: throw NativeLibraryException(
                "swipekit-jvm has no library for ${platform ?: "${System.getProperty("os.name")} on ${System.getProperty("os.arch")}"}: " +
                    "build it with `cargo build --release -p swipekit-ffi` and name its path in the system property $PROPERTY",
            )
        val copy = try {
            content.use { source -> temporary(file).also { copy -> copy.outputStream().use { source.copyTo(it) } } }
        } catch (error: IOException) {
            throw NativeLibraryException(
                "the library in swipekit-jvm cannot be copied to ${System.getProperty("java.io.tmpdir")}: name a folder that may be " +
                    "written in java.io.tmpdir, or the library's path in the system property $PROPERTY (${error.message})",
                error,
            )
        }
        try {
            loadFile(copy, "swipekit-jvm must hold")
        } finally {
            // Where the system keeps the file of a loaded library, it goes with the process.
            if (!copy.delete()) copy.deleteOnExit()
        }
    }

    /** A new file that nobody else may read or write. */
    private fun temporary(name: String): File {
        val file = File.createTempFile("swipekit", name)
        file.setReadable(false, false)
        file.setWritable(false, false)
        file.setReadable(true, true)
        file.setWritable(true, true)
        return file
    }

    /** The system and its processor, as in the jar; null for one that no library is made for. */
    private fun platform(): String? {
        val name = System.getProperty("os.name").orEmpty().lowercase()
        val system = when {
            name.startsWith("linux") -> "linux"
            name.startsWith("mac") -> "osx"
            name.startsWith("windows") -> "windows"
            else -> return null
        }
        val processor = when (System.getProperty("os.arch")) {
            "amd64", "x86_64" -> "x86_64"
            "aarch64", "arm64" -> "aarch64"
            else -> return null
        }
        return "$system-$processor"
    }

    /** Whether what was loaded is swipekit, of this version. */
    private fun check() {
        val version = try {
            Packed(Native.version()).text()
        } catch (error: UnsatisfiedLinkError) {
            throw NativeLibraryException("the library that was loaded is not that of swipekit: name its path in the system property $PROPERTY", error)
        }
        if (version != VERSION) {
            throw NativeLibraryException("the library is of swipekit $version, its classes are of $VERSION: take both from one release")
        }
    }
}
