package io.github.swipekit

import io.github.swipekit.internal.Deadline
import io.github.swipekit.internal.Handle
import io.github.swipekit.internal.Kind
import io.github.swipekit.internal.Native
import io.github.swipekit.internal.Packed
import io.github.swipekit.internal.Partials
import io.github.swipekit.internal.offload
import java.util.concurrent.Executor
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch

/** Takes partial results where a [Flow] is not at hand, as in Java. */
public fun interface PartialListener {
    /** There are new words for the gesture that goes on. */
    public fun onPartial(result: PartialResult)
}

/**
 * Decodes gestures while they are made. Made by [SwipeEngine.newSession].
 *
 * [begin] when the finger comes down, [push] as it moves, [finish] when it is lifted; [partials] has words meanwhile. None of [begin],
 * [push], [abandon] and [setContext] waits for a decode, so that the main thread may call them. The next gesture may begin before the
 * words of the last one are there.
 *
 * Any thread may call it. After [close] everything but [close] throws [EngineClosedException].
 */
@Suppress("TooManyFunctions")
public class SwipeSession internal constructor(
    number: Long,
    private val engine: SwipeEngine,
    private val options: DecodeOptions,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val handle = Handle(number, Kind.SESSION)
    private val partials = Partials().also { Partials.listen(number, it) }

    /** Guards all below, and the order of gestures. */
    private val lock = Any()
    private val point = DoubleArray(SwipeTrace.PER_POINT)
    private var gesture: Gesture? = null
    private var context: List<String> = emptyList()

    /** Where the end of a gesture has come to. */
    private enum class Stage { OPEN, ENDING, CLOSING, OVERTAKEN, OVER }

    /** A gesture with its points, so that it can be decoded after the next one has begun. */
    private class Gesture(val trace: SwipeTrace) {
        @Volatile
        var stage = Stage.OPEN
        var context: List<String> = emptyList()
    }

    /** Whether [close] was called. */
    public val isClosed: Boolean get() = handle.isClosed

    /**
     * Why the newest partial decode failed; null where it did not. The gesture goes on, and [finish] says for itself whether it can be
     * decoded.
     */
    public val partialFailure: SwipeException? get() = partials.failure

    /**
     * Begins a gesture on a keyboard whose letters span [area], and abandons the one before where it was not finished. Returns its
     * number ([PartialResult.gesture]).
     *
     * @throws InvalidArgumentException where the area has no size; [NotFiniteException] where it is not finite.
     */
    @Throws(SwipeException::class)
    public fun begin(area: LetterArea): Long =
        handle.use { number ->
            synchronized(lock) {
                gesture?.let { overtake(number, it) }
                gesture = null
                val begun = Native.liveBegin(number, area.numbers())
                gesture = Gesture(SwipeTrace(area))
                partials.begin(begun)
                begun
            }
        }

    /** Sees to it that the end of [gesture] cannot end the next one. */
    private fun overtake(number: Long, gesture: Gesture) {
        if (gesture.stage == Stage.ENDING) gesture.stage = Stage.OVERTAKEN
        // The thread that ends it has only to take the gesture, and takes it before it decodes.
        while (gesture.stage == Stage.CLOSING && isOpen(number)) Thread.yield()
    }

    /** Whether the native session has a gesture that is not over. */
    private fun isOpen(number: Long): Boolean =
        try {
            Native.livePush(number, point, 0)
            true
        } catch (_: InvalidArgumentException) {
            false
        }

    /**
     * Appends a touch sample at [timeMillis], in the units of the area.
     *
     * @throws InvalidArgumentException where no gesture has begun, the time falls or there are too many points; the gesture stays as it
     *   was.
     * @throws NotFiniteException where a number is NaN or infinite; the gesture stays as it was.
     */
    @Throws(SwipeException::class)
    public fun push(x: Float, y: Float, timeMillis: Long): Unit = push(x.toDouble(), y.toDouble(), timeMillis.toDouble())

    /** As the other [push]. */
    @Throws(SwipeException::class)
    public fun push(x: Double, y: Double, timeMillis: Double) {
        handle.use { number ->
            synchronized(lock) {
                point[0] = x
                point[1] = y
                point[2] = timeMillis
                push(number, point, 1)
            }
        }
    }

    /** Appends the first [count] touch samples of [points] at once: x, y and time in milliseconds of each. Throws as the other [push]. */
    @Throws(SwipeException::class)
    public fun push(points: DoubleArray, count: Int) {
        handle.use { number -> synchronized(lock) { push(number, points, count) } }
    }

    private fun push(number: Long, points: DoubleArray, count: Int) {
        val trace = open().trace
        Native.livePush(number, points, count)
        trace.add(points, count)
    }

    private fun open(): Gesture =
        gesture?.takeIf { it.stage == Stage.OPEN }
            ?: throw InvalidArgumentException("no gesture has begun; call begin when the finger comes down")

    /** The words before the gestures in their sentence, the nearest last, until this is called again. */
    @Throws(SwipeException::class)
    public fun setContext(words: List<String>) {
        val copy = words.toList()
        handle.use { number ->
            synchronized(lock) {
                Native.liveContext(number, copy.toTypedArray())
                context = copy
            }
        }
    }

    /**
     * Words for the gesture that goes on: the newest whenever there are new ones and the collector is ready. Those of gestures that are
     * over are left out. It can be collected once for all gestures, by any number of collectors on any thread, and ends when the
     * session is closed.
     */
    public fun partials(): Flow<PartialResult> = partials.results

    /**
     * As [partials], for Java: [listener] is called by [executor]. Close what is returned to hear no more.
     *
     * An exception of the listener goes to the thread's handler of uncaught ones.
     */
    public fun listen(executor: Executor, listener: PartialListener): AutoCloseable {
        val scope = CoroutineScope(executor.asCoroutineDispatcher())
        scope.launch { partials().collect(listener::onPartial) }
        return AutoCloseable { scope.cancel() }
    }

    /**
     * Ends the gesture and gives its words, best first: those of [SwipeEngine.decode] for all its points. The gesture is over as soon
     * as this is called, whatever comes of it.
     *
     * @param deadlineMillis time from the call after which the best words so far are given; none for null.
     * @throws InvalidArgumentException where no gesture has begun.
     * @throws SwipeException as [SwipeEngine.decode].
     */
    @Throws(SwipeException::class)
    public suspend fun finish(deadlineMillis: Int? = null): List<Candidate> = finishResult(deadlineMillis).candidates

    /** As [finish], with what else there is to say. */
    @Throws(SwipeException::class)
    public suspend fun finishResult(deadlineMillis: Int? = null): DecodeResult {
        val deadline = deadline(deadlineMillis)
        val gesture = end()
        return try {
            offload(dispatcher) { token -> finish(gesture, deadline, token) }
        } catch (cancelled: CancellationException) {
            drop(gesture)
            throw cancelled
        }
    }

    /**
     * As [finish], in the calling thread.
     *
     * @param token ends it from another thread, with [DecodeCancelledException].
     */
    @JvmOverloads
    @Throws(SwipeException::class)
    public fun finishBlocking(deadlineMillis: Int? = null, token: CancelToken? = null): List<Candidate> {
        val deadline = deadline(deadlineMillis)
        val gesture = end()
        val result = if (token == null) finish(gesture, deadline, 0) else token.use { finish(gesture, deadline, it) }
        return result.candidates
    }

    private fun deadline(millis: Int?): Deadline = Deadline(millis.also { given("deadlineMillis", it) })

    /** Takes no more points and lets go of partial results. */
    private fun end(): Gesture =
        handle.use {
            synchronized(lock) {
                val gesture = open()
                gesture.stage = Stage.ENDING
                gesture.context = context
                partials.end()
                gesture
            }
        }

    private fun finish(gesture: Gesture, deadline: Deadline, token: Long): DecodeResult {
        val isNative = synchronized(lock) {
            (gesture.stage == Stage.ENDING).also { if (it) gesture.stage = Stage.CLOSING }
        }
        val trace = gesture.trace
        try {
            if (isNative) return handle.use { Packed(Native.liveFinish(it, deadline.left(), token)).result() }
            // The next gesture has begun: the native session has this one no more.
            if (isClosed) handle.closed()
            val options = DecodeOptions(options.candidates, options.beam, null, gesture.context)
            return engine.decode(trace.points, trace.size, trace.area, options, deadline, token)
        } finally {
            gesture.stage = Stage.OVER
        }
    }

    /** Ends [gesture] where its words were waited for in vain, so that nothing is decoded for it any more. */
    private fun drop(gesture: Gesture) {
        synchronized(lock) {
            if (gesture.stage != Stage.ENDING) return
            gesture.stage = Stage.OVER
            if (!isClosed) handle.use { Native.liveAbandon(it) }
        }
    }

    /** Ends the gesture without a result; nothing happens where none has begun. A decode that runs is cancelled and not waited for. */
    @Throws(SwipeException::class)
    public fun abandon() {
        handle.use { number ->
            synchronized(lock) {
                if (gesture?.stage != Stage.OPEN) return
                gesture?.stage = Stage.OVER
                partials.end()
                Native.liveAbandon(number)
            }
        }
    }

    /** Closes the session and ends its thread and [partials]; a partial decode that runs is cancelled. Closing it again does nothing. */
    override fun close(): Unit = handle.close()

    override fun toString(): String = "SwipeSession(${engine.info.name}${if (isClosed) ", closed" else ""})"
}
