package io.github.swipekit.sample

/**
 * Stands for the class that the Android Gradle plugin makes of `src/main/res`, in the Maven build
 * alone. It has what the code uses, and a test holds it to the resources; numbers mean nothing.
 */
object R {
    object string {
        const val add_word: Int = 0x7f010000
        const val not_added: Int = 0x7f010001
        const val no_swipes: Int = 0x7f010002
        const val space_label: Int = 0x7f010003
        const val settings_intro: Int = 0x7f010004
        const val settings_privacy: Int = 0x7f010005
        const val enable: Int = 0x7f010006
        const val choose: Int = 0x7f010007
        const val try_here: Int = 0x7f010008
    }
}
