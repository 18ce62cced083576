package io.github.swipekit.sample.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

class WritingTest {
    @ParameterizedTest
    @ValueSource(strings = ["hello", "7", "Hi.", "so,", "(yes)", "why?", "he said \"no\"", "50%", "dogs'", "ok 😀", "naïve", "it’s"])
    fun `a word is set apart from`(before: String) {
        assertEquals(true, Writing.needsSpace(before))
    }

    @ParameterizedTest
    @ValueSource(strings = ["", " ", "hello ", "line\n", "(", "he said \"", "well-", "and/", "#", "@", "say '", "'"])
    fun `a word is not set apart from`(before: String) {
        assertEquals(false, Writing.needsSpace(before))
    }

    @ParameterizedTest
    @ValueSource(strings = ["", "Hello. ", "Oh! ", "What?  ", "line\n", "He left.\" ", "He left.) ", "(", "\"", "one\n  ", "Really… ", "Yes. \""])
    fun `a sentence begins behind`(before: String) {
        assertEquals(true, Writing.beginsSentence(before))
    }

    @ParameterizedTest
    @ValueSource(strings = ["Hello", "Hello ", "Hello.", "3.", "so, ", "a (", "say \"", "1.5 "])
    fun `no sentence begins behind`(before: String) {
        assertEquals(false, Writing.beginsSentence(before))
    }

    @Test
    fun `capitals are as the field wants them`() {
        assertEquals(true, Writing.isCapital("Hello. ", Capitals.SENTENCES))
        assertEquals(false, Writing.isCapital("Hello ", Capitals.SENTENCES))
        assertEquals(true, Writing.isCapital("Hello ", Capitals.WORDS))
        assertEquals(false, Writing.isCapital("O'", Capitals.WORDS))
        assertEquals(false, Writing.isCapital("x", Capitals.WORDS))
        assertEquals(true, Writing.isCapital("x", Capitals.ALL))
        assertEquals(false, Writing.isCapital("", Capitals.NONE))
    }

    private fun context(before: String, isWhole: Boolean = true) = Writing.context(before, isWhole)

    @Test
    fun `the words of the sentence before the cursor are its context`() {
        assertEquals(listOf("<s>"), context(""))
        assertEquals(listOf("<s>", "I", "am"), context("I am "))
        assertEquals(listOf("<s>", "we"), context("It is over. Then \nwe "))
        assertEquals(listOf("<s>"), context("It is over. "))
        assertEquals(listOf("<s>", "well-known", "don't", "he"), context("It is. (well-known, don't \"he "))
    }

    @Test
    fun `four words are enough`() {
        assertEquals(listOf("two", "three", "four", "five"), context("one two three four five "))
        assertEquals(listOf("<s>", "one", "two", "three", "four"), context("one two three four "))
    }

    @Test
    fun `half a word at the edge of what is known is none`() {
        assertEquals(listOf("dog"), context("wn dog ", isWhole = false))
        assertEquals(emptyList<String>(), context("wn", isWhole = false))
        assertEquals(emptyList<String>(), context("", isWhole = false))
    }

    @Test
    fun `what a person sees as one character goes at once`() {
        assertEquals(0, Writing.lastCharacter(""))
        assertEquals(1, Writing.lastCharacter("ab"))
        assertEquals(2, Writing.lastCharacter("a😀"))
        assertEquals(2, Writing.lastCharacter("ae\u0301"))
    }

    @Test
    fun `capitals that a word has stay`() {
        assertEquals("Hello", Writing.capitalized("hello"))
        assertEquals("McDonald", Writing.capitalized("McDonald"))
        assertEquals("", Writing.capitalized(""))
    }
}
