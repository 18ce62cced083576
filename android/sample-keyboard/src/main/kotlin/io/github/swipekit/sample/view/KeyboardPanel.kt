package io.github.swipekit.sample.view

import android.annotation.SuppressLint
import android.content.Context
import android.os.Build
import android.view.View
import android.view.WindowInsets
import android.widget.LinearLayout

/**
 * The whole of what the keyboard shows: [strip] over [keys], clear of the system's navigation bar.
 */
@SuppressLint("ViewConstructor")
class KeyboardPanel(context: Context, val strip: SuggestionStrip, val keys: KeyboardView) : LinearLayout(context) {
    init {
        orientation = VERTICAL
        setBackgroundColor(KeyboardColors.of(resources.configuration).background)
        addView(strip, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT))
        addView(keys, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT))
        setOnApplyWindowInsetsListener { view, insets -> insets.also { clear(view, it) } }
    }

    /**
     * From Android 15 on windows reach under the bars. Where the system keeps clear of them itself,
     * nothing is left here.
     */
    private fun clear(view: View, insets: WindowInsets) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return
        val bars = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout())
        view.setPadding(bars.left, 0, bars.right, bars.bottom)
    }
}
