package io.github.swipekit.sample.engine

import io.github.swipekit.Candidate
import io.github.swipekit.LetterArea
import io.github.swipekit.Spelling
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * The engine's life in a keyboard: opened once, off the main thread; ready or not; swipes through
 * its session; closed with the service. Whatever fails in it leaves a keyboard that types by taps.
 *
 * All calls and all that is called back are on the thread of [main].
 *
 * @param open opens the engine; blocking, called once, on [background].
 * @param words the file of the user's words.
 */
class SwipeController(
    private val open: () -> WordSource,
    private val words: WordsFile,
    private val listener: Listener,
    main: CoroutineDispatcher,
    private val background: CoroutineDispatcher,
) {
    /** Whether swipes can be decoded. */
    enum class State { NEW, LOADING, READY, FAILED, CLOSED }

    /** Hears what becomes of it. */
    interface Listener {
        /** Swipes can be decoded now, or not any more. */
        fun onState(state: State)

        /** Words of the swipe that goes on. */
        fun onPartial(candidates: List<Candidate>)
    }

    /** Whether swipes can be decoded now. */
    var state: State = State.NEW
        private set(value) {
            if (field == value) return
            field = value
            listener.onState(value)
        }

    /**
     * Why the last thing failed that did, for whoever looks into it. Messages of the engine hold
     * nothing that was typed.
     */
    var failure: Throwable? = null
        private set

    private val scope = CoroutineScope(SupervisorJob() + main)
    private val opened = Opened()
    private var source: WordSource? = null
    private var swipes: Swipes? = null
    private var isSwiping = false
    private var isPersonal = false
    private var failures = 0

    /** Opens the engine, the first time that it is called. Returns at once. */
    fun start() {
        if (state != State.NEW) return
        state = State.LOADING
        scope.launch {
            try {
                val source = withContext(background) { openAndWarmUp() } ?: return@launch
                ready(source, source.openSwipes())
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                fail(e)
            } catch (e: LinkageError) {
                fail(e) // no native library for this phone
            }
        }
    }

    /**
     * A swipe begins over letters in [area], behind the words [context].
     *
     * @param personal whether the user's own words may come up.
     * @return whether it will be decoded.
     */
    fun begin(area: LetterArea, context: List<String>, personal: Boolean): Boolean {
        if (isSwiping) abandon()
        val swipes = swipes ?: return false
        isPersonal = personal
        isSwiping = guarded { swipes.begin(area, context) }
        return isSwiping
    }

    /** The next [count] points of the swipe are those of [numbers]. */
    fun push(numbers: DoubleArray, count: Int) {
        if (!isSwiping || count == 0) return
        isSwiping = guarded { swipes?.push(numbers, count) }
    }

    /**
     * The finger is lifted: [onWords] hears the swipe's words, none where nothing was found or
     * something failed, once.
     */
    fun finish(onWords: (List<Candidate>) -> Unit) {
        val swipes = swipes
        if (!isSwiping || swipes == null) return onWords(emptyList())
        isSwiping = false
        val personal = isPersonal
        // Up to the engine's call at once: the next finger may come down before this one's words
        // are there.
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            var found = emptyList<Candidate>()
            guarded {
                found = allowed(swipes.finish(), personal)
                failures = 0
            }
            onWords(found)
        }
    }

    /**
     * Spells a swipe over letters in [area], the [count] points of [numbers]: [onSpelling] hears of
     * it where anything was found.
     */
    fun spell(area: LetterArea, numbers: DoubleArray, count: Int, onSpelling: (Spelling) -> Unit) {
        val source = source ?: return
        scope.launch { guarded { source.spell(area, numbers, count).firstOrNull()?.let(onSpelling) } }
    }

    /** What began was no swipe. */
    fun abandon() {
        if (!isSwiping) return
        isSwiping = false
        guarded { swipes?.abandon() }
    }

    /** Adds one of the user's words, which is saved in the background. Whether it was taken. */
    fun addWord(word: String): Boolean {
        val source = source ?: return false
        var isAdded = false
        guarded { isAdded = source.addWord(word) }
        if (isAdded) {
            words.isDirty = true
            save()
        }
        return isAdded
    }

    /** Notes that the user chose [word]; [save] saves it. */
    fun learn(word: String) {
        val source = source ?: return
        if (guarded { source.learn(word) }) words.isDirty = true
    }

    /** Saves what is not saved. Returns at once. */
    fun save() {
        val source = source ?: return
        if (words.isDirty) scope.launch { guarded { withContext(background) { words.save(source) } } }
    }

    /** Gives memory back. Returns at once. */
    fun trimMemory() {
        val source = source ?: return
        scope.launch { guarded { withContext(background) { source.trimMemory() } } }
    }

    /**
     * Closes everything, for good. What is opening meanwhile is closed as soon as it is open.
     * Returns at once.
     */
    fun close() {
        if (state == State.CLOSED) return
        release()
        state = State.CLOSED
        scope.cancel()
    }

    private suspend fun openAndWarmUp(): WordSource? {
        val source = open()
        if (!opened.put(source)) {
            source.close()
            return null
        }
        words.load(source)
        source.warmUp()
        return source
    }

    private fun ready(source: WordSource, swipes: Swipes) {
        this.source = source
        this.swipes = swipes
        scope.launch {
            guarded { swipes.partials.collect { if (isSwiping) listener.onPartial(allowed(it, isPersonal)) } }
        }
        state = State.READY
    }

    /** Without the user's own words where they may not come up. */
    private fun allowed(candidates: List<Candidate>, personal: Boolean): List<Candidate> {
        if (personal) return candidates
        val added = source?.addedWords().orEmpty()
        return candidates.filter { it.word.lowercase() !in added }
    }

    /**
     * Whether [call] went well. A failure costs a swipe, never the keyboard; again and again it
     * ends swiping.
     */
    private inline fun guarded(call: () -> Unit): Boolean {
        try {
            call()
            return true
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            failure = e
            if (++failures >= MOST_FAILURES) fail(e)
            return false
        }
    }

    private fun fail(cause: Throwable) {
        if (state == State.CLOSED || state == State.FAILED) return
        failure = cause
        release()
        state = State.FAILED
    }

    /** Lets go of the engine; the main thread does not wait for it. */
    private fun release() {
        val swipes = swipes
        this.swipes = null
        source = null
        isSwiping = false
        opened.refuse()
        CoroutineScope(background).launch {
            try {
                swipes?.close()
                opened.take()?.use { if (words.isDirty) words.save(it) }
            } catch (_: Exception) {
                // It is given up either way.
            }
        }
    }

    /** The engine from its opening on, whichever thread closes it. */
    private class Opened {
        private var source: WordSource? = null
        private var isRefused = false

        /** Keeps an engine, if one is still wanted. */
        @Synchronized
        fun put(source: WordSource): Boolean {
            if (!isRefused) this.source = source
            return !isRefused
        }

        /** Gives the engine away, once. */
        @Synchronized
        fun take(): WordSource? = source.also { source = null }

        /** None is wanted any more. */
        @Synchronized
        fun refuse() {
            isRefused = true
        }
    }

    private companion object {
        const val MOST_FAILURES = 3
    }
}
