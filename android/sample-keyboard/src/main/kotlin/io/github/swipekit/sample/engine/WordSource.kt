package io.github.swipekit.sample.engine

import io.github.swipekit.Candidate
import io.github.swipekit.LetterArea
import io.github.swipekit.Spelling
import kotlinx.coroutines.flow.Flow
import java.io.File

/** Where words come from: the engine, or what stands for it in tests. */
interface WordSource : AutoCloseable {
    /** Makes the first swipe as fast as the others. */
    suspend fun warmUp()

    /** A session for one keyboard view's swipes. */
    fun openSwipes(): Swipes

    /** What [count] points of [numbers] in [area] spell, best first. */
    suspend fun spell(area: LetterArea, numbers: DoubleArray, count: Int): List<Spelling>

    /** Adds one of the user's words. False where it cannot be swiped. */
    fun addWord(word: String): Boolean

    /** Notes that the user chose a word. */
    fun learn(word: String)

    /** The words that the user added, in small letters. */
    fun addedWords(): Set<String>

    /** Writes the user's words to [file], all of it or nothing. Blocking. */
    fun save(file: File)

    /** Reads the user's words from [file]. Blocking. */
    fun load(file: File)

    /** Drops what can be made again. */
    fun trimMemory()
}

/** Swipes as they are made, one after the other. */
interface Swipes : AutoCloseable {
    /** Words of the swipe that goes on. */
    val partials: Flow<List<Candidate>>

    /** A swipe begins, over letters in [area], behind the words [context]. Never waits. */
    fun begin(area: LetterArea, context: List<String>)

    /**
     * The next [count] points of it are those of [numbers]: x, y and milliseconds of each. Never
     * waits.
     */
    fun push(numbers: DoubleArray, count: Int)

    /** It ends: its words, best first. */
    suspend fun finish(): List<Candidate>

    /** It was none. */
    fun abandon()
}
