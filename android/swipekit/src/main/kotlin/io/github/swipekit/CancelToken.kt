package io.github.swipekit

import io.github.swipekit.internal.Handle
import io.github.swipekit.internal.Kind
import io.github.swipekit.internal.Native
import io.github.swipekit.internal.NativeLibrary

/**
 * Ends blocking decodes from another thread. Once cancelled it stays so. Coroutines need none: they
 * are cancelled as such.
 *
 * @throws NativeLibraryException where the native library cannot be loaded.
 */
public class CancelToken @Throws(SwipeException::class) public constructor() : AutoCloseable {
    private val handle = Handle(newToken(), Kind.TOKEN)

    /**
     * Ends decodes that were given it, now and later, with [DecodeCancelledException]. Does nothing
     * once it is closed.
     */
    public fun cancel() {
        if (!handle.isClosed) handle.use { Native.tokenCancel(it) }
    }

    /** Frees it; decodes that run go on, those given it later throw [EngineClosedException]. */
    override fun close(): Unit = handle.close()

    internal inline fun <T> during(call: (Long) -> T): T = handle.use(call)

    private companion object {
        fun newToken(): Long {
            NativeLibrary.load()
            return Native.tokenNew()
        }
    }
}
