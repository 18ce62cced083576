package io.github.swipekit.sample.engine

import io.github.swipekit.Candidate
import io.github.swipekit.DecodeFailedException
import io.github.swipekit.LetterArea
import io.github.swipekit.Spelling
import io.github.swipekit.SwipeException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import java.io.File

/** A source of words that does as it is told, and notes what it was asked. */
class FakeSource : WordSource {
    val asked = mutableListOf<String>()
    val learned = mutableListOf<String>()
    val added = mutableSetOf<String>()
    var isClosed = false
    var isWarm = false
    var rejects = false
    var spelling: Spelling? = null

    /** Words of the next swipes; an exception in their place is thrown. */
    val results = ArrayDeque<Result<List<Candidate>>>()

    /** Words come when this is done; at once where it is null. */
    var gate: CompletableDeferred<Unit>? = null
    val partial = MutableSharedFlow<List<Candidate>>(extraBufferCapacity = 8)
    val points = mutableListOf<Double>()
    var failsToBegin = false

    fun finds(vararg words: String, confidence: Double = 0.9) {
        results += Result.success(words.map { Candidate(it, confidence, -1.0, -1.0) })
    }

    fun fails() {
        results += Result.failure(failure<DecodeFailedException>())
    }

    override suspend fun warmUp() {
        isWarm = true
    }

    override fun openSwipes(): Swipes = object : Swipes {
        override val partials: Flow<List<Candidate>> = partial

        override fun begin(area: LetterArea, context: List<String>) {
            if (failsToBegin) throw failure<DecodeFailedException>()
            points.clear()
            asked += "begin ${context.joinToString(" ")}"
        }

        override fun push(numbers: DoubleArray, count: Int) {
            points += numbers.take(3 * count)
        }

        override suspend fun finish(): List<Candidate> {
            val result = results.removeFirstOrNull() ?: Result.success(emptyList())
            asked += "finish"
            gate?.await()
            return result.getOrThrow()
        }

        override fun abandon() {
            asked += "abandon"
        }

        override fun close() {
            asked += "close session"
        }
    }

    override suspend fun spell(area: LetterArea, numbers: DoubleArray, count: Int): List<Spelling> {
        asked += "spell"
        return listOfNotNull(spelling)
    }

    override fun addWord(word: String): Boolean = !rejects.also { if (!it) added += word }

    override fun learn(word: String) {
        learned += word
    }

    override fun addedWords(): Set<String> = added

    override fun save(file: File) = file.writeText(added.joinToString("\n"))

    override fun load(file: File) {
        added += file.readLines()
    }

    override fun trimMemory() {
        asked += "trim"
    }

    override fun close() {
        isClosed = true
    }
}

/** A failure as the engine throws it; the library alone makes them. */
inline fun <reified T : SwipeException> failure(): T = T::class.java.getConstructor(String::class.java).newInstance("as told")
