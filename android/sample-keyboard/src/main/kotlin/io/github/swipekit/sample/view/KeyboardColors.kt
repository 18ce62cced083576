package io.github.swipekit.sample.view

import android.content.res.Configuration

/** Colours of the keyboard, ARGB. */
class KeyboardColors private constructor(
    val background: Int,
    val key: Int,
    val functionKey: Int,
    val actionKey: Int,
    val pressed: Int,
    val text: Int,
    val actionText: Int,
    val shadow: Int,
    val faint: Int,
    val trail: Int,
) {
    companion object {
        private val LIGHT = KeyboardColors(
            background = 0xFFE8EAEE.toInt(),
            key = 0xFFFFFFFF.toInt(),
            functionKey = 0xFFCDD2DA.toInt(),
            actionKey = 0xFF3461C9.toInt(),
            pressed = 0xFFB7BFCB.toInt(),
            text = 0xFF1B1D21.toInt(),
            actionText = 0xFFFFFFFF.toInt(),
            shadow = 0x33000000,
            faint = 0xFF5C636E.toInt(),
            trail = 0xFF3461C9.toInt(),
        )
        private val DARK = KeyboardColors(
            background = 0xFF1E2024.toInt(),
            key = 0xFF3A3E45.toInt(),
            functionKey = 0xFF2B2E34.toInt(),
            actionKey = 0xFF7FA3F5.toInt(),
            pressed = 0xFF565C66.toInt(),
            text = 0xFFECEEF1.toInt(),
            actionText = 0xFF10131A.toInt(),
            shadow = 0x66000000,
            faint = 0xFFA4ABB6.toInt(),
            trail = 0xFF7FA3F5.toInt(),
        )

        /** Those of the system's light or dark theme. */
        fun of(configuration: Configuration): KeyboardColors {
            val night = configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK
            return if (night == Configuration.UI_MODE_NIGHT_YES) DARK else LIGHT
        }
    }
}
