package io.github.swipekit.sample.view

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.os.SystemClock
import android.view.MotionEvent
import android.view.ViewGroup
import io.github.swipekit.LetterArea
import io.github.swipekit.sample.keys.KeyKind
import io.github.swipekit.sample.keys.KeyboardKey
import io.github.swipekit.sample.keys.KeyboardPage
import io.github.swipekit.sample.keys.SwipePoints
import io.github.swipekit.sample.text.Shift
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.time.Duration

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [24, 35], qualifiers = "w360dp-h640dp-xxhdpi")
class KeyboardViewTest {
    private val heard = mutableListOf<String>()
    private val points = mutableListOf<Double>()
    private lateinit var view: KeyboardView

    private val listener = object : KeyboardView.Listener {
        override fun onKey(key: KeyboardKey) {
            heard += if (key.kind == KeyKind.CHARACTER) key.text else key.kind.name
        }

        override fun onSwipeBegin(area: LetterArea) {
            heard += "begin"
            assertEquals(view.geometry.letterArea, area)
        }

        override fun onSwipePoints(numbers: DoubleArray, count: Int) {
            points += numbers.take(3 * count)
        }

        override fun onSwipeEnd(area: LetterArea, points: SwipePoints) {
            heard += "end ${points.size}"
        }

        override fun onSwipeCancel() {
            heard += "cancel"
        }
    }

