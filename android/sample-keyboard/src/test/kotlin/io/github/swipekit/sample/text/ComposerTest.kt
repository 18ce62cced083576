package io.github.swipekit.sample.text

import android.text.InputType
import android.view.inputmethod.EditorInfo
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class ComposerTest {
    private val sentences = FieldRules.of(InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES, 0)
    private val plain = FieldRules.of(InputType.TYPE_CLASS_TEXT, 0)
    private val shift = Shift()
    private val composer = Composer(shift)
    private val chosen = mutableListOf<String>()
    private val field = TestField()

    private fun start(marked: String, rules: FieldRules = plain) {
        field.move(marked)
        composer.onChosen = { chosen += it }
        composer.start(rules, field)
    }

    private fun type(text: String) = text.forEach {
        if (it == ' ') composer.space(field) else composer.type(field, it.toString())
    }

    @Test
    fun `words of swipes are set apart, and marks follow them`() {
        start("|")
        composer.swiped(field, "hello")
        composer.swiped(field, "world")
        type(",")
        composer.swiped(field, "again")
        type(".")
        assertEquals("hello world, again.|", field.marked)
    }

    @Test
    fun `a letter behind a swiped word begins another, a space is the one that is awaited`() {
        start("|")
        composer.swiped(field, "hello")
        type("you ")
        composer.swiped(field, "there")
        type(" a")
        assertEquals("hello you there a|", field.marked)
    }

    @Test
    fun `a letter behind a mark is no new word`() {
        start("|")
        composer.swiped(field, "example")
        type(".com")
        assertEquals("example.com|", field.marked)
    }

    @Test
    fun `sentences begin with a capital, swiped or tapped`() {
        start("|", sentences)
        composer.swiped(field, "hello")
        type(".")
        composer.swiped(field, "again")
        type(". no")
        assertEquals("Hello. Again. No|", field.marked)
    }

    @Test
    fun `the shift key says otherwise`() {
        start("|", sentences)
        shift.tap(1000)
        composer.swiped(field, "hello")
        shift.tap(2000)
        composer.swiped(field, "paris")
        shift.tap(3000)
        shift.tap(3100)
        composer.swiped(field, "nasa")
        type("x")
        assertEquals("hello Paris NASA X|", field.marked)
    }

    @Test
    fun `a suggestion takes the word's place, with its space and its capital`() {
        start("say|", sentences)
        composer.swiped(field, "ok")
        assertEquals(true, composer.replace(field, "oil"))
        assertEquals("say oil|", field.marked)
        start("|", sentences)
        composer.swiped(field, "ok")
        composer.replace(field, "oil")
        composer.replace(field, "old")
        assertEquals("Old|", field.marked)
        composer.swiped(field, "man")
        assertEquals("Old man|", field.marked)
    }

    @Test
    fun `a word that is a capital letter does not make the next one big`() {
        start("so|")
        composer.swiped(field, "I")
        composer.replace(field, "if")
        assertEquals("so if|", field.marked)
        start("so|")
        shift.tap(1000)
        shift.tap(1100)
        composer.swiped(field, "at")
        composer.replace(field, "as")
        assertEquals("so AS|", field.marked)
    }

    @Test
    fun `nothing is replaced where the word is no longer`() {
        start("|")
        composer.swiped(field, "ok")
        field.move("ok or not|")
        assertEquals(false, composer.replace(field, "oil"))
        assertEquals("ok or not|", field.marked)
        assertNull(composer.lastWord)
    }

    @Test
    fun `delete takes a swiped word, then characters`() {
        start("say|")
        composer.swiped(field, "hello")
        composer.delete(field)
        assertEquals("say|", field.marked)
        composer.delete(field)
        assertEquals("sa|", field.marked)
        start("a😀|")
        composer.delete(field)
        assertEquals("a|", field.marked)
    }

    @Test
    fun `delete takes what is selected, and is the app's where nothing is known`() {
        start("say|")
        composer.swiped(field, "hello")
        field.selected = "hello"
        composer.delete(field)
        assertEquals(1, field.deleteKeys)
        start("|")
        composer.delete(field)
        assertEquals(2, field.deleteKeys)
    }

    @Test
    fun `in front of a word a swiped one brings its space along`() {
        start("hello |world")
        composer.swiped(field, "big")
        assertEquals("hello big |world", field.marked)
        composer.replace(field, "bug")
        assertEquals("hello bug |world", field.marked)
        type(" ")
        assertEquals("hello bug |world", field.marked)
        composer.swiped(field, "old")
        composer.delete(field)
        assertEquals("hello bug |world", field.marked)
    }

    @Test
    fun `words that stay are chosen, others are not`() {
        start("|")
        composer.swiped(field, "one")
        composer.swiped(field, "too")
        composer.replace(field, "two")
        type(" ")
        composer.swiped(field, "three")
        composer.delete(field)
        composer.swiped(field, "four")
        composer.done(field)
        assertEquals(listOf("one", "two", "four"), chosen)
    }

    @Test
    fun `words are chosen as the engine has them`() {
        start("|", sentences)
        composer.swiped(field, "hello")
        type(".")
        assertEquals(listOf("hello"), chosen)
    }

    @Test
    fun `private fields are not learned from`() {
        start("|", FieldRules.of(InputType.TYPE_CLASS_TEXT, EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING))
        composer.swiped(field, "one")
        composer.swiped(field, "two")
        type(".")
        assertEquals("one two.|", field.marked)
        assertEquals(emptyList<String>(), chosen)
    }

    @Test
    fun `addresses get no spaces`() {
        start("|", FieldRules.of(InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_EMAIL_ADDRESS, 0))
        composer.swiped(field, "john")
        composer.swiped(field, "doe")
        type("x@")
        assertEquals("johndoex@|", field.marked)
        assertEquals(emptyList<String>(), composer.context(field))
    }

    @Test
    fun `the engine hears the words before the cursor`() {
        start("It works. I am|")
        assertEquals(listOf("<s>", "I", "am"), composer.context(field))
        start("It works.|")
        assertEquals(listOf("<s>"), composer.context(field))
    }

    @Test
    fun `a cursor that goes elsewhere leaves the word be`() {
        start("|")
        composer.swiped(field, "hello")
        assertEquals(true, composer.cursorMoved(field))
        field.move("he|llo")
        assertEquals(false, composer.cursorMoved(field))
        type("x")
        assertEquals("hex|llo", field.marked)
    }

    @Test
    fun `a new line begins a sentence`() {
        start("Well|", sentences)
        composer.newLine(field)
        type("so")
        assertEquals("Well\nSo|", field.marked)
    }
}
