package io.github.swipekit.sample.engine

import io.github.swipekit.BundleDamagedException
import io.github.swipekit.SwipeException
import java.io.File

/**
 * The user's words in a private file of the app, which the engine writes whole or not at all.
 * Blocking; one thread at a time gets in.
 */
class WordsFile(private val file: File) {
    /** Whether something was added or learned that is not saved. */
    @Volatile
    var isDirty: Boolean = false

    /**
     * Gives [source] the words of the file, if there is one. A damaged file is put aside: typing
     * goes on without it.
     */
    @Synchronized
    fun load(source: WordSource) {
        if (!file.exists()) return
        try {
            source.load(file)
        } catch (_: BundleDamagedException) {
            file.renameTo(File(file.path + ".damaged"))
        } catch (_: SwipeException) {
            // Not readable now; perhaps the next time.
        }
    }

    /** Saves the words of [source]. Where that fails they stay dirty, for the next time. */
    @Synchronized
    fun save(source: WordSource) {
        if (!isDirty) return
        isDirty = false
        try {
            source.save(file)
        } catch (_: SwipeException) {
            isDirty = true
        }
    }
}
