package io.github.swipekit.sample.text

/**
 * Keeps what is written in the order in which it was done. The word of a swipe comes some time
 * after the finger is lifted; a key that is tapped meanwhile waits for it, so that a space does not
 * land in front of its word. One thread.
 */
class InOrder {
    /** A place in the order, kept for something that comes later. */
    inner class Place internal constructor() {
        internal var action: (() -> Unit)? = null

        /**
         * What was waited for: does [action] when all before it is done. Only the first call
         * counts.
         */
        fun fill(action: () -> Unit) {
            if (this.action != null) return
            this.action = action
            drain()
        }
    }

    private val places = ArrayDeque<Place>()
    private var isDraining = false

    /** Whether something is waited for. */
    val isWaiting: Boolean get() = places.isNotEmpty()

    /** Does [action] when all before it is done, at once where nothing is waited for. */
    fun act(action: () -> Unit) {
        reserve().fill(action)
    }

    /** Keeps a place for something that comes later. */
    fun reserve(): Place = Place().also { places.addLast(it) }

    /** Forgets all that waits: it was for another field. */
    fun clear(): Unit = places.clear()

    private fun drain() {
        if (isDraining) return
        isDraining = true
        try {
            while (true) {
                val action = places.firstOrNull()?.action ?: break
                places.removeFirst()
                action()
            }
        } finally {
            isDraining = false
        }
    }
}
