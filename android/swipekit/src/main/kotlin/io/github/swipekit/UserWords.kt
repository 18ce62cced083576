package io.github.swipekit

import io.github.swipekit.internal.Handle
import io.github.swipekit.internal.Native
import io.github.swipekit.internal.Packed
import java.io.File

/** Why a word is not taken. */
public enum class WordRejection(internal val code: Int) {
    /** It has no character. */
    EMPTY(1),

    /** A character of it cannot be typed with the model's labels. */
    NOT_TYPABLE(2),

    /** It is too long. */
    TOO_LONG(3),

    /** There are as many words as there can be. */
    TOO_MANY(4),

    /** Its weight, prior or boost is out of range or not finite. */
    WEIGHT_OUT_OF_RANGE(5),

    /** Another reason, of a newer native library. */
    OTHER(9),
    ;

    internal companion object {
        fun of(code: Int): WordRejection? = if (code == 0) null else entries.find { it.code == code } ?: OTHER
    }
}

/**
 * One of the user's words.
 *
 * @property word the word as it is written.
 * @property logPrior its log prior in nats where it was added; null where it is a lexicon's word
 * that was boosted, chosen or blocked.
 * @property boost nats by which it was made likelier.
 * @property timesChosen how often it was chosen, old choices counting less.
 * @property isBlocked whether it is never shown.
 */
public class UserWord internal constructor(
    public val word: String,
    public val logPrior: Float?,
    public val boost: Float,
    public val timesChosen: Double,
    public val isBlocked: Boolean,
) {
    override fun equals(other: Any?): Boolean =
        other is UserWord &&
            word == other.word &&
            logPrior == other.logPrior &&
            boost == other.boost &&
            timesChosen == other.timesChosen &&
            isBlocked == other.isBlocked

    override fun hashCode(): Int = 31 * word.hashCode() + isBlocked.hashCode()

    /** Without the word: what is typed belongs in no log. */
    override fun toString(): String = "UserWord(${word.length} characters)"
}

/**
 * The user's own words, and what was learned of the user's choices. Shared by an engine, those made
 * of it, and their sessions; changes count from the next gesture on.
 *
 * Any thread may call it. Changes take microseconds; [export], [import] and [entries] of many words
 * belong on a background thread. All throw [EngineClosedException] where the engine is closed.
 */
public class UserWords internal constructor(private val engine: Handle) {
    /**
     * Adds [word] with the prior of a common word, or leaves it as it is where it was added before;
     * a blocked word stays blocked. Returns why it was not taken, null where it was.
     */
    @Throws(SwipeException::class)
    public fun add(word: String): WordRejection? = change(ADD, word)

    /**
     * Adds [word] with [logPrior] in nats, -100 to 0. Returns why it was not taken, null where it
     * was.
     */
    @Throws(SwipeException::class)
    public fun addWith(word: String, logPrior: Float): WordRejection? = change(ADD_WITH, word, logPrior)

    /**
     * Forgets everything about [word]. Returns why it can be none of these words, null otherwise.
     */
    @Throws(SwipeException::class)
    public fun remove(word: String): WordRejection? = change(REMOVE, word)

    /**
     * Makes [word] likelier by [nats], less likely where they are below 0; boosts do not add up.
     */
    @Throws(SwipeException::class)
    public fun boost(word: String, nats: Float): WordRejection? = change(BOOST, word, nats)

    /** Never shows [word] again, in capitals or without. */
    @Throws(SwipeException::class)
    public fun block(word: String): WordRejection? = change(BLOCK, word)

    /** Shows a blocked [word] again. */
    @Throws(SwipeException::class)
    public fun unblock(word: String): WordRejection? = change(UNBLOCK, word)

    /**
     * Notes that the user chose [word]: it becomes likelier, and fades as other words are chosen.
     */
    @Throws(SwipeException::class)
    public fun learn(word: String): WordRejection? = change(LEARN, word)

    /** Number of words that something is known of. */
    @get:Throws(SwipeException::class)
    public val size: Int
        get() = engine.use { Native.wordsSize(it) }

    /** All of them. */
    @Throws(SwipeException::class)
    public fun entries(): List<UserWord> =
        Packed(engine.use { Native.wordsEntries(it) }).list {
            val word = text()
            val hasPrior = flag()
            val prior = float()
            UserWord(word, prior.takeIf { hasPrior }, float(), double(), flag())
        }

    /** Forgets all of them. */
    @Throws(SwipeException::class)
    public fun clear(): Unit = engine.use { Native.wordsClear(it) }

    /**
     * Writes them to [file], which is there as a whole or as it was. It holds what the user typed:
     * keep it in the app's private files.
     *
     * @throws StorageException where it cannot be written.
     */
    @Throws(SwipeException::class)
    public fun export(file: File): Unit = engine.use { Native.wordsExport(it, file.path) }

    /**
     * Puts the words of a [file] of [export] in the place of these; Java calls it `importFrom`.
     * These stay where that fails.
     *
     * @throws BundleNotFoundException where it cannot be read.
     * @throws BundleDamagedException where it is something else.
     * @throws BundleUnsupportedException where a newer swipekit wrote it.
     */
    @JvmName("importFrom")
    @Throws(SwipeException::class)
    public fun import(file: File): Unit = engine.use { Native.wordsImport(it, file.path) }

    private fun change(operation: Int, word: String, value: Float = 0f): WordRejection? =
        WordRejection.of(engine.use { Native.wordsChange(it, operation, word, value) })

    private companion object {
        const val ADD = 0
        const val ADD_WITH = 1
        const val REMOVE = 2
        const val BOOST = 3
        const val BLOCK = 4
        const val UNBLOCK = 5
        const val LEARN = 6
    }
}
