package io.github.swipekit

import io.github.swipekit.internal.Native
import io.github.swipekit.internal.NativeLibrary
import io.github.swipekit.internal.Packed

/**
 * The rectangle that the letters of a keyboard span, from the left edge of the leftmost letter key
 * to the right edge of the rightmost one and from the upper edge of the highest row to the lower
 * edge of the lowest. In pixels or any other unit, y downwards; touch samples are in the same.
 *
 * @property left its left edge.
 * @property top its upper edge.
 * @property width its width, above 0.
 * @property height its height, above 0.
 */
public class LetterArea public constructor(
    public val left: Float,
    public val top: Float,
    public val width: Float,
    public val height: Float,
) {
    internal fun numbers(): FloatArray = floatArrayOf(left, top, width, height)

    override fun equals(other: Any?): Boolean =
        other is LetterArea && left == other.left && top == other.top && width == other.width && height == other.height

    override fun hashCode(): Int = numbers().contentHashCode()

    override fun toString(): String = "LetterArea($left, $top, $width x $height)"
}

/**
 * A key.
 *
 * @property label what it types. Keys whose label is not one character, such as shift, are passed
 * over.
 * @property left its left edge.
 * @property top its upper edge.
 * @property width its width.
 * @property height its height.
 */
public class Key public constructor(
    public val label: String,
    public val left: Float,
    public val top: Float,
    public val width: Float,
    public val height: Float,
) {
    override fun equals(other: Any?): Boolean =
        other is Key &&
            label == other.label &&
            left == other.left &&
            top == other.top &&
            width == other.width &&
            height == other.height

    override fun hashCode(): Int = 31 * label.hashCode() + floatArrayOf(left, top, width, height).contentHashCode()

    override fun toString(): String = "Key($label, $left, $top, $width x $height)"
}

/**
 * The keys of a keyboard.
 *
 * @property name what it is called.
 * @property keys the keys, in any order.
 */
public class KeyboardLayout public constructor(
    public val name: String,
    keys: List<Key>,
) {
    public val keys: List<Key> = keys.toList()

    internal fun labels(): Array<String> = Array(keys.size) { keys[it].label }

    internal fun rectangles(): FloatArray {
        val numbers = FloatArray(NUMBERS * keys.size)
        keys.forEachIndexed { at, key ->
            floatArrayOf(key.left, key.top, key.width, key.height).copyInto(numbers, NUMBERS * at)
        }
        return numbers
    }

    /**
     * The rectangle that the letter keys span.
     *
     * @throws InvalidArgumentException where there is none, or a key has no size.
     * @throws NativeLibraryException where the native library cannot be loaded.
     */
    @get:Throws(SwipeException::class)
    public val letterArea: LetterArea
        get() {
            NativeLibrary.load()
            val area = Native.layoutArea(labels(), rectangles())
            return LetterArea(area[0], area[1], area[2], area[3])
        }

    override fun equals(other: Any?): Boolean = other is KeyboardLayout && name == other.name && keys == other.keys

    override fun hashCode(): Int = 31 * name.hashCode() + keys.hashCode()

    override fun toString(): String = "KeyboardLayout($name, ${keys.size} keys)"

    /** Layouts that are built in, placed where the letters of a keyboard are. */
    public companion object {
        private const val NUMBERS = 4

        /**
         * The letters of an English keyboard.
         *
         * @throws InvalidArgumentException where [area] has no size; [NotFiniteException] where it
         * is not finite.
         */
        @JvmStatic
        @Throws(SwipeException::class)
        public fun qwerty(area: LetterArea): KeyboardLayout = named("qwerty", area)

        /** The letters of a German keyboard; throws as [qwerty]. */
        @JvmStatic
        @Throws(SwipeException::class)
        public fun qwertz(area: LetterArea): KeyboardLayout = named("qwertz", area)

        /** The letters of a French keyboard; throws as [qwerty]. */
        @JvmStatic
        @Throws(SwipeException::class)
        public fun azerty(area: LetterArea): KeyboardLayout = named("azerty", area)

        /** The letters of a Dvorak keyboard; throws as [qwerty]. */
        @JvmStatic
        @Throws(SwipeException::class)
        public fun dvorak(area: LetterArea): KeyboardLayout = named("dvorak", area)

        private fun named(name: String, area: LetterArea): KeyboardLayout {
            NativeLibrary.load()
            val packed = Packed(Native.namedLayout(name, area.left, area.top, area.width, area.height))
            return KeyboardLayout(name, packed.list { Key(text(), float(), float(), float(), float()) })
        }
    }
}
