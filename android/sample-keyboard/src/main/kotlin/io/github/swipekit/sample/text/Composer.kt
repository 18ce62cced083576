package io.github.swipekit.sample.text

/**
 * What keys and swipes write: the words of swipes with their spaces and capitals, what takes their
 * place, what is deleted, and which words the user has thereby chosen.
 *
 * A swiped word gets its space in front, when it is written, and not behind: what comes next
 * decides. A letter sets a space first, a mark does not.
 */
class Composer(private val shift: Shift) {
    /** Rules of the field that is edited. */
    var rules: FieldRules = FieldRules.of(inputType = 0, imeOptions = 0)
        private set

    /**
     * Told of words that the user left as they are, which is how they choose. Never of a field that
     * must not be learned from.
     */
    var onChosen: (word: String) -> Unit = {}

    /**
     * The word of the last swipe, as the engine has it, while it is the last thing written; null
     * otherwise.
     */
    var lastWord: String? = null
        private set

    /** Which of its letters are made capital. */
    private enum class Case { AS_IT_IS, FIRST, ALL }

    // What was written for it, of that the space in front and behind, or none.
    private var lastText = ""
    private var lastFront = ""
    private var lastBehind = ""
    private var lastCase = Case.AS_IT_IS

    /** The same field goes on, with [rules] that may have changed. */
    fun restart(rules: FieldRules) {
        this.rules = rules
    }

    /** Another field. */
    fun start(rules: FieldRules, field: TextField) {
        forget()
        this.rules = rules
        shift.reset()
        settleShift(field)
    }

    /** Types [text], a letter in small or another character, as a tap on its key does. */
    fun type(field: TextField, text: String): Unit = field.batch {
        val isLetter = text.first().isLetterOrDigit()
        val space = if (isLetter && isWordBefore(field) && rules.spaces && lastBehind.isEmpty()) " " else ""
        choose(field)
        field.commit(space + if (shift.state == Shift.State.OFF) text else text.uppercase())
        settleShift(field)
    }

    /** Types a space, none behind one that a word brought along. */
    fun space(field: TextField): Unit = field.batch {
        val isThere = isWordBefore(field) && lastBehind.isNotEmpty()
        choose(field)
        if (!isThere) field.commit(" ")
        settleShift(field)
    }

    /** Begins a new line. */
    fun newLine(field: TextField): Unit = field.batch {
        choose(field)
        field.commit("\n")
        settleShift(field)
    }

    /** What is written is done with, as when it is sent. */
    fun done(field: TextField): Unit = choose(field)

    /** Deletes what is selected, the word of the last swipe, or a character. */
    fun delete(field: TextField): Unit = field.batch {
        val before = field.before(Writing.LOOK_BACK)
        when {
            field.hasSelection() || before.isEmpty() -> field.deleteKey()
            isWordBefore(field) -> field.delete(lastText.length)
            else -> field.delete(Writing.lastCharacter(before))
        }
        forget()
        settleShift(field)
    }

    /** Words in front of a swipe that is about to begin, for the engine. */
    fun context(field: TextField): List<String> {
        if (!rules.swipes || !rules.spaces) return emptyList()
        val before = field.before(Writing.LOOK_BACK)
        val isWhole = before.length < Writing.LOOK_BACK
        return Writing.context(if (Writing.needsSpace(before)) "$before " else before, isWhole)
    }

    /** Writes [word], the best one of a swipe. */
    fun swiped(field: TextField, word: String): Unit = field.batch {
        choose(field)
        write(field, word)
    }

    /**
     * Puts [word], which was suggested, in place of the last swipe's. False where that is not there
     * any more: nothing is written.
     */
    fun replace(field: TextField, word: String): Boolean = field.batch {
        if (!isWordBefore(field)) {
            forget()
            return@batch false
        }
        val front = lastFront
        val behind = lastBehind
        field.delete(lastText.length)
        put(field, front, word, behind)
        true
    }

    /**
     * The cursor may have gone elsewhere. False where the last swipe's word is no longer in front
     * of it.
     */
    fun cursorMoved(field: TextField): Boolean {
        val isThere = isWordBefore(field)
        if (!isThere) forget()
        // What the user said with the shift key lasts until something is written.
        if (!shift.isManual) settleShift(field)
        return isThere
    }

    private fun write(field: TextField, word: String) {
        val before = field.before(Writing.LOOK_BACK)
        val front = if (rules.spaces && !field.hasSelection() && Writing.needsSpace(before)) " " else ""
        val behind = if (rules.spaces && field.after(1).firstOrNull()?.isLetterOrDigit() == true) " " else ""
        lastCase = case(before + front)
        put(field, front, word, behind)
    }

    private fun case(before: String): Case = when {
        shift.state == Shift.State.LOCKED -> Case.ALL
        shift.isManual -> if (shift.state == Shift.State.ONCE) Case.FIRST else Case.AS_IT_IS
        rules.capitals == Capitals.ALL -> Case.ALL
        Writing.isCapital(before, rules.capitals) -> Case.FIRST
        else -> Case.AS_IT_IS
    }

    private fun put(field: TextField, front: String, word: String, behind: String) {
        lastWord = word
        lastFront = front
        lastBehind = behind
        lastText = front + when (lastCase) {
            Case.AS_IT_IS -> word
            Case.FIRST -> Writing.capitalized(word)
            Case.ALL -> word.uppercase()
        } + behind
        field.commit(lastText)
        settleShift(field)
    }

    /** The last swipe's word stays, if it is there. */
    private fun choose(field: TextField) {
        val word = lastWord
        if (word != null && rules.personal && isWordBefore(field)) onChosen(word)
        forget()
    }

    private fun isWordBefore(field: TextField): Boolean = lastWord != null && field.before(lastText.length) == lastText

    private fun forget() {
        lastWord = null
        lastText = ""
        lastFront = ""
        lastBehind = ""
    }

    private fun settleShift(field: TextField) =
        shift.settle(Writing.isCapital(field.before(Writing.LOOK_BACK), rules.capitals))
}
