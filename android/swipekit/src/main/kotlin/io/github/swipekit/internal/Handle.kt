package io.github.swipekit.internal

import io.github.swipekit.EngineClosedException
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.Collections
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean

/** What a [Handle] stands for. */
internal enum class Kind(val label: String) {
    ENGINE("the engine") {
        override fun free(number: Long) = Native.engineClose(number)
    },
    SESSION("the session") {
        override fun free(number: Long) {
            Partials.forget(number)
            Native.liveClose(number)
        }
    },
    TOKEN("the cancel token") {
        override fun free(number: Long) = Native.tokenFree(number)
    }, ;

    /** Closes the native object; nothing happens where it is closed. */
    abstract fun free(number: Long)
}

/**
 * A native object's number, and whether it was closed.
 *
 * A native call takes a share of its object, so that closing it meanwhile is safe. One that was
 * forgotten is closed when the next one is made, some time after the garbage collector has found
 * it: a safety net, since `Cleaner` is not there before Android 13.
 */
internal class Handle(private val number: Long, private val kind: Kind) {
    @Volatile
    private var isOpen = true
    private val remains = Remains(this, number, kind)

    init {
        Remains.collect()
    }

    /** Whether [close] was called. */
    val isClosed: Boolean get() = !isOpen

    /** Calls [call] with the number; throws where it was closed. */
    inline fun <T> use(call: (Long) -> T): T {
        if (isClosed) closed()
        try {
            return call(number)
        } finally {
            keep()
        }
    }

    /** Closes the object once. */
    fun close() {
        isOpen = false
        remains.free()
    }

    /** The handle can be reached up to here, so that it cannot count as forgotten during a call. */
    fun keep(): Boolean = isOpen

    fun closed(): Nothing =
        throw EngineClosedException("${kind.label} is closed; open another one and keep it as long as it is used")
}

/** What is left of a handle that nobody holds any more. */
private class Remains(handle: Handle, private val number: Long, private val kind: Kind) : PhantomReference<Handle>(handle, forgotten) {
    private val isFreed = AtomicBoolean()

    init {
        all.add(this)
    }

    fun free() {
        if (!isFreed.compareAndSet(false, true)) return
        all.remove(this)
        clear()
        kind.free(number)
    }

    companion object {
        private val forgotten = ReferenceQueue<Handle>()

        /** Keeps them from being collected before their handles. */
        private val all: MutableSet<Remains> = Collections.newSetFromMap(ConcurrentHashMap())

        /** Frees what was forgotten since the last call. */
        fun collect() {
            while (true) {
                val remains = forgotten.poll() ?: return
                (remains as Remains).free()
            }
        }
    }
}
