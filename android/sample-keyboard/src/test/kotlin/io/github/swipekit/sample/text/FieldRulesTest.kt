package io.github.swipekit.sample.text

import android.text.InputType
import android.view.inputmethod.EditorInfo
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

class FieldRulesTest {
    private val text = InputType.TYPE_CLASS_TEXT

    @Test
    fun `plain text is swiped, learned from and set apart`() {
        val rules = FieldRules.of(text or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES, EditorInfo.IME_ACTION_SEND)
        assertTrue(rules.swipes && rules.personal && rules.spaces)
        assertFalse(rules.isMultiLine || rules.rawKeys || rules.startsWithSymbols)
        assertEquals(Capitals.SENTENCES, rules.capitals)
        assertEquals(EditorInfo.IME_ACTION_SEND, rules.action)
    }

    @ParameterizedTest
    @ValueSource(
        ints = [
            InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_PASSWORD,
            InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_VISIBLE_PASSWORD,
            InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_WEB_PASSWORD or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES,
            InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_VARIATION_PASSWORD,
        ],
    )
    fun `passwords are neither swiped nor learned from`(inputType: Int) {
        val rules = FieldRules.of(inputType, 0)
        assertFalse(rules.swipes || rules.personal || rules.spaces)
        assertEquals(Capitals.NONE, rules.capitals)
    }

    @Test
    fun `private windows are swiped and not learned from`() {
        val rules = FieldRules.of(text, EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING or EditorInfo.IME_ACTION_GO)
        assertTrue(rules.swipes && rules.spaces)
        assertFalse(rules.personal)
        assertEquals(EditorInfo.IME_ACTION_GO, rules.action)
    }

    @Test
    fun `addresses have no spaces and no capitals`() {
        for (variation in listOf(InputType.TYPE_TEXT_VARIATION_URI, InputType.TYPE_TEXT_VARIATION_EMAIL_ADDRESS)) {
            val rules = FieldRules.of(text or variation or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES, 0)
            assertTrue(rules.swipes)
            assertFalse(rules.spaces)
            assertEquals(Capitals.NONE, rules.capitals)
        }
    }

    @Test
    fun `numbers begin with digits`() {
        for (kind in listOf(InputType.TYPE_CLASS_NUMBER, InputType.TYPE_CLASS_PHONE, InputType.TYPE_CLASS_DATETIME)) {
            assertTrue(FieldRules.of(kind, 0).startsWithSymbols)
            assertFalse(FieldRules.of(kind, 0).swipes)
        }
    }

    @Test
    fun `terminals get keys`() {
        val rules = FieldRules.of(InputType.TYPE_NULL, EditorInfo.IME_ACTION_SEND)
        assertTrue(rules.rawKeys)
        assertFalse(rules.swipes || rules.personal)
        assertEquals(EditorInfo.IME_ACTION_NONE, rules.action)
    }

    @Test
    fun `a field of many lines takes line breaks where it says so`() {
        val rules = FieldRules.of(
            text or InputType.TYPE_TEXT_FLAG_MULTI_LINE,
            EditorInfo.IME_FLAG_NO_ENTER_ACTION or EditorInfo.IME_ACTION_SEND,
        )
        assertTrue(rules.isMultiLine)
        assertEquals(EditorInfo.IME_ACTION_NONE, rules.action)
        assertEquals(EditorInfo.IME_ACTION_NONE, FieldRules.of(text, EditorInfo.IME_ACTION_UNSPECIFIED).action)
    }
}
