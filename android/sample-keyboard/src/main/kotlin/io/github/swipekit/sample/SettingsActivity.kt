package io.github.swipekit.sample

import android.app.Activity
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import android.text.InputType
import android.view.View
import android.view.WindowInsets
import android.view.inputmethod.InputMethodManager
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView

/** Two steps until the keyboard can be used, and a field to try it in. */
open class SettingsActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val padding = (PADDING_DP * resources.displayMetrics.density).toInt()
        val column = LinearLayout(this).apply {
            orientation = LinearLayout.VERTICAL
            setPadding(padding, padding, padding, padding)
            addView(text(R.string.settings_intro))
            addView(button(R.string.enable) { startActivity(Intent(Settings.ACTION_INPUT_METHOD_SETTINGS)) })
            addView(button(R.string.choose) { getSystemService(InputMethodManager::class.java)?.showInputMethodPicker() })
            addView(field())
            addView(text(R.string.settings_privacy))
        }
        setContentView(ScrollView(this).apply {
            addView(column)
            setOnApplyWindowInsetsListener { view, insets -> insets.also { keepClear(view, it) } }
        })
    }

    private fun text(id: Int) = TextView(this).apply { setText(id) }

    private fun button(id: Int, onClick: () -> Unit) = Button(this).apply {
        setText(id)
        setOnClickListener { onClick() }
    }

    private fun field() = EditText(this).apply {
        setHint(R.string.try_here)
        inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES or InputType.TYPE_TEXT_FLAG_MULTI_LINE
    }

    /** From Android 15 on windows reach under the bars and the keyboard. */
    private fun keepClear(view: View, insets: WindowInsets) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return
        val bars = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime())
        view.setPadding(bars.left, bars.top, bars.right, bars.bottom)
    }

    private companion object {
        const val PADDING_DP = 24f
    }
}
