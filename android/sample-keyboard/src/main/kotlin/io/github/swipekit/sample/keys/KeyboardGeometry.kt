package io.github.swipekit.sample.keys

import io.github.swipekit.LetterArea

/** What a key does. */
enum class KeyKind { CHARACTER, SHIFT, DELETE, SPACE, ENTER, LETTERS, SYMBOLS }

/**
 * A key of the keyboard, in pixels of its view. Neighbours share their edges; gaps between keys are
 * drawn, not touched.
 *
 * @property text what it types, in small letters; what is written on it for keys that type nothing.
 */
class KeyboardKey(val kind: KeyKind, val text: String, val left: Float, val top: Float, val width: Float, val height: Float) {
    val right: Float get() = left + width
    val bottom: Float get() = top + height
    val centreX: Float get() = left + width / 2
    val centreY: Float get() = top + height / 2

    /** Whether a swipe may begin on it. */
    val isLetter: Boolean get() = kind == KeyKind.CHARACTER && text.length == 1 && text[0].isLetter()

    /** Without its text: what is pressed belongs in no log. */
    override fun toString(): String = "KeyboardKey($kind)"
}

/** The two sides of the keyboard. */
enum class KeyboardPage { LETTERS, SYMBOLS }

/**
 * Keys of a page, laid over a view of [width] x [height] pixels: four rows of one height, ten keys
 * a row. The letters are those of a QWERTY keyboard as it is everywhere, the second row shifted by
 * half a key and the third by one and a half.
 */
class KeyboardGeometry(val page: KeyboardPage, val width: Float, val height: Float) {
    /** Width of a letter's key. */
    val keyWidth: Float = width / COLUMNS

    /** Height of a row. */
    val keyHeight: Float = height / ROWS

    /** The keys, row by row. */
    val rows: List<List<KeyboardKey>> = when (page) {
        KeyboardPage.LETTERS -> letters()
        KeyboardPage.SYMBOLS -> symbols()
    }

    /** All keys. */
    val keys: List<KeyboardKey> = rows.flatten()

    /**
     * The rectangle of the letters, which swipes are measured by; null where there are none or the
     * view has no size yet.
     */
    val letterArea: LetterArea? = when {
        page != KeyboardPage.LETTERS || width <= 0f || height <= 0f -> null
        else -> LetterArea(0f, 0f, width, LETTER_ROWS * keyHeight)
    }

    /**
     * The key at a point: in its row the one that is nearest, so that nothing between and beside
     * keys is dead.
     */
    fun keyAt(x: Float, y: Float): KeyboardKey? {
        if (width <= 0f || height <= 0f || x.isNaN() || y.isNaN()) return null
        val row = rows[(y / keyHeight).toInt().coerceIn(0, ROWS - 1)]
        return row.minByOrNull { key -> maxOf(key.left - x, x - key.right, 0f) }
    }

    private fun letters() = listOf(
        characters(0, "qwertyuiop", 0f),
        characters(1, "asdfghjkl", 0.5f),
        listOf(key(KeyKind.SHIFT, "", 2, 0f, 1.5f)) + characters(2, "zxcvbnm", 1.5f) + key(KeyKind.DELETE, "", 2, 8.5f, 1.5f),
        bottom(KeyKind.SYMBOLS, "?123"),
    )

    private fun symbols() = listOf(
        characters(0, "1234567890", 0f),
        characters(1, "@#$%&-+()/", 0f),
        characters(2, "*\"':;!?_", 0.5f) + key(KeyKind.DELETE, "", 2, 8.5f, 1.5f),
        bottom(KeyKind.LETTERS, "ABC"),
    )

    private fun bottom(page: KeyKind, label: String) = listOf(
        key(page, label, 3, 0f, 1.5f),
        key(KeyKind.CHARACTER, ",", 3, 1.5f, 1f),
        key(KeyKind.SPACE, " ", 3, 2.5f, 5f),
        key(KeyKind.CHARACTER, ".", 3, 7.5f, 1f),
        key(KeyKind.ENTER, "\n", 3, 8.5f, 1.5f),
    )

    private fun characters(row: Int, texts: String, column: Float) =
        texts.mapIndexed { at, text -> key(KeyKind.CHARACTER, text.toString(), row, column + at, 1f) }

    private fun key(kind: KeyKind, text: String, row: Int, column: Float, columns: Float) =
        KeyboardKey(kind, text, column * keyWidth, row * keyHeight, columns * keyWidth, keyHeight)

    private companion object {
        const val COLUMNS = 10
        const val ROWS = 4
        const val LETTER_ROWS = 3
    }
}
