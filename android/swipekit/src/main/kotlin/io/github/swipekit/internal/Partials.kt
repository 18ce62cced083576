package io.github.swipekit.internal

import io.github.swipekit.PartialResult
import io.github.swipekit.SwipeException
import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.transformWhile

/** The partial results of a live session: the newest one of the gesture that goes on. */
internal class Partials {
    private sealed interface State

    private data object Waiting : State

    private data object Closed : State

    private class Found(val result: PartialResult) : State

    private val state = MutableStateFlow<State>(Waiting)

    /** Gestures up to this one are over. */
    @Volatile
    private var over = 0L

    /** Why the newest decode failed; null where it did not. */
    @Volatile
    var failure: SwipeException? = null
        private set

    /**
     * The newest result whenever there is one and the collector is ready for it; ends when the
     * session is closed.
     */
    val results: Flow<PartialResult> = state.transformWhile { state ->
        if (state is Found && state.result.gesture > over) emit(state.result)
        state !is Closed
    }

    /** The newest gesture. */
    @Volatile
    private var newest = 0L

    /** The [gesture] begins: those before it are over. */
    fun begin(gesture: Long) {
        newest = gesture
        failure = null
        end(gesture - 1)
    }

    /** The [gesture] is over: what comes of it any more is dropped. */
    fun end(gesture: Long) {
        synchronized(this) { over = maxOf(over, gesture) }
        put { old -> if (old is Found && old.result.gesture <= over) Waiting else old }
    }

    /** The newest gesture is over. */
    fun abandon(): Unit = end(newest)

    /** The session ends. */
    fun close() {
        state.value = Closed
    }

    private fun found(result: PartialResult) {
        failure = null
        put { old ->
            val isOld = result.gesture <= over || old is Found && old.result.gesture > result.gesture
            if (isOld) old else Found(result)
        }
    }

    private inline fun put(next: (State) -> State) {
        while (true) {
            val old = state.value
            if (old is Closed || state.compareAndSet(old, next(old))) return
        }
    }

    companion object {
        /** By number of the session. A session that nobody holds is not kept by it. */
        private val sessions = ConcurrentHashMap<Long, WeakReference<Partials>>()

        /** Results of the session [number] go to [partials] from now on. */
        fun listen(number: Long, partials: Partials) {
            sessions[number] = WeakReference(partials)
        }

        /** The session [number] is closed. */
        fun forget(number: Long) {
            sessions.remove(number)?.get()?.close()
        }

        /** Takes what the native library gives; see [Native.onPartial]. */
        fun deliver(session: Long, gesture: Long, points: Int, code: Int, packed: ByteArray) {
            val partials = sessions[session]?.get() ?: return
            val content = Packed(packed)
            when (code) {
                0 -> partials.found(PartialResult(content.candidates(), points, gesture))
                else -> partials.failure = failure(code, content.text())
            }
        }
    }
}
