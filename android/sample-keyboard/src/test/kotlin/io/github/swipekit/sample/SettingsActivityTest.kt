package io.github.swipekit.sample

import android.content.res.Resources
import android.provider.Settings
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The settings with the strings of the resources. */
class TestSettings : SettingsActivity() {
    private val strings by lazy { TestResources.over(super.getResources()) }

    override fun getResources(): Resources = strings
}

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [24, 35])
class SettingsActivityTest {
    private fun all(view: View?): List<View> =
        listOfNotNull(view) + if (view is ViewGroup) (0 until view.childCount).flatMap { all(view.getChildAt(it)) } else emptyList()

    @Test
    fun theSystemsSettingsAreATapAwayAndThereIsAFieldToTry() {
        val activity = Robolectric.buildActivity(TestSettings::class.java).setup().get()
        val views = all(activity.findViewById(android.R.id.content))
        val buttons = views.filterIsInstance<Button>()
        assertEquals(listOf("Turn on in the settings", "Choose the keyboard"), buttons.map { it.text.toString() })
        buttons[0].performClick()
        assertEquals(Settings.ACTION_INPUT_METHOD_SETTINGS, shadowOf(activity).nextStartedActivity.action)
        buttons[1].performClick()
        assertTrue(views.any { it is EditText && it.hint == "Try it here" })
    }
}
