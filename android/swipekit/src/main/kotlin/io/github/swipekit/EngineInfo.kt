package io.github.swipekit

/**
 * What an engine was made of.
 *
 * @property name the bundle's name.
 * @property language the language of its words, a BCP 47 tag.
 * @property precision number format of the encoder, such as `fp32` or `int8`.
 * @property runtime what runs the encoder.
 * @property runtimeVersion its version.
 * @property runtimeLibrary path of its library; empty where that is not known.
 * @property labels what the model can spell with.
 * @property words number of words of the lexicon; 0 where there is none.
 * @property hasLanguageModel whether words before a gesture count.
 */
public class EngineInfo internal constructor(
    public val name: String,
    public val language: String,
    public val precision: String,
    public val runtime: String,
    public val runtimeVersion: String,
    public val runtimeLibrary: String,
    public val labels: List<String>,
    public val words: Long,
    public val hasLanguageModel: Boolean,
) {
    override fun equals(other: Any?): Boolean =
        other is EngineInfo &&
            name == other.name &&
            language == other.language &&
            precision == other.precision &&
            runtime == other.runtime &&
            runtimeVersion == other.runtimeVersion &&
            runtimeLibrary == other.runtimeLibrary &&
            labels == other.labels &&
            words == other.words &&
            hasLanguageModel == other.hasLanguageModel

    override fun hashCode(): Int = 31 * (31 * name.hashCode() + precision.hashCode()) + words.hashCode()

    override fun toString(): String =
        "EngineInfo($name, $language, $precision, $runtime $runtimeVersion $runtimeLibrary, ${labels.size} labels, $words words, " +
            "language model $hasLanguageModel)"
}

/**
 * Memory that an engine takes, in bytes.
 *
 * @property mapped files of the bundle that are mapped: the system reads them as they are needed
 * and takes them back under pressure.
 * @property encoderFile the encoder's file, a part of [mapped]; the runtime holds its weights once
 * more, in a form of its own.
 * @property transducer weights of prediction network and joint.
 * @property prefixes beginnings of words that were worked out when the engine opened.
 * @property userWords the user's words, about.
 */
public class MemoryUse internal constructor(
    public val mapped: Long,
    public val encoderFile: Long,
    public val transducer: Long,
    public val prefixes: Long,
    public val userWords: Long,
) {
    override fun equals(other: Any?): Boolean =
        other is MemoryUse &&
            mapped == other.mapped &&
            encoderFile == other.encoderFile &&
            transducer == other.transducer &&
            prefixes == other.prefixes &&
            userWords == other.userWords

    override fun hashCode(): Int = 31 * mapped.hashCode() + transducer.hashCode()

    override fun toString(): String =
        "MemoryUse(mapped $mapped, of these encoder $encoderFile, transducer $transducer, prefixes $prefixes, user's words $userWords)"
}

/**
 * How far an engine is from its bundle's golden swipes; it is within what the bundle allows.
 *
 * @property swipes how many golden swipes were decoded.
 * @property encoderDifference largest difference of a number of the encoder.
 * @property scoreDifference largest difference of a word's score.
 */
public class SelfTestReport internal constructor(
    public val swipes: Int,
    public val encoderDifference: Double,
    public val scoreDifference: Double,
) {
    override fun equals(other: Any?): Boolean =
        other is SelfTestReport &&
            swipes == other.swipes &&
            encoderDifference == other.encoderDifference &&
            scoreDifference == other.scoreDifference

    override fun hashCode(): Int = 31 * (31 * swipes + encoderDifference.hashCode()) + scoreDifference.hashCode()

    override fun toString(): String =
        "SelfTestReport($swipes swipes, encoder within $encoderDifference, scores within $scoreDifference)"
}

/**
 * An engine with words of its own, see [SwipeEngine.withWords].
 *
 * @property engine the engine; it must be closed.
 * @property rejected the words that cannot be swiped, and why.
 */
public class EngineWithWords internal constructor(
    public val engine: SwipeEngine,
    public val rejected: Map<String, WordRejection>,
) {
    /** Without the words. */
    override fun toString(): String = "EngineWithWords(${rejected.size} rejected)"
}
