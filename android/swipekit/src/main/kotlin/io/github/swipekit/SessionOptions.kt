package io.github.swipekit

/**
 * How a [SwipeSession] decodes while the finger moves. Everything has a default; Java has a
 * [Builder].
 *
 * @property intervalMillis time between the beginnings of two partial decodes at least; a thirtieth
 * of a second for null.
 * @property share share of the time that partial decodes run at most, above 0, up to 1: on a slow
 * phone partial results come less often instead of taking a core. 0.3 for null.
 * @property minPoints points that a gesture has before it is decoded for the first time; 8 for
 * null.
 * @property decode how the final words are found; of its deadline and its words before nothing is
 * taken, see [SwipeSession.finish] and [SwipeSession.setContext].
 */
public class SessionOptions public constructor(
    public val intervalMillis: Int? = null,
    public val share: Float? = null,
    public val minPoints: Int? = null,
    public val decode: DecodeOptions = DecodeOptions.DEFAULT,
) {
    override fun equals(other: Any?): Boolean =
        other is SessionOptions &&
            intervalMillis == other.intervalMillis &&
            share == other.share &&
            minPoints == other.minPoints &&
            decode == other.decode

    override fun hashCode(): Int = 31 * (31 * (31 * intervalMillis.hashCode() + share.hashCode()) + minPoints.hashCode()) + decode.hashCode()

    override fun toString(): String = "SessionOptions(interval $intervalMillis ms, share $share, from $minPoints points, $decode)"

    /** Makes options step by step. */
    public class Builder public constructor() {
        private var intervalMillis: Int? = null
        private var share: Float? = null
        private var minPoints: Int? = null
        private var decode: DecodeOptions = DecodeOptions.DEFAULT

        /** Sets [SessionOptions.intervalMillis]. */
        public fun intervalMillis(intervalMillis: Int): Builder = apply { this.intervalMillis = intervalMillis }

        /** Sets [SessionOptions.share]. */
        public fun share(share: Float): Builder = apply { this.share = share }

        /** Sets [SessionOptions.minPoints]. */
        public fun minPoints(minPoints: Int): Builder = apply { this.minPoints = minPoints }

        /** Sets [SessionOptions.decode]. */
        public fun decode(decode: DecodeOptions): Builder = apply { this.decode = decode }

        /** The options. */
        public fun build(): SessionOptions = SessionOptions(intervalMillis, share, minPoints, decode)
    }

    /** Options that say nothing. */
    public companion object {
        /** All defaults. */
        @JvmField
        public val DEFAULT: SessionOptions = SessionOptions()
    }
}
