package io.github.swipekit.sample

import android.app.Activity
import android.content.res.Resources
import android.os.Looper
import android.os.SystemClock
import android.text.InputType
import android.view.KeyEvent
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.view.inputmethod.BaseInputConnection
import android.view.inputmethod.EditorInfo
import android.view.inputmethod.InputConnection
import android.widget.TextView
import io.github.swipekit.Spelling
import io.github.swipekit.sample.engine.FakeSource
import io.github.swipekit.sample.engine.WordSource
import io.github.swipekit.sample.keys.KeyKind
import io.github.swipekit.sample.keys.KeyboardKey
import io.github.swipekit.sample.keys.KeyboardPage
import io.github.swipekit.sample.view.KeyboardPanel
import io.github.swipekit.sample.view.SuggestionStrip
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.time.Duration

/**
 * A keyboard whose text and engine are the test's. What the main thread does not do is done in
 * place.
 */
class TestService : SwipeKeyboardService() {
    override val background: CoroutineDispatcher = Dispatchers.Unconfined
    var source: FakeSource? = FakeSource()
    val actions = mutableListOf<Int>()
    val keys = mutableListOf<Int>()

    var isSeen = true
    private val strings by lazy { TestResources.over(super.getResources()) }

    /** The app's text. */
    val text = object : BaseInputConnection(View(org.robolectric.RuntimeEnvironment.getApplication()), true) {
        override fun performEditorAction(action: Int): Boolean = actions.add(action)

        override fun sendKeyEvent(event: KeyEvent): Boolean {
            if (event.action == KeyEvent.ACTION_DOWN) keys += event.keyCode
            return true
        }
    }

    override fun openWordSource(): WordSource = source ?: throw UnsatisfiedLinkError("as told")

    override fun getResources(): Resources = strings

    override fun isInputViewShown(): Boolean = isSeen

    override fun getCurrentInputConnection(): InputConnection = text
}

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [24, 35], qualifiers = "w360dp-h640dp-xxhdpi")
class SwipeKeyboardServiceTest {
    private val control = Robolectric.buildService(TestService::class.java)
    private val service = control.get()
    private var isDestroyed = false
    private lateinit var panel: KeyboardPanel
    private val source get() = service.source!!
    private val written get() = service.text.editable.toString()
    private val saved get() = File(service.filesDir, "words.swipekit")

