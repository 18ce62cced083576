package io.github.swipekit.sample.engine

import io.github.swipekit.BundleDamagedException
import io.github.swipekit.BundleNotFoundException
import io.github.swipekit.StorageException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class WordsFileTest {
    @TempDir
    lateinit var folder: File

    private val file get() = File(folder, "words")

    private class Failing(private val failure: Exception, source: WordSource = FakeSource()) : WordSource by source {
        override fun load(file: File): Unit = throw failure

        override fun save(file: File): Unit = throw failure
    }

    @Test
    fun `without a file there is nothing to read`() {
        WordsFile(file).load(Failing(IllegalStateException("it was asked")))
        assertFalse(file.exists())
    }

    @Test
    fun `a damaged file is put aside, one that cannot be read stays`() {
        file.writeText("words")
        WordsFile(file).load(Failing(failure<BundleNotFoundException>()))
        assertTrue(file.exists())
        WordsFile(file).load(Failing(failure<BundleDamagedException>()))
        assertFalse(file.exists())
        assertEquals("words", File(folder, "words.damaged").readText())
    }

    @Test
    fun `what could not be saved is saved the next time`() {
        val words = WordsFile(file)
        words.isDirty = true
        words.save(Failing(failure<StorageException>()))
        assertTrue(words.isDirty)
        words.save(FakeSource().apply { addWord("zorblax") })
        assertFalse(words.isDirty)
        assertEquals("zorblax", file.readText())
    }
}
