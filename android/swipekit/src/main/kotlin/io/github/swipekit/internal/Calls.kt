package io.github.swipekit.internal

import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * Runs blocking [work] on [dispatcher] and waits for it.
 *
 * A cancelled caller goes on at once; the work is told by its cancel token, ends in its own time,
 * and a result that nobody takes any more goes to [discard]. Where the caller is on that dispatcher
 * already, or it needs no dispatch, the work runs in place: the caller then goes on when the work
 * has ended by its token.
 */
internal suspend fun <T> offload(dispatcher: CoroutineDispatcher, discard: (T) -> Unit = {}, work: (token: Long) -> T): T =
    suspendCancellableCoroutine { continuation ->
        val call = Call(continuation, discard, work)
        continuation.invokeOnCancellation { call.cancel() }
        val context = continuation.context
        val isInPlace = context[ContinuationInterceptor] === dispatcher || !dispatcher.isDispatchNeeded(context)
        if (isInPlace) {
            call.run()
        } else {
            @Suppress("TooGenericExceptionCaught")
            try {
                dispatcher.dispatch(context, call)
            } catch (refused: Throwable) {
                continuation.resumeWithException(refused)
            }
        }
    }

/**
 * Work that was handed to a dispatcher. The token lives only while it runs, so that work which is
 * never run leaves nothing behind.
 */
private class Call<T>(
    private val continuation: CancellableContinuation<T>,
    private val discard: (T) -> Unit,
    private val work: (Long) -> T,
) : Runnable {
    /**
     * The token while the work runs. The continuation is inactive before [cancel] is called, and
     * asked after this is set.
     */
    @Volatile
    private var token = 0L

    override fun run() {
        @Suppress("TooGenericExceptionCaught")
        val result = try {
            if (!continuation.isActive) return
            NativeLibrary.load()
            val token = Native.tokenNew()
            try {
                this.token = token
                if (!continuation.isActive) return
                work(token)
            } finally {
                Native.tokenFree(token)
            }
        } catch (failure: Throwable) {
            continuation.resumeWithException(failure)
            return
        }
        continuation.resume(result) { _, unwanted, _ -> discard(unwanted) }
    }

    fun cancel() {
        val token = token
        if (token != 0L) Native.tokenCancel(token)
    }
}