    private fun start(inputType: Int = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES, imeOptions: Int = 0) {
        control.create()
        panel = service.onCreateInputView() as KeyboardPanel
        field(inputType, imeOptions)
        val window = Robolectric.buildActivity(Activity::class.java).setup().get()
        window.setContentView(panel, ViewGroup.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.WRAP_CONTENT))
        idle()
    }

    private fun field(inputType: Int, imeOptions: Int, restarting: Boolean = false) {
        val info = EditorInfo()
        info.inputType = inputType
        info.imeOptions = imeOptions
        service.onStartInputView(info, restarting)
        idle()
    }

    @After
    fun end() {
        if (isDestroyed) return
        isDestroyed = true
        control.destroy()
        idle()
    }

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()

    private fun key(kind: KeyKind) = panel.keys.geometry.keys.first { it.kind == kind }

    private fun key(text: String) = panel.keys.geometry.keys.first { it.text == text }

    private fun touch(action: Int, key: KeyboardKey) {
        val time = SystemClock.uptimeMillis()
        val event = MotionEvent.obtain(time, time, action, key.centreX, key.centreY, 0)
        panel.keys.dispatchTouchEvent(event)
        event.recycle()
    }

    private fun tap(key: KeyboardKey) {
        touch(MotionEvent.ACTION_DOWN, key)
        touch(MotionEvent.ACTION_UP, key)
        idle()
    }

    private fun type(text: String) = text.forEach { tap(key(it.toString())) }

    private fun swipe(letters: String) {
        touch(MotionEvent.ACTION_DOWN, key(letters.take(1)))
        for (letter in letters.drop(1)) touch(MotionEvent.ACTION_MOVE, key(letter.toString()))
        touch(MotionEvent.ACTION_UP, key(letters.takeLast(1)))
        idle()
    }

    private fun places() = List(panel.strip.childCount) { panel.strip.getChildAt(it) as TextView }.filter { it.visibility == View.VISIBLE }

    private fun shown() = places().map { it.text.toString() }

    @Test
    fun swipesAndTapsWriteASentence() {
        start()
        source.finds("hello", "hell")
        swipe("helo")
        assertEquals("Hello", written)
        assertEquals(listOf("hello", "hell"), shown())
        source.finds("world")
        swipe("world")
        type(".")
        assertEquals("Hello world.", written)
        assertEquals(emptyList<String>(), shown())
        assertEquals(listOf("begin <s>", "begin <s> Hello"), source.asked.filter { it.startsWith("begin") })
        assertEquals(listOf("hello", "world"), source.learned)
    }

    @Test
    fun wordsAreShownWhileTheFingerMovesAndTakeNoTap() {
        start()
        touch(MotionEvent.ACTION_DOWN, key("h"))
        touch(MotionEvent.ACTION_MOVE, key("e"))
        source.partial.tryEmit(listOf(io.github.swipekit.Candidate("he", 0.1, 0.0, 0.0)))
        idle()
        assertEquals(listOf("he"), shown())
        assertFalse(places().single().isClickable)
        assertEquals("", written)
        touch(MotionEvent.ACTION_CANCEL, key("e"))
        assertEquals(emptyList<String>(), shown())
        assertEquals("abandon", source.asked.last())
    }

    @Test
    fun aTapOnASuggestionReplacesTheWord() {
        start()
        source.finds("hello", "hell")
        swipe("helo")
        places()[1].performClick()
        assertEquals("Hell", written)
        places()[0].performClick()
        assertEquals("Hello", written)
        type(".")
        assertEquals(listOf("hello"), source.learned)
    }

    @Test
    fun aNewWordIsAddedByATapAndSaved() {
        start()
        source.finds("hello", "hell", confidence = 0.2)
        source.spelling = Spelling("helko", 0.4, -1.0)
        swipe("helko")
        assertEquals(listOf("hello", "hell", "+ “helko”"), shown())
        places()[2].performClick()
        idle()
        assertEquals("Helko", written)
        assertEquals(setOf("helko"), source.added)
        assertEquals("helko", saved.readText())
        assertEquals(listOf("hello", "hell", "helko"), shown())
    }

    @Test
    fun aNewWordIsWrittenWhereNoWordWasFound() {
        start()
        source.spelling = Spelling("qxz", 0.4, -1.0)
        swipe("qz")
        assertEquals("", written)
        places().single().performClick()
        assertEquals("Qxz", written)
    }

    @Test
    fun aWordThatIsNotTakenIsSaidSo() {
        start()
        source.rejects = true
        source.spelling = Spelling("qxz", 0.4, -1.0)
        swipe("qz")
        places().single().performClick()
        assertEquals(listOf("This word cannot be added"), shown())
        assertEquals("", written)
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(SuggestionStrip.NOTICE_MILLIS))
        assertEquals(emptyList<String>(), shown())
    }

    @Test
    fun whatIsTappedBeforeTheWordIsThereComesBehindIt() {
        start()
        source.gate = CompletableDeferred()
        source.finds("hello")
        swipe("helo")
        tap(key(KeyKind.SPACE))
        type("a")
        assertEquals("", written)
        source.gate?.complete(Unit)
        idle()
        assertEquals("Hello a", written)
    }

    @Test
    fun aWordThatComesForAnotherFieldIsDropped() {
        start()
        source.gate = CompletableDeferred()
        source.finds("hello")
        swipe("helo")
        service.onFinishInputView(true)
        field(InputType.TYPE_CLASS_TEXT, 0)
        source.gate?.complete(Unit)
        idle()
        assertEquals("", written)
    }

    @Test
    fun deleteTakesTheSwipedWordThenLetters() {
        start()
        type("ab")
        source.finds("hello")
        swipe("helo")
        assertEquals("Ab hello", written)
        tap(key(KeyKind.DELETE))
        assertEquals("Ab", written)
        tap(key(KeyKind.DELETE))
        assertEquals("A", written)
        assertEquals(emptyList<String>(), source.learned)
    }

    @Test
    fun shiftIsSeenAndWorks() {
        start(InputType.TYPE_CLASS_TEXT)
        tap(key(KeyKind.SHIFT))
        type("ab")
        assertEquals("Ab", written)
    }

    @Test
    fun passwordsAreTapsOnly() {
        start(InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_PASSWORD)
        swipe("helo")
        type("x")
        assertEquals("hx", written)
        assertEquals(emptyList<String>(), source.asked)
        assertEquals(emptyList<String>(), shown())
    }

    @Test
    fun privateWindowsAreNotLearnedFromAndOfferNoNewWord() {
        start(imeOptions = EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING)
        source.added += "helko"
        source.spelling = Spelling("helko", 0.9, -1.0)
        source.finds("helko", "hello", confidence = 0.1)
        swipe("helko")
        assertEquals("Hello", written)
        assertEquals(listOf("hello"), shown())
        type(".")
        service.onFinishInputView(true)
        idle()
        assertEquals(emptyList<String>(), source.learned)
        assertFalse(saved.exists())
        assertFalse("spell" in source.asked)
    }

    @Test
    fun whatWasLearnedIsSavedWhenTheKeyboardGoes() {
        start()
        source.finds("hello")
        swipe("helo")
        type(".")
        assertFalse(saved.exists())
        service.onFinishInputView(true)
        idle()
        assertTrue(saved.exists())
    }

    @Test
    fun enterDoesWhatTheFieldSays() {
        start(imeOptions = EditorInfo.IME_ACTION_SEARCH)
        tap(key(KeyKind.ENTER))
        assertEquals(listOf(EditorInfo.IME_ACTION_SEARCH), service.actions)
        field(InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_MULTI_LINE, 0)
        type("a")
        tap(key(KeyKind.ENTER))
        type("b")
        assertEquals("a\nb", written)
        field(InputType.TYPE_NULL, 0)
        tap(key(KeyKind.ENTER))
        assertEquals(KeyEvent.KEYCODE_ENTER, service.keys.last())
        tap(key(KeyKind.DELETE))
        assertEquals(KeyEvent.KEYCODE_DEL, service.keys.last())
    }

    @Test
    fun numbersBeginWithDigits() {
        start(InputType.TYPE_CLASS_NUMBER)
        assertEquals(KeyboardPage.SYMBOLS, panel.keys.page)
        type("42")
        assertEquals("42", written)
        tap(key(KeyKind.LETTERS))
        assertEquals(KeyboardPage.LETTERS, panel.keys.page)
    }

    @Test
    fun aFieldThatRestartsForgetsNothing() {
        start(InputType.TYPE_CLASS_TEXT)
        source.finds("hello", "hell")
        swipe("helo")
        field(InputType.TYPE_CLASS_TEXT, EditorInfo.IME_ACTION_SEND, restarting = true)
        places()[1].performClick()
        assertEquals("hell", written)
        tap(key(KeyKind.ENTER))
        assertEquals(listOf(EditorInfo.IME_ACTION_SEND), service.actions)
    }

    @Test
    fun aCursorThatGoesElsewhereTakesTheSuggestionsAlong() {
        start()
        source.finds("hello", "hell")
        swipe("helo")
        service.onUpdateSelection(0, 0, 5, 5, -1, -1)
        assertEquals(2, shown().size)
        android.text.Selection.setSelection(service.text.editable, 2)
        service.onUpdateSelection(5, 5, 2, 2, -1, -1)
        assertEquals(emptyList<String>(), shown())
    }

    @Test
    fun withoutAnEngineTheKeyboardTypesAndSaysSoOnce() {
        service.source = null
        service.isSeen = false
        start()
        assertEquals(emptyList<String>(), shown())
        service.isSeen = true
        repeat(2) { round ->
            field(InputType.TYPE_CLASS_TEXT, 0)
            assertEquals(if (round == 0) listOf("No swipe typing here; tap the keys") else emptyList(), shown())
            shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(SuggestionStrip.NOTICE_MILLIS))
        }
        swipe("helo")
        type("i")
        assertEquals("hi", written)
        service.onTrimMemory(80)
        service.onFinishInputView(true)
    }

    @Test
    fun anEngineThatFailsLeavesTaps() {
        start(InputType.TYPE_CLASS_TEXT)
        repeat(3) {
            source.fails()
            swipe("helo")
        }
        assertEquals("", written)
        assertTrue(source.isClosed)
        swipe("helo")
        assertEquals("h", written)
    }

    @Test
    fun memoryIsGivenBackAndAllIsClosedAtTheEnd() {
        start()
        service.onTrimMemory(80)
        idle()
        assertEquals(listOf("trim"), source.asked)
        end()
        idle()
        assertTrue(source.isClosed)
    }
}
