package io.github.swipekit.sample.text

import android.text.InputType
import android.view.inputmethod.EditorInfo

/** Which letters a field wants to be capital. */
enum class Capitals { NONE, SENTENCES, WORDS, ALL }

/**
 * What may be done in a text field, worked out of its `EditorInfo`.
 *
 * @property swipes whether swipes are decoded: not in passwords, numbers and raw terminals, where a
 * word is never meant.
 * @property personal whether the user's own words are used and learned from here. Not in passwords,
 * and not where the app asks for no personalised learning, as a browser does in a private window.
 * @property spaces whether words are set apart by spaces: not in addresses of mail and web.
 * @property capitals which letters are made capital.
 * @property startsWithSymbols whether digits are what is needed first.
 * @property action what the enter key does, one of `EditorInfo.IME_ACTION_*`;
 * [EditorInfo.IME_ACTION_NONE] for a new line.
 * @property isMultiLine whether it takes line breaks as text.
 * @property rawKeys whether the field takes key events only.
 */
class FieldRules private constructor(
    val swipes: Boolean,
    val personal: Boolean,
    val spaces: Boolean,
    val capitals: Capitals,
    val startsWithSymbols: Boolean,
    val action: Int,
    val isMultiLine: Boolean,
    val rawKeys: Boolean,
) {
    companion object {
        /** Rules of a field with the [inputType] and [imeOptions] of its `EditorInfo`. */
        fun of(inputType: Int, imeOptions: Int): FieldRules {
            val kind = inputType and InputType.TYPE_MASK_CLASS
            val variation = inputType and InputType.TYPE_MASK_VARIATION
            val isText = kind == InputType.TYPE_CLASS_TEXT
            val isPassword = isPassword(kind, variation)
            val isAddress = isText && variation in ADDRESSES
            return FieldRules(
                swipes = isText && !isPassword,
                // The flag is of API 26; older systems never set it.
                personal = isText && !isPassword && imeOptions and EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING == 0,
                spaces = isText && !isPassword && !isAddress,
                capitals = if (isText && !isPassword && !isAddress) capitals(inputType) else Capitals.NONE,
                startsWithSymbols = kind == InputType.TYPE_CLASS_NUMBER ||
                    kind == InputType.TYPE_CLASS_PHONE ||
                    kind == InputType.TYPE_CLASS_DATETIME,
                action = action(inputType, imeOptions),
                isMultiLine = isText && inputType and InputType.TYPE_TEXT_FLAG_MULTI_LINE != 0,
                rawKeys = inputType == InputType.TYPE_NULL,
            )
        }

        /** Whether it is a password, of letters or digits, shown or not. */
        private fun isPassword(kind: Int, variation: Int): Boolean = when (kind) {
            InputType.TYPE_CLASS_TEXT -> variation in PASSWORDS
            InputType.TYPE_CLASS_NUMBER -> variation == InputType.TYPE_NUMBER_VARIATION_PASSWORD
            else -> false
        }

        private fun capitals(inputType: Int): Capitals = when {
            inputType and InputType.TYPE_TEXT_FLAG_CAP_CHARACTERS != 0 -> Capitals.ALL
            inputType and InputType.TYPE_TEXT_FLAG_CAP_WORDS != 0 -> Capitals.WORDS
            inputType and InputType.TYPE_TEXT_FLAG_CAP_SENTENCES != 0 -> Capitals.SENTENCES
            else -> Capitals.NONE
        }

        private fun action(inputType: Int, imeOptions: Int): Int {
            val action = imeOptions and EditorInfo.IME_MASK_ACTION
            return when {
                inputType == InputType.TYPE_NULL -> EditorInfo.IME_ACTION_NONE
                imeOptions and EditorInfo.IME_FLAG_NO_ENTER_ACTION != 0 -> EditorInfo.IME_ACTION_NONE
                action == EditorInfo.IME_ACTION_UNSPECIFIED -> EditorInfo.IME_ACTION_NONE
                else -> action
            }
        }

        private val PASSWORDS = setOf(
            InputType.TYPE_TEXT_VARIATION_PASSWORD,
            InputType.TYPE_TEXT_VARIATION_VISIBLE_PASSWORD,
            InputType.TYPE_TEXT_VARIATION_WEB_PASSWORD,
        )

        private val ADDRESSES = setOf(
            InputType.TYPE_TEXT_VARIATION_URI,
            InputType.TYPE_TEXT_VARIATION_EMAIL_ADDRESS,
            InputType.TYPE_TEXT_VARIATION_WEB_EMAIL_ADDRESS,
        )
    }
}
