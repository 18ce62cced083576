package io.github.swipekit.sample.view

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Typeface
import android.text.TextUtils
import android.view.Gravity
import android.widget.LinearLayout
import android.widget.TextView
import io.github.swipekit.sample.text.Suggestion

/**
 * The strip over the keys: words to tap on, or a notice.
 *
 * @param addLabel what is written for a new word that a tap adds.
 * @param onTap hears of the suggestion that is tapped.
 */
@SuppressLint("ViewConstructor")
class SuggestionStrip(
    context: Context,
    private val addLabel: (word: String) -> String,
    private val onTap: (Suggestion) -> Unit,
) : LinearLayout(context) {
    private val density = resources.displayMetrics.density
    private val colors = KeyboardColors.of(resources.configuration)
    private val places = List(PLACES) { place() }
    private val hideNotice = Runnable {
        hasNotice = false
        show(emptyList(), isPartial = false)
    }
    private var hasNotice = false

    init {
        orientation = HORIZONTAL
        setBackgroundColor(colors.background)
        minimumHeight = (HEIGHT_DP * density).toInt()
        places.forEach { addView(it, LayoutParams(0, LayoutParams.MATCH_PARENT, 1f)) }
    }

    /**
     * Shows [suggestions], best first; while the finger moves they are faint and take no taps. None
     * leave a notice as it is.
     */
    fun show(suggestions: List<Suggestion>, isPartial: Boolean) {
        if (suggestions.isEmpty() && hasNotice) return
        hasNotice = false
        removeCallbacks(hideNotice)
        places.forEachIndexed { at, place ->
            val suggestion = suggestions.getOrNull(at)
            place.visibility = if (suggestion != null) VISIBLE else GONE
            place.text = suggestion?.let { if (it.isNew) addLabel(it.text) else it.text } ?: ""
            place.setTextColor(if (suggestion?.isNew == true) colors.trail else if (isPartial) colors.faint else colors.text)
            place.setTypeface(Typeface.DEFAULT, if (at == 0 && suggestion?.isNew == false) Typeface.BOLD else Typeface.NORMAL)
            place.setOnClickListener(if (suggestion == null || isPartial) null else { _ -> onTap(suggestion) })
            place.isClickable = suggestion != null && !isPartial
        }
    }

    /** Shows a notice for a while. */
    fun notice(text: String) {
        hasNotice = false
        show(emptyList(), isPartial = false)
        hasNotice = true
        places[0].visibility = VISIBLE
        places[0].setTypeface(Typeface.DEFAULT, Typeface.NORMAL)
        places[0].setTextColor(colors.faint)
        places[0].text = text
        postDelayed(hideNotice, NOTICE_MILLIS)
    }

    private fun place() = TextView(context).apply {
        gravity = Gravity.CENTER
        textSize = TEXT_SP
        setSingleLine()
        ellipsize = TextUtils.TruncateAt.MIDDLE
        val padding = (PADDING_DP * density).toInt()
        setPadding(padding, 0, padding, 0)
        visibility = GONE
    }

    companion object {
        /** Time that a notice is shown. */
        const val NOTICE_MILLIS: Long = 4000

        private const val PLACES = 4
        private const val HEIGHT_DP = 44f
        private const val PADDING_DP = 6f
        private const val TEXT_SP = 17f
    }
}
