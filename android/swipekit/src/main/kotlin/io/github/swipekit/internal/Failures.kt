package io.github.swipekit.internal

import io.github.swipekit.BundleDamagedException
import io.github.swipekit.BundleNotFoundException
import io.github.swipekit.BundleUnsupportedException
import io.github.swipekit.DecodeCancelledException
import io.github.swipekit.DecodeFailedException
import io.github.swipekit.EngineClosedException
import io.github.swipekit.InvalidArgumentException
import io.github.swipekit.NotFiniteException
import io.github.swipekit.RuntimeLibraryException
import io.github.swipekit.SelfTestException
import io.github.swipekit.StorageException
import io.github.swipekit.SwipeException

/** The exception of a kind of failure; the numbers are those of `Kind` in the native library. */
internal fun failure(code: Int, message: String): SwipeException =
    when (code) {
        1 -> BundleNotFoundException(message)
        2 -> BundleDamagedException(message)
        3 -> BundleUnsupportedException(message)
        4 -> RuntimeLibraryException(message)
        5 -> InvalidArgumentException(message)
        6 -> NotFiniteException(message)
        7 -> EngineClosedException(message)
        8 -> SelfTestException(message)
        10 -> DecodeCancelledException(message)
        11 -> StorageException(message)
        else -> DecodeFailedException(message)
    }
