package io.github.swipekit.sample.engine

import io.github.swipekit.Candidate
import io.github.swipekit.LetterArea
import io.github.swipekit.SessionOptions
import io.github.swipekit.Spelling
import io.github.swipekit.SwipeEngine
import io.github.swipekit.SwipeSession
import io.github.swipekit.SwipeTrace
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.map
import java.io.File

/** Words of swipekit's engine, which it closes. */
class SwipeEngineSource(private val engine: SwipeEngine) : WordSource {
    /**
     * The added words; asking the engine for all its entries with every partial result would be
     * waste.
     */
    @Volatile
    private var added: Set<String> = emptySet()

    override suspend fun warmUp(): Unit = engine.warmUp()

    override fun openSwipes(): Swipes = SessionSwipes(engine.newSession(SessionOptions.DEFAULT))

    override suspend fun spell(area: LetterArea, numbers: DoubleArray, count: Int): List<Spelling> =
        engine.spell(SwipeTrace(area).apply { add(numbers, count) }, 1)

    override fun addWord(word: String): Boolean {
        val isTaken = engine.words.add(word) == null
        if (isTaken) added = added + word.lowercase()
        return isTaken
    }

    override fun learn(word: String) {
        engine.words.learn(word)
    }

    override fun addedWords(): Set<String> = added

    override fun save(file: File): Unit = engine.words.export(file)

    override fun load(file: File) {
        engine.words.import(file)
        // Those with a prior of their own are not from the lexicon.
        added = engine.words.entries().filter { it.logPrior != null }.mapTo(HashSet()) { it.word.lowercase() }
    }

    override fun trimMemory(): Unit = engine.trimMemory()

    override fun close(): Unit = engine.close()
}

private class SessionSwipes(private val session: SwipeSession) : Swipes {
    override val partials: Flow<List<Candidate>> = session.partials().map { it.candidates }

    override fun begin(area: LetterArea, context: List<String>) {
        session.setContext(context)
        session.begin(area)
    }

    override fun push(numbers: DoubleArray, count: Int): Unit = session.push(numbers, count)

    override suspend fun finish(): List<Candidate> = session.finish(DEADLINE_MILLIS)

    override fun abandon(): Unit = session.abandon()

    override fun close(): Unit = session.close()

    private companion object {
        /** A word that is not quite the best is better than one that comes late. */
        const val DEADLINE_MILLIS = 400
    }
}
