package io.github.swipekit.sample.text

import io.github.swipekit.Candidate
import io.github.swipekit.Spelling

/**
 * Something to tap on in the strip.
 *
 * @property isNew whether it is no word yet: a tap makes it one of the user's.
 */
class Suggestion(val text: String, val isNew: Boolean) {
    override fun equals(other: Any?): Boolean = other is Suggestion && text == other.text && isNew == other.isNew

    override fun hashCode(): Int = 31 * text.hashCode() + isNew.hashCode()

    /** Without the text: what is typed belongs in no log. */
    override fun toString(): String = "Suggestion(${text.length} characters, new $isNew)"
}

/**
 * What the strip shows: words so far while the finger moves, and those to choose from when it is
 * lifted.
 */
class SuggestionModel {
    /** What there is to tap on, best first. */
    var suggestions: List<Suggestion> = emptyList()
        private set

    /** Whether the finger still moves: the words are to be seen then, and not to be tapped on. */
    var isPartial: Boolean = false
        private set

    /** Words so far. */
    fun partial(candidates: List<Candidate>) {
        isPartial = true
        suggestions = words(candidates)
    }

    /**
     * The words of a whole swipe. [spelling], its letters as such, is offered as a new word where
     * it is none of them and may well be what was meant: nothing better was found, or the letters
     * are clear.
     */
    fun finished(candidates: List<Candidate>, spelling: Spelling?) {
        isPartial = false
        suggestions = words(candidates)
        if (spelling != null && isOffered(candidates, spelling)) {
            suggestions = suggestions.take(MOST - 1) + Suggestion(spelling.text, isNew = true)
        }
    }

    /** The user's own word that was new is one now. */
    fun added(word: String) {
        suggestions = suggestions.map { if (it.isNew && it.text == word) Suggestion(word, isNew = false) else it }
    }

    /** Nothing to choose from. */
    fun clear() {
        isPartial = false
        suggestions = emptyList()
    }

    private fun words(candidates: List<Candidate>) = candidates.take(MOST).map { Suggestion(it.word, isNew = false) }

    private fun isOffered(candidates: List<Candidate>, spelling: Spelling): Boolean {
        if (spelling.text.length < SHORTEST) return false
        // "dont" is the word "don't" already.
        val letters = spelling.text.filter { it.isLetter() }
        if (candidates.any { it.word.filter { letter -> letter.isLetter() }.equals(letters, ignoreCase = true) }) return false
        val best = candidates.firstOrNull() ?: return true
        return best.confidence < UNSURE || spelling.confidence >= CLEAR
    }

    private companion object {
        /** Places of the strip. */
        const val MOST = 4

        /** Letters of a new word at least. */
        const val SHORTEST = 2

        /** Confidence of the best word below which the letters are offered too. */
        const val UNSURE = 0.5

        /** Share of a spelling from which on it is offered beside a good word. */
        const val CLEAR = 0.5
    }
}