    @Before
    fun layOut() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        view = KeyboardView(activity, listener)
        activity.setContentView(view, ViewGroup.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.WRAP_CONTENT))
        idleFor(100)
        assertEquals(1080, view.width)
        view.swipesEnabled = true
    }

    private fun key(text: String) = view.geometry.keys.first { it.text == text }

    private fun key(kind: KeyKind) = view.geometry.keys.first { it.kind == kind }

    private fun touch(action: Int, key: KeyboardKey) = touch(action, key.centreX, key.centreY)

    private fun touch(action: Int, x: Float, y: Float, time: Long = SystemClock.uptimeMillis()) {
        val event = MotionEvent.obtain(time, time, action, x, y, 0)
        view.dispatchTouchEvent(event)
        event.recycle()
    }

    private fun tap(key: KeyboardKey) {
        touch(MotionEvent.ACTION_DOWN, key)
        touch(MotionEvent.ACTION_UP, key)
    }

    private fun idleFor(millis: Long) = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(millis))

    @Test
    fun everyKeyIsTappedInItsMiddle() {
        for (page in KeyboardPage.entries) {
            view.page = page
            for (key in view.geometry.keys) {
                heard.clear()
                tap(key)
                assertEquals(listOf(if (key.kind == KeyKind.CHARACTER) key.text else key.kind.name), heard)
            }
        }
        assertTrue(points.isEmpty())
    }

    @Test
    fun swipesGiveAllPointsOnceThoseOfTheSystemsBundlesToo() {
        touch(MotionEvent.ACTION_DOWN, 100f, 60f, time = 1000)
        val event = MotionEvent.obtain(1000, 1008, MotionEvent.ACTION_MOVE, 130f, 60f, 0)
        event.addBatch(1016, 200f, 61f, 1f, 1f, 0)
        event.addBatch(1024, 300f, 62f, 1f, 1f, 0)
        view.dispatchTouchEvent(event)
        touch(MotionEvent.ACTION_MOVE, 400f, 63f, time = 1032)
        touch(MotionEvent.ACTION_UP, 400f, 63f, time = 1032)
        assertEquals(listOf("begin", "end 5"), heard)
        val wanted = listOf(100, 60, 1000, 130, 60, 1008, 200, 61, 1016, 300, 62, 1024, 400, 63, 1032)
        assertEquals(wanted.map { it.toDouble() }, points)
    }

    @Test
    fun withoutAnEngineAllIsTaps() {
        view.swipesEnabled = false
        touch(MotionEvent.ACTION_DOWN, key("h"))
        touch(MotionEvent.ACTION_MOVE, key("o"))
        touch(MotionEvent.ACTION_UP, key("o"))
        assertEquals(listOf("h"), heard)
    }

    @Test
    fun swipesBeginOnLettersOnly() {
        touch(MotionEvent.ACTION_DOWN, key(KeyKind.SPACE))
        touch(MotionEvent.ACTION_MOVE, key("t"))
        touch(MotionEvent.ACTION_UP, key("t"))
        assertEquals(listOf("SPACE"), heard)
    }

    @Test
    fun theSystemTakesTheFingerAway() {
        touch(MotionEvent.ACTION_DOWN, key("h"))
        touch(MotionEvent.ACTION_CANCEL, key("h"))
        assertEquals(emptyList<String>(), heard)
        touch(MotionEvent.ACTION_DOWN, key("h"))
        touch(MotionEvent.ACTION_MOVE, key("o"))
        touch(MotionEvent.ACTION_CANCEL, key("o"))
        touch(MotionEvent.ACTION_UP, key("o"))
        assertEquals(listOf("begin", "cancel"), heard)
    }

    @Test
    fun deleteRepeatsWhileItIsHeldDown() {
        touch(MotionEvent.ACTION_DOWN, key(KeyKind.DELETE))
        assertEquals(1, heard.size)
        idleFor(KeyboardView.REPEAT_AFTER_MILLIS - 10)
        assertEquals(1, heard.size)
        idleFor(10 + 2 * KeyboardView.REPEAT_EVERY_MILLIS)
        assertEquals(4, heard.size)
        touch(MotionEvent.ACTION_UP, key(KeyKind.DELETE))
        idleFor(1000)
        assertEquals(List(4) { "DELETE" }, heard)
    }

    @Test
    fun twoThumbsTypeTwoLetters() {
        val one = key("h")
        val two = key("i")
        touch(MotionEvent.ACTION_DOWN, one)
        pointers(MotionEvent.ACTION_POINTER_DOWN or (1 shl MotionEvent.ACTION_POINTER_INDEX_SHIFT), one, two)
        pointers(MotionEvent.ACTION_POINTER_UP, one, two)
        touch(MotionEvent.ACTION_UP, two, id = 1)
        assertEquals(listOf("h", "i"), heard)
    }

    @Test
    fun aSecondFingerInASwipeMeansNothing() {
        touch(MotionEvent.ACTION_DOWN, key("h"))
        touch(MotionEvent.ACTION_MOVE, key("o"))
        pointers(MotionEvent.ACTION_POINTER_DOWN or (1 shl MotionEvent.ACTION_POINTER_INDEX_SHIFT), key("o"), key("a"))
        pointers(MotionEvent.ACTION_POINTER_UP or (1 shl MotionEvent.ACTION_POINTER_INDEX_SHIFT), key("o"), key("a"))
        touch(MotionEvent.ACTION_UP, key("o"))
        assertEquals(listOf("begin", "end 2"), heard)
    }

    private fun touch(action: Int, key: KeyboardKey, id: Int) = send(action, listOf(id to key))

    private fun pointers(action: Int, one: KeyboardKey, two: KeyboardKey) = send(action, listOf(0 to one, 1 to two))

    private fun send(action: Int, fingers: List<Pair<Int, KeyboardKey>>) {
        val properties = Array(fingers.size) { at -> MotionEvent.PointerProperties().apply { id = fingers[at].first } }
        val places = Array(fingers.size) { at ->
            MotionEvent.PointerCoords().apply {
                x = fingers[at].second.centreX
                y = fingers[at].second.centreY
            }
        }
        val time = SystemClock.uptimeMillis()
        view.dispatchTouchEvent(MotionEvent.obtain(time, time, action, fingers.size, properties, places, 0, 0, 1f, 1f, 0, 0, 0, 0))
    }

    @Test
    fun everyStateIsDrawn() {
        val canvas = Canvas(Bitmap.createBitmap(1080, view.height, Bitmap.Config.ARGB_8888))
        for (page in KeyboardPage.entries) {
            view.page = page
            for (shift in Shift.State.entries) {
                view.shift = shift
                view.enterLabel = if (shift == Shift.State.ONCE) "Suchen" else null
                view.draw(canvas)
            }
        }
        view.page = KeyboardPage.LETTERS
        touch(MotionEvent.ACTION_DOWN, key("h"))
        view.draw(canvas)
        touch(MotionEvent.ACTION_MOVE, key("o"))
        view.draw(canvas)
        assertEquals(listOf("begin"), heard)
    }
}
