package io.github.swipekit.sample

import android.inputmethodservice.InputMethodService
import android.os.SystemClock
import android.view.KeyEvent
import android.view.View
import android.view.inputmethod.EditorInfo
import io.github.swipekit.Candidate
import io.github.swipekit.LetterArea
import io.github.swipekit.SwipeEngine
import io.github.swipekit.open
import io.github.swipekit.sample.engine.SwipeController
import io.github.swipekit.sample.engine.SwipeEngineSource
import io.github.swipekit.sample.engine.WordSource
import io.github.swipekit.sample.engine.WordsFile
import io.github.swipekit.sample.keys.KeyKind
import io.github.swipekit.sample.keys.KeyboardKey
import io.github.swipekit.sample.keys.KeyboardPage
import io.github.swipekit.sample.keys.SwipePoints
import io.github.swipekit.sample.text.Composer
import io.github.swipekit.sample.text.FieldRules
import io.github.swipekit.sample.text.InOrder
import io.github.swipekit.sample.text.InputConnectionField
import io.github.swipekit.sample.text.NoField
import io.github.swipekit.sample.text.Shift
import io.github.swipekit.sample.text.Suggestion
import io.github.swipekit.sample.text.SuggestionModel
import io.github.swipekit.sample.text.TextField
import io.github.swipekit.sample.view.KeyboardPanel
import io.github.swipekit.sample.view.KeyboardView
import io.github.swipekit.sample.view.SuggestionStrip
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import java.io.File

/**
 * The keyboard: joins the keys, the engine and the text. All of it is on the main thread but what
 * [SwipeController] moves away.
 */
