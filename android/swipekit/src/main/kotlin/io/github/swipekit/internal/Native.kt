package io.github.swipekit.internal

import java.nio.ByteBuffer

/**
 * The native library's methods. They are registered by name when it is loaded ([NativeLibrary]),
 * and native code calls [exception] and [onPartial] by name: none of them may be renamed or left
 * out.
 *
 * Objects are numbers above 0 that are never given out twice. Results come packed ([Packed]); the
 * comments say what is in them: `str` is a text, `u32` and the like are numbers. Any method may
 * throw a [io.github.swipekit.SwipeException].
 */
@Suppress("TooManyFunctions", "LongParameterList")
internal object Native {
    /** What native code throws: [failure]. */
    @JvmStatic
    fun exception(code: Int, message: String): Throwable = failure(code, message)

    /**
     * What a live session has found, in its own thread: packed candidates, or a packed message
     * where [code] is a failure's number. Nothing may be thrown into that thread.
     */
    @JvmStatic
    fun onPartial(session: Long, gesture: Long, points: Int, code: Int, packed: ByteArray) {
        runCatching { Partials.deliver(session, gesture, points, code, packed) }
    }

    /**
     * str version of swipekit; str version of ONNX Runtime, "" where it is not loaded; str its
     * path.
     */
    @JvmStatic
    external fun version(): ByteArray

    /**
     * [options]: threads or -1, copies, warm prefixes, bytes for prefixes; "" leaves [preset] and
     * [library] to their defaults.
     */
    @JvmStatic
    external fun engineOpen(path: String, options: IntArray, preset: String, library: String): Long

    /**
     * The bundle in [length] bytes from [offset] of the file [fd], to its end for -1. The
     * descriptor stays the caller's.
     */
    @JvmStatic
    external fun engineOpenDescriptor(
        fd: Int,
        offset: Long,
        length: Long,
        name: String,
        options: IntArray,
        preset: String,
        library: String,
    ): Long

    /**
     * The bundle in [bytes] or in the direct [buffer]; the other is null. Its content is copied.
     */
    @JvmStatic
    external fun engineOpenBytes(
        bytes: ByteArray?,
        buffer: ByteBuffer?,
        offset: Int,
        length: Int,
        name: String,
        options: IntArray,
        preset: String,
        library: String,
    ): Long

    /** Does nothing for an engine that is closed. Calls that run end first. */
    @JvmStatic
    external fun engineClose(engine: Long)

    /**
     * str name, language, precision, runtime, its version, its path; u32 n, n str labels; u64
     * words; u8 whether there is a language model; u64 bytes mapped, of the encoder's file, of the
     * transducer, of prefixes, of the user's words.
     */
    @JvmStatic
    external fun engineInfo(engine: Long): ByteArray

    /** u32 swipes; f64 largest difference of the encoder, f64 of the scores. */
    @JvmStatic
    external fun engineSelfTest(engine: Long): ByteArray

    /** Decodes a gesture that nobody made. */
    @JvmStatic
    external fun engineWarmUp(engine: Long)

    /** Drops what idle sessions remember. */
    @JvmStatic
    external fun engineTrim(engine: Long)

    /** A further engine. [rectangles]: left, top, width, height of each key. */
    @JvmStatic
    external fun engineWithLayout(engine: Long, name: String, labels: Array<String>, rectangles: FloatArray): Long

    /**
     * i64 a further engine; u32 n, n times u32 index of a word and i32 the reason why it was
     * rejected.
     */
    @JvmStatic
    external fun engineWithWords(engine: Long, words: Array<String>, weights: FloatArray): ByteArray

    /** A further engine. */
    @JvmStatic
    external fun engineWithLanguageModel(engine: Long, path: String): Long

    /** u32 n, n times str label and 4 f32. */
    @JvmStatic
    external fun namedLayout(name: String, left: Float, top: Float, width: Float, height: Float): ByteArray

    /** left, top, width, height of the letters. */
    @JvmStatic
    external fun layoutArea(labels: Array<String>, rectangles: FloatArray): FloatArray

    /**
     * A packed result: [Packed.result]. [points]: x, y, t of each, of which [count] points are
     * used; [area]: left, top, width, height; [settings]: null, or candidates, beam, deadline in
     * milliseconds, each -1 for the preset's; [context]: null, or the words before; [token]: 0, or
     * that of [tokenNew].
     */
    @JvmStatic
    external fun decode(
        engine: Long,
        points: DoubleArray,
        count: Int,
        area: FloatArray,
        settings: IntArray?,
        context: Array<String>?,
        token: Long,
    ): ByteArray

    /** u32 n, n times str text, f64 confidence, f64 log probability. */
    @JvmStatic
    external fun spell(engine: Long, points: DoubleArray, count: Int, area: FloatArray, number: Int): ByteArray

    /**
     * A packed result of the search alone, of encoder frames `[T', D]` and the bundle at [path]; no
     * runtime is needed.
     */
    @JvmStatic
    external fun searchFrames(path: String, frames: FloatArray): ByteArray

    /** A token that cancels decodes. */
    @JvmStatic
    external fun tokenNew(): Long

    /** Does nothing for a token that was freed. */
    @JvmStatic
    external fun tokenCancel(token: Long)

    /** Does nothing for a token that was freed. */
    @JvmStatic
    external fun tokenFree(token: Long)

    /**
     * 0, or the reason why not. [operation]: 0 add, 1 add with the log prior [value], 2 remove, 3
     * boost by [value] nats, 4 block, 5 unblock, 6 learn.
     */
    @JvmStatic
    external fun wordsChange(engine: Long, operation: Int, word: String, value: Float): Int

    /** Number of the user's words. */
    @JvmStatic
    external fun wordsSize(engine: Long): Int

    /** Forgets all of them. */
    @JvmStatic
    external fun wordsClear(engine: Long)

    /**
     * u32 n, n times str word, u8 whether it has a prior, f32 prior, f32 boost, f64 times chosen,
     * u8 whether it is blocked.
     */
    @JvmStatic
    external fun wordsEntries(engine: Long): ByteArray

    /** Writes them to a file. */
    @JvmStatic
    external fun wordsExport(engine: Long, path: String)

    /** Reads them from a file. */
    @JvmStatic
    external fun wordsImport(engine: Long, path: String)

    /** A live session; -1 leaves a default. */
    @JvmStatic
    external fun liveOpen(engine: Long, intervalMs: Int, share: Float, minPoints: Int, settings: IntArray?): Long

    /** Begins a gesture and gives its number. */
    @JvmStatic
    external fun liveBegin(session: Long, area: FloatArray): Long

    /** Never waits for a decode. */
    @JvmStatic
    external fun livePush(session: Long, points: DoubleArray, count: Int)

    /** The words before. */
    @JvmStatic
    external fun liveContext(session: Long, context: Array<String>?)

    /**
     * Ends the gesture, keeps it for [liveFinish] and gives its number. Never waits for a decode.
     */
    @JvmStatic
    external fun liveEnd(session: Long): Long

    /** The packed result of a [gesture] that was ended, once; [deadlineMs] is -1 for none. */
    @JvmStatic
    external fun liveFinish(session: Long, gesture: Long, deadlineMs: Int, token: Long): ByteArray

    /** Ends the gesture without a result. */
    @JvmStatic
    external fun liveAbandon(session: Long)

    /** Does nothing for a session that is closed. */
    @JvmStatic
    external fun liveClose(session: Long)
}
