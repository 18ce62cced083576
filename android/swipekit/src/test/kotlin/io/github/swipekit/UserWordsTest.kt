package io.github.swipekit

import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

class UserWordsTest {
    private val engine = Fixtures.engine
    private val words = engine.words

    @AfterEach
    fun clear() = words.clear()

    private fun candidates(word: String) = engine.decodeBlocking(Fixtures.sample(word)).map(Candidate::word)

    @Test
    fun `words are added and removed`() {
        assertEquals(0, words.size)
        assertNull(words.add("Hellooo"))
        assertNull(words.addWith("zzyzx", -3f))
        assertEquals(2, words.size)
        val entries = words.entries().associateBy(UserWord::word)
        assertEquals(-3f, entries.getValue("zzyzx").logPrior)
        assertNotNull(entries.getValue("Hellooo").logPrior)
        assertNull(words.remove("zzyzx"))
        assertEquals(listOf("Hellooo"), words.entries().map(UserWord::word))
        words.clear()
        assertEquals(emptyList<UserWord>(), words.entries())
    }

    @Test
    fun `a word that is added is found`() {
        // Its letters lie next to those of a real swipe: the path of "keyboard" is near to it.
        assertFalse("keybosrd" in candidates("keyboard"))
        words.addWith("keybosrd", -1f)
        assertTrue("keybosrd" in candidates("keyboard"))
        words.remove("keybosrd")
        assertFalse("keybosrd" in candidates("keyboard"))
    }

    @Test
    fun `words are blocked, boosted and learned`() {
        assertEquals("keyboard", candidates("keyboard").first())
        assertNull(words.block("keyboard"))
        assertFalse("keyboard" in candidates("keyboard"))
        assertTrue(words.entries().single().isBlocked)
        assertNull(words.unblock("keyboard"))
        assertEquals("keyboard", candidates("keyboard").first())

        val other = candidates("well").drop(1).first()
        val before = engine.decodeBlocking(Fixtures.sample("well")).first { it.word == other }.score
        assertNull(words.boost(other, 3f))
        val boosted = engine.decodeBlocking(Fixtures.sample("well")).first { it.word == other }.score
        assertTrue(boosted > before + 1, "$before, $boosted")
        assertEquals(3f, words.entries().first { it.word == other }.boost)
        words.clear()
        repeat(5) { assertNull(words.learn(other)) }
        val learned = engine.decodeBlocking(Fixtures.sample("well")).first { it.word == other }.score
        assertTrue(learned > before, "$before, $learned")
        assertTrue(words.entries().first { it.word == other }.timesChosen > 4)
    }

    @Test
    fun `words that cannot be swiped`() {
        assertEquals(WordRejection.EMPTY, words.add(""))
        assertEquals(WordRejection.NOT_TYPABLE, words.add("日本"))
        assertEquals(WordRejection.TOO_LONG, words.add("a".repeat(10_000)))
        assertEquals(WordRejection.WEIGHT_OUT_OF_RANGE, words.addWith("hello", 5f))
        assertEquals(WordRejection.WEIGHT_OUT_OF_RANGE, words.addWith("hello", Float.NaN))
        assertEquals(WordRejection.WEIGHT_OUT_OF_RANGE, words.boost("hello", Float.POSITIVE_INFINITY))
        assertEquals(0, words.size)
    }

    @Test
    fun `words are written and read`(@TempDir folder: File) {
        words.add("kept")
        words.boost("keyboard", 1.5f)
        words.block("coffee")
        val entries = words.entries().toSet()
        val file = File(folder, "words")
        words.export(file)
        words.clear()
        words.add("given")
        words.import(file)
        assertEquals(entries, words.entries().toSet())
        assertThrows<BundleNotFoundException> { words.import(File(folder, "none")) }
        assertThrows<StorageException> { words.export(File(folder, "no/such/folder")) }
        file.writeText("something else")
        val thrown = assertThrows<SwipeException> { words.import(file) }
        assertTrue(thrown is BundleDamagedException, "$thrown")
        assertEquals(entries, words.entries().toSet())
    }
}
