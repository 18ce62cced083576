package io.github.swipekit

import io.github.swipekit.internal.Deadline
import io.github.swipekit.internal.Handle
import io.github.swipekit.internal.Kind
import io.github.swipekit.internal.Native
import io.github.swipekit.internal.Packed
import io.github.swipekit.internal.Partials
import io.github.swipekit.internal.offload
import java.util.concurrent.Executor
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
 * [begin] when the finger comes down, [push] as it moves, [finish] when it is lifted; [partials]
 * has words meanwhile. None of [begin], [push], [abandon] and [setContext] waits for a decode, so
 * that the main thread may call them. The next gesture may begin before the words of the last one
 * are there.
 *
 * Any thread may call it. After [close] everything but [close] throws [EngineClosedException].
 */
@Suppress("TooManyFunctions")
public class SwipeSession internal constructor(
    number: Long,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val handle = Handle(number, Kind.SESSION)
    private val partials = Partials().also { Partials.listen(number, it) }

    /** A touch sample on its way; guarded by itself. */
    private val point = DoubleArray(SwipeTrace.PER_POINT)

    /** Whether [close] was called. */
    public val isClosed: Boolean get() = handle.isClosed

    /**
     * Why the newest partial decode failed; null where it did not. The gesture goes on, and
     * [finish] says for itself whether it can be decoded.
     */
    public val partialFailure: SwipeException? get() = partials.failure

    /**
     * Begins a gesture on a keyboard whose letters span [area], and abandons the one before where
     * it was not finished. Returns its number ([PartialResult.gesture]).
     *
     * @throws InvalidArgumentException where the area has no size; [NotFiniteException] where it is
     * not finite.
     */
    @Throws(SwipeException::class)
    public fun begin(area: LetterArea): Long =
        handle.use { number -> Native.liveBegin(number, area.numbers()).also(partials::begin) }

    /**
     * Appends a touch sample at [timeMillis], in the units of the area.
     *
     * @throws InvalidArgumentException where no gesture has begun, there are too many points or
     * they take too long; the gesture stays as it was.
     * @throws NotFiniteException where a number is NaN or infinite; the gesture stays as it was.
     */
    @Throws(SwipeException::class)
    public fun push(x: Float, y: Float, timeMillis: Long): Unit = push(x.toDouble(), y.toDouble(), timeMillis.toDouble())

    /** As the other [push]. */
    @Throws(SwipeException::class)
    public fun push(x: Double, y: Double, timeMillis: Double) {
        synchronized(point) {
            point[0] = x
            point[1] = y
            point[2] = timeMillis
            push(point, 1)
        }
    }

    /**
     * Appends the first [count] touch samples of [points] at once: x, y and time in milliseconds of
     * each. Throws as the other [push].
     */
    @Throws(SwipeException::class)
    public fun push(points: DoubleArray, count: Int): Unit = handle.use { Native.livePush(it, points, count) }

    /**
     * The words before the gestures in their sentence, the nearest last, until this is called
     * again.
     */
    @Throws(SwipeException::class)
    public fun setContext(words: List<String>): Unit = handle.use { Native.liveContext(it, words.toTypedArray()) }

    /**
     * Words for the gesture that goes on: the newest whenever there are new ones and the collector
     * is ready. Those of gestures that are over are left out. It can be collected once for all
     * gestures, by any number of collectors on any thread, and ends when the session is closed.
     */
    public fun partials(): Flow<PartialResult> = partials.results

    /**
     * As [partials], for Java: [listener] is called by [executor]. Close what is returned to hear
     * no more.
     *
     * An exception of the listener goes to the thread's handler of uncaught ones.
     */
    public fun listen(executor: Executor, listener: PartialListener): AutoCloseable {
        val scope = CoroutineScope(executor.asCoroutineDispatcher())
        scope.launch { partials().collect(listener::onPartial) }
        return AutoCloseable { scope.cancel() }
    }

    /**
     * Ends the gesture and gives its words, best first: those of [SwipeEngine.decode] for all its
     * points. The gesture is over as soon as this is called, whatever comes of it. At most eight
     * gestures wait for their words; the oldest is given up for a ninth.
     *
     * @param deadlineMillis time from the call after which the best words so far are given; none
     * for null.
     * @throws InvalidArgumentException where no gesture has begun, or this one was given up.
     * @throws SwipeException as [SwipeEngine.decode].
     */
    @Throws(SwipeException::class)
    public suspend fun finish(deadlineMillis: Int? = null): List<Candidate> = finishResult(deadlineMillis).candidates

    /** As [finish], with what else there is to say. */
    @Throws(SwipeException::class)
    public suspend fun finishResult(deadlineMillis: Int? = null): DecodeResult {
        val deadline = deadline(deadlineMillis)
        // Before anything is waited for: the finger may come down again at once.
        val gesture = end()
        return offload(dispatcher) { token -> finish(gesture, deadline, token) }
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
        val result = if (token == null) finish(gesture, deadline, 0) else token.during { finish(gesture, deadline, it) }
        return result.candidates
    }

    private fun deadline(millis: Int?): Deadline = Deadline(millis.also { given("deadlineMillis", it) })

    /**
     * Takes no more points for the gesture, lets go of its partial results and gives its number.
     */
    private fun end(): Long = handle.use { number -> Native.liveEnd(number).also(partials::end) }

    private fun finish(gesture: Long, deadline: Deadline, token: Long): DecodeResult =
        handle.use { Packed(Native.liveFinish(it, gesture, deadline.left(), token)).result() }

    /**
     * Ends the gesture without a result; nothing happens where none goes on. A decode that runs is
     * cancelled and not waited for.
     */
    @Throws(SwipeException::class)
    public fun abandon(): Unit =
        handle.use { number ->
            Native.liveAbandon(number)
            partials.abandon()
        }

    /**
     * Closes the session and ends its thread and [partials]; a partial decode that runs is
     * cancelled. Closing it again does nothing.
     */
    override fun close(): Unit = handle.close()

    override fun toString(): String = if (isClosed) "SwipeSession(closed)" else "SwipeSession"
}
