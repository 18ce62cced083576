package io.github.swipekit

import io.github.swipekit.internal.Deadline
import io.github.swipekit.internal.Handle
import io.github.swipekit.internal.Kind
import io.github.swipekit.internal.Native
import io.github.swipekit.internal.NativeLibrary
import io.github.swipekit.internal.Packed
import io.github.swipekit.internal.offload
import java.io.File
import java.nio.ByteBuffer
import kotlinx.coroutines.CoroutineDispatcher

/**
 * An opened and verified bundle that turns gestures into words.
 *
 * One engine serves a whole keyboard: open it once on a background thread ([load] or [open]), keep
 * it, and [close] it at the end. Any number of threads may use it at the same time, and close it
 * meanwhile: calls that run end with a result, later ones throw [EngineClosedException].
 *
 * Suspending calls may be made on the main thread; they work on [EngineOptions.dispatcher]. When
 * their coroutine is cancelled it goes on at once, while the decode ends within milliseconds. A
 * caller that is on that very dispatcher works in place. All other calls that say so block.
 */
@Suppress("TooManyFunctions")
public class SwipeEngine private constructor(
    number: Long,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val handle = Handle(number, Kind.ENGINE)

    /** What the engine was made of; to be had after [close] too. */
    public val info: EngineInfo

    /** The user's words, shared with the engines made of this one. */
    public val words: UserWords = UserWords(handle)

    init {
        info = parts().first
    }

    /** Whether [close] was called. */
    public val isClosed: Boolean get() = handle.isClosed

    /**
     * Memory that the engine takes now.
     *
     * @throws EngineClosedException where it was closed.
     */
    @get:Throws(SwipeException::class)
    public val memory: MemoryUse
        get() = parts().second

    /**
     * Decodes a gesture that nobody made, so that the first real one finds everything ready.
     *
     * @throws SwipeException as [decode].
     */
    @Throws(SwipeException::class)
    public suspend fun warmUp(): Unit = offload(dispatcher) { warmUpBlocking() }

    /** As [warmUp], in the calling thread. */
    @Throws(SwipeException::class)
    public fun warmUpBlocking(): Unit = handle.use { Native.engineWarmUp(it) }

    /**
     * The words of a gesture, best first. [trace] may be changed as soon as this is called.
     *
     * @throws EngineClosedException where the engine was closed.
     * @throws NotFiniteException where a point is NaN or infinite.
     * @throws InvalidArgumentException where there are too many points, they take too long, or an
     * option cannot be used.
     * @throws DecodeFailedException where the runtime failed.
     */
    @Throws(SwipeException::class)
    public suspend fun decode(trace: SwipeTrace, options: DecodeOptions = DecodeOptions.DEFAULT): List<Candidate> =
        decodeResult(trace, options).candidates

    /** As [decode], with what else there is to say. */
    @Throws(SwipeException::class)
    public suspend fun decodeResult(trace: SwipeTrace, options: DecodeOptions = DecodeOptions.DEFAULT): DecodeResult {
        val deadline = options.deadline()
        val points = trace.toArray()
        val size = trace.size
        return offload(dispatcher) { token -> decode(points, size, trace.area, options, deadline, token) }
    }

    /**
     * As [decode], in the calling thread.
     *
     * @param token ends it from another thread, with [DecodeCancelledException].
     */
    @JvmOverloads
    @Throws(SwipeException::class)
    public fun decodeBlocking(
        trace: SwipeTrace,
        options: DecodeOptions = DecodeOptions.DEFAULT,
        token: CancelToken? = null,
    ): List<Candidate> = decodeResultBlocking(trace, options, token).candidates

    /** As [decodeBlocking], with what else there is to say. */
    @JvmOverloads
    @Throws(SwipeException::class)
    public fun decodeResultBlocking(
        trace: SwipeTrace,
        options: DecodeOptions = DecodeOptions.DEFAULT,
        token: CancelToken? = null,
    ): DecodeResult {
        val deadline = options.deadline()
        val decode = { number: Long -> decode(trace.points, trace.size, trace.area, options, deadline, number) }
        return if (token == null) decode(0) else token.during(decode)
    }

    /** As [decodeResultBlocking] with the token's number, 0 for none. */
    @Suppress("LongParameterList")
    private fun decode(
        points: DoubleArray,
        size: Int,
        area: LetterArea,
        options: DecodeOptions,
        deadline: Deadline,
        token: Long,
    ): DecodeResult =
        handle.use { number ->
            val settings = options.settings(deadline.left())
            Packed(Native.decode(number, points, size, area.numbers(), settings, options.words(), token)).result()
        }

    /**
     * What a gesture spells, whether it is a word or not: [count] spellings, the likeliest first.
     * For a bar that offers to add a word.
     *
     * @throws SwipeException as [decode].
     */
    @Throws(SwipeException::class)
    public suspend fun spell(trace: SwipeTrace, count: Int): List<Spelling> {
        val points = trace.toArray()
        val size = trace.size
        return offload(dispatcher) { spell(points, size, trace.area, count) }
    }

    /** As [spell], in the calling thread. */
    @Throws(SwipeException::class)
    public fun spellBlocking(trace: SwipeTrace, count: Int): List<Spelling> = spell(trace.points, trace.size, trace.area, count)

    private fun spell(points: DoubleArray, size: Int, area: LetterArea, count: Int): List<Spelling> =
        handle.use { Packed(Native.spell(it, points, size, area.numbers(), count)).spellings() }

    /**
     * A session that decodes while the finger moves, with a thread of its own. It must be closed,
     * before or after the engine.
     *
     * @throws EngineClosedException where the engine was closed.
     * @throws InvalidArgumentException where an option cannot be used.
     */
    @JvmOverloads
    @Throws(SwipeException::class)
    public fun newSession(options: SessionOptions = SessionOptions.DEFAULT): SwipeSession {
        val number = handle.use {
            Native.liveOpen(
                it,
                given("intervalMillis", options.intervalMillis),
                options.share?.also(::checkShare) ?: -1f,
                given("minPoints", options.minPoints),
                options.decode.settings(-1),
            )
        }
        return SwipeSession(number, dispatcher)
    }

    /**
     * Decodes the bundle's golden swipes and compares. Takes as long as some tens of gestures, and
     * blocks.
     *
     * @throws SelfTestException where the results are too far from what the bundle says.
     */
    @Throws(SwipeException::class)
    public fun selfTest(): SelfTestReport =
        with(Packed(handle.use { Native.engineSelfTest(it) })) { SelfTestReport(int(), double(), double()) }

    /**
     * Gives memory back that is kept for the next gesture; call it where the system asks for
     * memory.
     */
    @Throws(SwipeException::class)
    public fun trimMemory(): Unit = handle.use { Native.engineTrim(it) }

    /**
     * A further engine, for another keyboard: it shares the weights and the user's words with this
     * one, and must be closed too. Blocks, for as long as a gesture takes or more.
     *
     * @throws InvalidArgumentException where labels of the model are missing on [layout], or a key
     * has no size.
     */
    @Throws(SwipeException::class)
    public fun withLayout(layout: KeyboardLayout): SwipeEngine =
        further(handle.use { Native.engineWithLayout(it, layout.name, layout.labels(), layout.rectangles()) })

    /**
     * A further engine, with [words] and how often each is used in place of the bundle's lexicon;
     * counts may be in any unit and are above 0. It shares the weights and the user's words with
     * this one, and must be closed too. Blocks: a large list takes seconds.
     *
     * @throws EngineClosedException where this one was closed.
     */
    @Throws(SwipeException::class)
    public fun withWords(words: Map<String, Float>): EngineWithWords {
        val list = words.keys.toTypedArray()
        val weights = FloatArray(list.size) { words.getValue(list[it]) }
        val packed = Packed(handle.use { Native.engineWithWords(it, list, weights) })
        val engine = further(packed.long())
        val rejected = packed.list { list[int()] to (WordRejection.of(int()) ?: WordRejection.OTHER) }
        return EngineWithWords(engine, rejected.toMap())
    }

    /**
     * A further engine, with the language model at [path], so that the words before a gesture
     * count. It shares the rest with this one, and must be closed too. Blocks.
     *
     * @throws BundleNotFoundException where the file cannot be read.
     * @throws BundleDamagedException where it is no language model.
     */
    @Throws(SwipeException::class)
    public fun withLanguageModel(path: String): SwipeEngine = further(handle.use { Native.engineWithLanguageModel(it, path) })

    /**
     * Closes the engine. Calls that run end first; their memory is freed then. Closing it again
     * does nothing.
     */
    override fun close(): Unit = handle.close()

    override fun toString(): String = "SwipeEngine(${info.name}${if (isClosed) ", closed" else ""})"

    private fun further(number: Long): SwipeEngine = make(number, dispatcher)

    private fun parts(): Pair<EngineInfo, MemoryUse> =
        with(Packed(handle.use { Native.engineInfo(it) })) {
            val info = EngineInfo(text(), text(), text(), text(), text(), text(), list { text() }, long(), flag())
            info to MemoryUse(long(), long(), long(), long(), long())
        }

    /** Opens engines. */
    public companion object {
        /**
         * What a number has to be that is passed on to the native library, where a negative one
         * stands for the default.
         */
        private fun checkShare(share: Float) {
            if (share < 0) throw InvalidArgumentException("share must be above 0, up to 1, or null for the default, got $share")
        }

        /**
         * Opens the bundle at [path], a folder or a `.swipekit` file. Verifies it, loads the
         * runtime and blocks meanwhile: tenths of a second.
         *
         * @throws BundleNotFoundException where it cannot be read.
         * @throws BundleDamagedException where a file of it is not what it should be.
         * @throws BundleUnsupportedException where it asks for a newer swipekit or another runtime.
         * @throws RuntimeLibraryException where ONNX Runtime is missing or cannot be used.
         * @throws NativeLibraryException where the library of swipekit is.
         * @throws InvalidArgumentException where an option cannot be used.
         */
        @JvmStatic
        @JvmOverloads
        @Throws(SwipeException::class)
        public fun open(path: String, options: EngineOptions = EngineOptions.DEFAULT): SwipeEngine {
            NativeLibrary.load()
            return make(Native.engineOpen(path, options.numbers(), preset(options), library(options)), options.dispatcher)
        }

        /** As [open] with a path. */
        @JvmStatic
        @JvmOverloads
        @Throws(SwipeException::class)
        public fun open(file: File, options: EngineOptions = EngineOptions.DEFAULT): SwipeEngine = open(file.path, options)

        /** As [open], on [EngineOptions.dispatcher], so that the main thread may call it. */
        @JvmSynthetic
        @Throws(SwipeException::class)
        public suspend fun load(path: String, options: EngineOptions = EngineOptions.DEFAULT): SwipeEngine =
            load(options) { open(path, options) }

        /** As [open], on [EngineOptions.dispatcher], so that the main thread may call it. */
        @JvmSynthetic
        @Throws(SwipeException::class)
        public suspend fun load(file: File, options: EngineOptions = EngineOptions.DEFAULT): SwipeEngine = load(file.path, options)

        /**
         * Runs [open] on the dispatcher of [options]; an engine that nobody waits for any more is
         * closed.
         */
        internal suspend fun load(options: EngineOptions, open: () -> SwipeEngine): SwipeEngine =
            offload(options.dispatcher, SwipeEngine::close) { open() }

        /**
         * Opens the bundle in the bytes of [buffer] from its position to its limit: a `.swipekit`
         * file. They are copied, and the position stays. A file or a descriptor takes less memory.
         * Blocks and throws as [open].
         */
        @JvmStatic
        @JvmOverloads
        @Throws(SwipeException::class)
        public fun openBuffer(
            buffer: ByteBuffer,
            options: EngineOptions = EngineOptions.DEFAULT,
            name: String = "a buffer",
        ): SwipeEngine {
            NativeLibrary.load()
            val length = buffer.remaining()
            val number = if (buffer.isDirect) {
                openBytes(null, buffer, buffer.position(), length, name, options)
            } else if (buffer.hasArray()) {
                openBytes(buffer.array(), null, buffer.arrayOffset() + buffer.position(), length, name, options)
            } else {
                val copy = ByteArray(length).also { buffer.duplicate().get(it) }
                openBytes(copy, null, 0, length, name, options)
            }
            return make(number, options.dispatcher)
        }

        @Suppress("LongParameterList")
        private fun openBytes(
            bytes: ByteArray?,
            buffer: ByteBuffer?,
            offset: Int,
            length: Int,
            name: String,
            options: EngineOptions,
        ): Long = Native.engineOpenBytes(bytes, buffer, offset, length, name, options.numbers(), preset(options), library(options))

        /**
         * Opens the bundle in [length] bytes from [offset] of an open file, such as an uncompressed
         * asset: a `.swipekit` file. It is mapped; the caller may close its descriptor afterwards.
         * On Android, Linux and macOS. Blocks and throws as [open].
         *
         * @param fd number of the file descriptor.
         * @param length -1 for all from [offset] to the end.
         * @param name what messages call it.
         */
        @JvmStatic
        @JvmOverloads
        @Throws(SwipeException::class)
        public fun openDescriptor(
            fd: Int,
            offset: Long,
            length: Long,
            name: String,
            options: EngineOptions = EngineOptions.DEFAULT,
        ): SwipeEngine {
            NativeLibrary.load()
            val number = Native.engineOpenDescriptor(fd, offset, length, name, options.numbers(), preset(options), library(options))
            return make(number, options.dispatcher)
        }

        private fun preset(options: EngineOptions) = options.preset.orEmpty()

        private fun library(options: EngineOptions) = options.runtimeLibrary.orEmpty()

        /** The engine of a number, which is closed where it cannot be made. */
        @Suppress("TooGenericExceptionCaught")
        private fun make(number: Long, dispatcher: CoroutineDispatcher): SwipeEngine =
            try {
                SwipeEngine(number, dispatcher)
            } catch (failure: Throwable) {
                Native.engineClose(number)
                throw failure
            }
    }
}
