package io.github.swipekit

/**
 * A word that a gesture may mean.
 *
 * @property word the word as it is written.
 * @property confidence how sure it is, 0 to 1: the probability that this is the word meant,
 * calibrated where the bundle says how.
 * @property score what the words are ordered by, natural logarithm.
 * @property logProbability log P(word | gesture) of the model alone, natural logarithm.
 */
public class Candidate public constructor(
    public val word: String,
    public val confidence: Double,
    public val score: Double,
    public val logProbability: Double,
) {
    override fun equals(other: Any?): Boolean =
        other is Candidate &&
            word == other.word &&
            confidence == other.confidence &&
            score == other.score &&
            logProbability == other.logProbability

    override fun hashCode(): Int = 31 * word.hashCode() + score.hashCode()

    /** Without the word: what is typed belongs in no log. */
    override fun toString(): String = "Candidate(${word.length} characters)"
}

/**
 * What a gesture spells, whether it is a word or not.
 *
 * @property text the letters, one after the other.
 * @property confidence its share in all spellings, 0 to 1; the model's own and no calibrated
 * probability.
 * @property logProbability log P(letters | gesture), natural logarithm.
 */
public class Spelling public constructor(
    public val text: String,
    public val confidence: Double,
    public val logProbability: Double,
) {
    override fun equals(other: Any?): Boolean =
        other is Spelling && text == other.text && confidence == other.confidence && logProbability == other.logProbability

    override fun hashCode(): Int = 31 * text.hashCode() + logProbability.hashCode()

    /** Without the letters: what is typed belongs in no log. */
    override fun toString(): String = "Spelling(${text.length} characters)"
}

/**
 * Words of a gesture that goes on.
 *
 * @property candidates the words so far, best first.
 * @property points how many of the gesture's points they were found from, its first ones.
 * @property gesture the number that [SwipeSession.begin] gave.
 */
public class PartialResult public constructor(
    public val candidates: List<Candidate>,
    public val points: Int,
    public val gesture: Long,
) {
    override fun equals(other: Any?): Boolean =
        other is PartialResult && candidates == other.candidates && points == other.points && gesture == other.gesture

    override fun hashCode(): Int = 31 * (31 * candidates.hashCode() + points) + gesture.hashCode()

    override fun toString(): String = "PartialResult(gesture $gesture, $points points, ${candidates.size} candidates)"
}

/**
 * How long the stages of a decode took, in milliseconds.
 *
 * @property features from points to features.
 * @property encoder from features to frames.
 * @property search from frames to words.
 */
public class DecodeTimings public constructor(
    public val features: Double,
    public val encoder: Double,
    public val search: Double,
) {
    /** All of it. */
    public val total: Double get() = features + encoder + search

    override fun equals(other: Any?): Boolean =
        other is DecodeTimings && features == other.features && encoder == other.encoder && search == other.search

    override fun hashCode(): Int = 31 * (31 * features.hashCode() + encoder.hashCode()) + search.hashCode()

    override fun toString(): String = "DecodeTimings(features $features ms, encoder $encoder ms, search $search ms)"
}

/**
 * A decoded gesture.
 *
 * @property candidates its words, best first.
 * @property isComplete whether it was worked off to its end, and not cut short by a deadline.
 * @property timings how long that took.
 */
public class DecodeResult public constructor(
    public val candidates: List<Candidate>,
    public val isComplete: Boolean,
    public val timings: DecodeTimings,
) {
    override fun equals(other: Any?): Boolean =
        other is DecodeResult && candidates == other.candidates && isComplete == other.isComplete && timings == other.timings

    override fun hashCode(): Int = 31 * (31 * candidates.hashCode() + isComplete.hashCode()) + timings.hashCode()

    override fun toString(): String = "DecodeResult(${candidates.size} candidates, complete $isComplete, $timings)"
}
