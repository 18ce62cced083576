package io.github.swipekit

import io.github.swipekit.internal.Deadline

/**
 * How one gesture is decoded. Everything has a default; Java has a [Builder].
 *
 * @property candidates most words that are given; as the bundle's preset says for null.
 * @property beam hypotheses that are followed at the same time: more find more and take longer, and
 * 0 stands for all. As the preset says for null.
 * @property deadlineMillis time from the call after which the best words so far are given; none for
 * null.
 * @property context words before the gesture in its sentence, the nearest last; used where the
 * engine has a language model.
 */
public class DecodeOptions public constructor(
    public val candidates: Int? = null,
    public val beam: Int? = null,
    public val deadlineMillis: Int? = null,
    context: List<String> = emptyList(),
) {
    public val context: List<String> = context.toList()

    /** When to end, counted from now on. */
    internal fun deadline(): Deadline = Deadline(deadlineMillis.also { given("deadlineMillis", it) })

    /**
     * Numbers for the native library, with what is [left] of a deadline in milliseconds, -1 for
     * none; null where nothing is said.
     */
    internal fun settings(left: Int): IntArray? =
        when {
            candidates == null && beam == null && left == -1 -> null
            else -> intArrayOf(given("candidates", candidates), given("beam", beam), left)
        }

    internal fun words(): Array<String>? = if (context.isEmpty()) null else context.toTypedArray()

    override fun equals(other: Any?): Boolean =
        other is DecodeOptions &&
            candidates == other.candidates &&
            beam == other.beam &&
            deadlineMillis == other.deadlineMillis &&
            context == other.context

    override fun hashCode(): Int = 31 * (31 * (31 * candidates.hashCode() + beam.hashCode()) + deadlineMillis.hashCode()) + context.hashCode()

    /** Without the words: what is typed belongs in no log. */
    override fun toString(): String =
        "DecodeOptions(candidates $candidates, beam $beam, deadline $deadlineMillis ms, ${context.size} words before)"

    /** Makes options step by step. */
    public class Builder public constructor() {
        private var candidates: Int? = null
        private var beam: Int? = null
        private var deadlineMillis: Int? = null
        private var context: List<String> = emptyList()

        /** Sets [DecodeOptions.candidates]. */
        public fun candidates(candidates: Int): Builder = apply { this.candidates = candidates }

        /** Sets [DecodeOptions.beam]. */
        public fun beam(beam: Int): Builder = apply { this.beam = beam }

        /** Sets [DecodeOptions.deadlineMillis]. */
        public fun deadlineMillis(deadlineMillis: Int): Builder = apply { this.deadlineMillis = deadlineMillis }

        /** Sets [DecodeOptions.context]. */
        public fun context(context: List<String>): Builder = apply { this.context = context }

        /** The options. */
        public fun build(): DecodeOptions = DecodeOptions(candidates, beam, deadlineMillis, context)
    }

    /** Options that say nothing. */
    public companion object {
        /** As the bundle's preset says, with no deadline and no words before. */
        @JvmField
        public val DEFAULT: DecodeOptions = DecodeOptions()
    }
}

/** [value] for the native library, where -1 stands for a default and so may not be given. */
internal fun given(what: String, value: Int?): Int {
    if (value != null && value < 0) throw InvalidArgumentException("$what must be 0 or more, or null for the default, got $value")
    return value ?: -1
}
