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
import io.github.swipekit.sample.keys.SwipePoints
import io.github.swipekit.sample.text.Shift
import io.github.swipekit.sample.text.Suggestion
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File
import java.time.Duration

/**
 * Draws the keyboard with Android's own renderer. The pictures are left in `target/pictures`, to be
 * looked at.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [35])
class PictureTest {
    private object Deaf : KeyboardView.Listener {
        override fun onKey(key: KeyboardKey) = Unit

        override fun onSwipeBegin(area: LetterArea) = Unit

        override fun onSwipePoints(numbers: DoubleArray, count: Int) = Unit

        override fun onSwipeEnd(area: LetterArea, points: SwipePoints) = Unit

        override fun onSwipeCancel() = Unit
    }

    private fun panel(): KeyboardPanel {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val strip = SuggestionStrip(activity, { "+ “$it”" }, {})
        val keys = KeyboardView(activity, Deaf)
        keys.spaceLabel = "English"
        keys.swipesEnabled = true
        val panel = KeyboardPanel(activity, strip, keys)
        activity.setContentView(panel, ViewGroup.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.WRAP_CONTENT))
        idleFor(50)
        return panel
    }

    private fun idleFor(millis: Long) = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(millis))

    private fun draw(panel: KeyboardPanel, name: String): Bitmap {
        val picture = Bitmap.createBitmap(panel.width, panel.height, Bitmap.Config.ARGB_8888)
        panel.draw(Canvas(picture))
        val file = File("target/pictures/$name.png")
        file.parentFile.mkdirs()
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return picture
    }

    private fun KeyboardPanel.key(text: String) = keys.geometry.keys.first { it.text == text }

    /** Colour of a key beside what is written on it. */
    private fun Bitmap.at(panel: KeyboardPanel, key: KeyboardKey) =
        getPixel((key.left + key.width * 0.2f).toInt(), panel.strip.height + (key.top + key.height * 0.2f).toInt())

    private fun swipe(keys: KeyboardView, letters: String) {
        var time = SystemClock.uptimeMillis()
        val began = time
        val places = letters.map { letter -> keys.geometry.keys.first { it.text == letter.toString() } }
        fun send(action: Int, x: Float, y: Float) = MotionEvent.obtain(began, time, action, x, y, 0).let(keys::dispatchTouchEvent)
        send(MotionEvent.ACTION_DOWN, places[0].centreX, places[0].centreY)
        for ((from, to) in places.zipWithNext()) for (step in 1..6) {
            idleFor(8)
            time = SystemClock.uptimeMillis()
            send(MotionEvent.ACTION_MOVE, from.centreX + (to.centreX - from.centreX) * step / 6, from.centreY + (to.centreY - from.centreY) * step / 6)
        }
    }

    @Test
    @Config(qualifiers = "w360dp-h740dp-notnight-xhdpi")
    fun lightWithATrailThatFades() {
        val panel = panel()
        panel.keys.shift = Shift.State.ONCE
        panel.strip.show(listOf(Suggestion("hello", false), Suggestion("hell", false), Suggestion("jello", false), Suggestion("helko", true)), false)
        idleFor(50)
        val before = draw(panel, "light")
        assertEquals(0xFFFFFFFF.toInt(), before.at(panel, panel.key("a")))
        assertNotEquals(before.at(panel, panel.key("a")), before.at(panel, panel.keys.geometry.keys.first { it.kind == KeyKind.ENTER }))

        swipe(panel.keys, "hello")
        val end = panel.key("o")
        val x = end.centreX.toInt()
        val y = panel.strip.height + end.centreY.toInt()
        assertNotEquals(before.getPixel(x, y), draw(panel, "trail").getPixel(x, y))
        idleFor(SwipeTrail.LIFE_MILLIS + 10)
        assertEquals(before.getPixel(x, y), draw(panel, "faded").getPixel(x, y))
    }

    @Test
    @Config(qualifiers = "w360dp-h740dp-night-xhdpi")
    fun dark() {
        val panel = panel()
        panel.keys.enterLabel = "Search"
        panel.keys.shift = Shift.State.LOCKED
        val picture = draw(panel, "dark")
        assertEquals(0xFF3A3E45.toInt(), picture.at(panel, panel.key("a")))
    }

    @Test
    @Config(qualifiers = "w740dp-h360dp-land-notnight-xhdpi")
    fun onItsSide() {
        val panel = panel()
        panel.keys.page = io.github.swipekit.sample.keys.KeyboardPage.SYMBOLS
        draw(panel, "symbols")
        assertEquals(1480, panel.width)
        assertEquals(2 * (4 * 42 + 44), panel.height)
    }
}
