package io.github.swipekit.sample.text

import io.github.swipekit.Candidate
import io.github.swipekit.Spelling
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class SuggestionModelTest {
    private val model = SuggestionModel()

    private fun words(vararg words: String, confidence: Double = 0.9) = words.map { Candidate(it, confidence, -1.0, -1.0) }

    private fun shown() = model.suggestions.map { if (it.isNew) "+${it.text}" else it.text }

    @Test
    fun `words so far are shown, then those of the whole swipe`() {
        model.partial(words("he", "the"))
        assertTrue(model.isPartial)
        assertEquals(listOf("he", "the"), shown())
        model.finished(words("hello", "hell", "jello", "help", "held"), null)
        assertFalse(model.isPartial)
        assertEquals(listOf("hello", "hell", "jello", "help"), shown())
        model.clear()
        assertEquals(emptyList<String>(), shown())
    }

    @Test
    fun `letters that are no word are offered where the words are doubtful`() {
        model.finished(words("hello", "hell", "jello", "help", confidence = 0.3), Spelling("helko", 0.2, -1.0))
        assertEquals(listOf("hello", "hell", "jello", "+helko"), shown())
    }

    @Test
    fun `clear letters are offered beside a good word, others not`() {
        model.finished(words("hello"), Spelling("helko", 0.7, -1.0))
        assertEquals(listOf("hello", "+helko"), shown())
        model.finished(words("hello"), Spelling("helko", 0.2, -1.0))
        assertEquals(listOf("hello"), shown())
    }

    @Test
    fun `letters of a word that is shown are no new word`() {
        model.finished(words("don't", "Dont's", confidence = 0.1), Spelling("dont", 0.9, -1.0))
        assertEquals(listOf("don't", "Dont's"), shown())
        model.finished(words("Paris", confidence = 0.1), Spelling("paris", 0.9, -1.0))
        assertEquals(listOf("Paris"), shown())
    }

    @Test
    fun `where no word was found the letters are all there is, one letter is none`() {
        model.finished(emptyList(), Spelling("qxz", 0.1, -1.0))
        assertEquals(listOf("+qxz"), shown())
        model.finished(emptyList(), Spelling("q", 0.9, -1.0))
        assertEquals(emptyList<String>(), shown())
    }

    @Test
    fun `an added word is a word`() {
        model.finished(words("hello", confidence = 0.1), Spelling("helko", 0.7, -1.0))
        model.added("helko")
        assertEquals(listOf("hello", "helko"), shown())
        assertFalse(model.suggestions.toString().contains("hel"))
    }
}
