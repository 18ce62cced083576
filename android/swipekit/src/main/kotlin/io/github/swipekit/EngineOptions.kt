package io.github.swipekit

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers

/**
 * How an engine is opened. Everything has a default; Java has a [Builder].
 *
 * @property threads threads of the encoder; as many as the bundle asks for, for null.
 * @property copies copies of the encoder, and so gestures that are encoded at the same time. A
 * keyboard has one gesture at a time, and every copy holds the weights once more.
 * @property warmPrefixes beginnings of words that are worked out when the engine opens, so that the
 * first gesture is as fast as the others.
 * @property prefixBytes memory in bytes of the beginnings of words that are remembered between
 * gestures, by each session.
 * @property preset the bundle's preset of decoder options to use; its default one for null.
 * @property runtimeLibrary path of the library of ONNX Runtime; for null it is looked for in the
 * usual places, on Android in the app.
 * @property dispatcher where suspending calls work.
 */
public class EngineOptions public constructor(
    public val threads: Int? = null,
    public val copies: Int = 1,
    public val warmPrefixes: Int = 1024,
    public val prefixBytes: Int = 7 shl 18,
    public val preset: String? = null,
    public val runtimeLibrary: String? = null,
    public val dispatcher: CoroutineDispatcher = Dispatchers.Default,
) {
    /** Numbers for the native library. */
    internal fun numbers(): IntArray =
        intArrayOf(
            given("threads", threads),
            given("copies", copies),
            given("warmPrefixes", warmPrefixes),
            given("prefixBytes", prefixBytes),
        )

    override fun equals(other: Any?): Boolean =
        other is EngineOptions &&
            numbers().contentEquals(other.numbers()) &&
            preset == other.preset &&
            runtimeLibrary == other.runtimeLibrary &&
            dispatcher == other.dispatcher

    override fun hashCode(): Int = 31 * numbers().contentHashCode() + dispatcher.hashCode()

    override fun toString(): String =
        "EngineOptions(threads $threads, copies $copies, warm prefixes $warmPrefixes, prefix bytes $prefixBytes, preset $preset, " +
            "runtime $runtimeLibrary, $dispatcher)"

    /** Makes options step by step. */
    public class Builder public constructor() {
        private var threads: Int? = DEFAULT.threads
        private var copies: Int = DEFAULT.copies
        private var warmPrefixes: Int = DEFAULT.warmPrefixes
        private var prefixBytes: Int = DEFAULT.prefixBytes
        private var preset: String? = DEFAULT.preset
        private var runtimeLibrary: String? = DEFAULT.runtimeLibrary
        private var dispatcher: CoroutineDispatcher = DEFAULT.dispatcher

        /** Sets [EngineOptions.threads]. */
        public fun threads(threads: Int): Builder = apply { this.threads = threads }

        /** Sets [EngineOptions.copies]. */
        public fun copies(copies: Int): Builder = apply { this.copies = copies }

        /** Sets [EngineOptions.warmPrefixes]. */
        public fun warmPrefixes(warmPrefixes: Int): Builder = apply { this.warmPrefixes = warmPrefixes }

        /** Sets [EngineOptions.prefixBytes]. */
        public fun prefixBytes(prefixBytes: Int): Builder = apply { this.prefixBytes = prefixBytes }

        /** Sets [EngineOptions.preset]. */
        public fun preset(preset: String): Builder = apply { this.preset = preset }

        /** Sets [EngineOptions.runtimeLibrary]. */
        public fun runtimeLibrary(runtimeLibrary: String): Builder = apply { this.runtimeLibrary = runtimeLibrary }

        /** Sets [EngineOptions.dispatcher]. */
        public fun dispatcher(dispatcher: CoroutineDispatcher): Builder = apply { this.dispatcher = dispatcher }

        /** The options. */
        public fun build(): EngineOptions =
            EngineOptions(threads, copies, warmPrefixes, prefixBytes, preset, runtimeLibrary, dispatcher)
    }

    /** Options that say nothing. */
    public companion object {
        /** All defaults. */
        @JvmField
        public val DEFAULT: EngineOptions = EngineOptions()
    }
}