open class SwipeKeyboardService :
    InputMethodService(),
    KeyboardView.Listener,
    SwipeController.Listener {
    /** Where the engine is opened and closed, and files are written. */
    protected open val background: CoroutineDispatcher = Dispatchers.IO

    private val shift = Shift()
    private val composer = Composer(shift)
    private val suggestions = SuggestionModel()
    private val order = InOrder()
    private var controller: SwipeController? = null
    private var panel: KeyboardPanel? = null

    /** Counts swipes, to know whether a spelling that comes later is of the last one. */
    private var swipeNumber = 0
    private var isFailureNew = false

    /** Opens the engine; blocking. */
    protected open fun openWordSource(): WordSource = SwipeEngineSource(SwipeEngine.open(assets, BUNDLE))

    override fun onCreate() {
        super.onCreate()
        controller = SwipeController(::openWordSource, WordsFile(File(filesDir, WORDS)), this, Dispatchers.Main.immediate, background)
        composer.onChosen = { controller?.learn(it) }
    }

    override fun onBindInput() {
        super.onBindInput()
        controller?.start()
    }

    override fun onCreateInputView(): View {
        val strip = SuggestionStrip(this, { getString(R.string.add_word, it) }, ::onSuggestion)
        val keys = KeyboardView(this, this).apply { spaceLabel = getString(R.string.space_label) }
        return KeyboardPanel(this, strip, keys).also { panel = it }
    }

    override fun onStartInputView(info: EditorInfo, restarting: Boolean) {
        super.onStartInputView(info, restarting)
        controller?.start()
        val rules = FieldRules.of(info.inputType, info.imeOptions)
        // Apps restart a field while it is typed in, too: nothing is to be forgotten then.
        if (!restarting || rules.swipes != composer.rules.swipes || rules.personal != composer.rules.personal) {
            order.clear()
            swipeNumber++
            suggestions.clear()
            composer.start(rules, field(rules))
        } else {
            composer.restart(rules)
        }
        panel?.keys?.apply {
            if (!restarting) page = if (rules.startsWithSymbols) KeyboardPage.SYMBOLS else KeyboardPage.LETTERS
            enterLabel = if (rules.action == EditorInfo.IME_ACTION_NONE) null else info.actionLabel?.toString() ?: actionLabel(rules.action)
        }
        show()
        noticeFailure()
    }

    override fun onFinishInputView(finishingInput: Boolean) {
        super.onFinishInputView(finishingInput)
        controller?.abandon()
        controller?.save()
        order.clear()
        swipeNumber++
        suggestions.clear()
        show()
    }

    override fun onUpdateSelection(oldStart: Int, oldEnd: Int, newStart: Int, newEnd: Int, candidatesStart: Int, candidatesEnd: Int) {
        super.onUpdateSelection(oldStart, oldEnd, newStart, newEnd, candidatesStart, candidatesEnd)
        if (order.isWaiting) return
        val hadWord = composer.lastWord != null
        if (!composer.cursorMoved(field()) && hadWord) suggestions.clear()
        show()
    }

    // On its side, too, the app is seen over the keyboard.
    override fun onEvaluateFullscreenMode(): Boolean = false

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        controller?.trimMemory()
    }

    override fun onDestroy() {
        order.clear()
        controller?.close()
        controller = null
        panel = null
        super.onDestroy()
    }

    override fun onKey(key: KeyboardKey) {
        when (key.kind) {
            KeyKind.LETTERS -> panel?.keys?.page = KeyboardPage.LETTERS
            KeyKind.SYMBOLS -> panel?.keys?.page = KeyboardPage.SYMBOLS
            else -> order.act {
                act(key, field())
                show()
            }
        }
    }

    private fun act(key: KeyboardKey, field: TextField) {
        if (key.kind == KeyKind.SHIFT) return shift.tap(SystemClock.uptimeMillis())
        suggestions.clear()
        when (key.kind) {
            KeyKind.CHARACTER -> composer.type(field, key.text)
            KeyKind.SPACE -> composer.space(field)
            KeyKind.DELETE -> composer.delete(field)
            else -> enter(field)
        }
    }

    private fun enter(field: TextField) {
        val rules = composer.rules
        when {
            rules.action != EditorInfo.IME_ACTION_NONE -> {
                composer.done(field)
                currentInputConnection?.performEditorAction(rules.action)
            }
            rules.isMultiLine -> composer.newLine(field)
            else -> {
                composer.done(field)
                sendDownUpKeyEvents(KeyEvent.KEYCODE_ENTER)
            }
        }
    }

    override fun onSwipeBegin(area: LetterArea) {
        controller?.begin(area, composer.context(field()), composer.rules.personal)
    }

    override fun onSwipePoints(numbers: DoubleArray, count: Int) {
        controller?.push(numbers, count)
    }

    override fun onSwipeEnd(area: LetterArea, points: SwipePoints) {
        val number = ++swipeNumber
        val count = points.size
        val numbers = points.numbers.copyOf(SwipePoints.PER_POINT * count)
        // What is tapped until the words are there waits behind them.
        val place = order.reserve()
        controller?.finish { candidates ->
            place.fill {
                write(candidates)
                if (composer.rules.personal) controller?.spell(area, numbers, count) { spelling ->
                    if (number == swipeNumber && isOfLastSwipe(candidates)) {
                        suggestions.finished(candidates, spelling)
                        show()
                    }
                }
            }
        }
    }

    override fun onSwipeCancel() {
        controller?.abandon()
        suggestions.clear()
        show()
    }

    private fun write(candidates: List<Candidate>) {
        val best = candidates.firstOrNull()
        if (best != null) composer.swiped(field(), best.word)
        suggestions.finished(candidates, spelling = null)
        show()
    }

    /** Whether nothing was written since the swipe that found [candidates]. */
    private fun isOfLastSwipe(candidates: List<Candidate>): Boolean =
        !order.isWaiting && (candidates.isEmpty() || composer.lastWord == candidates.first().word)

    private fun onSuggestion(suggestion: Suggestion) = order.act {
        val isFirst = composer.lastWord == null
        if (suggestion.isNew && controller?.addWord(suggestion.text) != true) {
            panel?.strip?.notice(getString(R.string.not_added))
        } else {
            suggestions.added(suggestion.text)
            // A swipe that no word was found for has left none to replace.
            if (isFirst) composer.swiped(field(), suggestion.text)
            if (!isFirst && !composer.replace(field(), suggestion.text)) suggestions.clear()
            show()
        }
    }

    override fun onState(state: SwipeController.State) {
        isFailureNew = state == SwipeController.State.FAILED
        noticeFailure()
        panel?.keys?.swipesEnabled = areSwipesOn()
    }

    override fun onPartial(candidates: List<Candidate>) {
        // The strip is the last swipe's until its word is written.
        if (order.isWaiting) return
        suggestions.partial(candidates)
        show()
    }

    /** Says once, where it is seen, that there are no swipes. */
    private fun noticeFailure() {
        if (!isFailureNew || !isInputViewShown) return
        isFailureNew = false
        panel?.strip?.notice(getString(R.string.no_swipes))
    }

    private fun areSwipesOn() = composer.rules.swipes && controller?.state == SwipeController.State.READY

    private fun show() {
        val panel = panel ?: return
        panel.strip.show(suggestions.suggestions, suggestions.isPartial)
        panel.keys.shift = shift.state
        panel.keys.swipesEnabled = areSwipesOn()
    }

    private fun field(rules: FieldRules = composer.rules): TextField =
        currentInputConnection?.let { InputConnectionField(it, rules.rawKeys) } ?: NoField

    private fun actionLabel(action: Int): String? = getTextForImeAction(action)?.toString()

    private companion object {
        const val BUNDLE = "en-qwerty.swipekit"
        const val WORDS = "words.swipekit"
    }
}
