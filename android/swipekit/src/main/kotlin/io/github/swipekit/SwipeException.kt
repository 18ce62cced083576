package io.github.swipekit

/**
 * Anything that goes wrong in swipekit. Messages say what happened and what to do; none holds a
 * word or a point of a gesture, so that they may be logged.
 */
public sealed class SwipeException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** A bundle or another file is not there or cannot be read. */
public class BundleNotFoundException internal constructor(message: String) : SwipeException(message)

/** A file is not what it should be: cut short, changed, or something else. */
public class BundleDamagedException internal constructor(message: String) : SwipeException(message)

/** A bundle asks for a newer swipekit, or for a runtime that this build does not have. */
public class BundleUnsupportedException internal constructor(message: String) : SwipeException(message)

/** The library of ONNX Runtime is missing or cannot be used. */
public class RuntimeLibraryException internal constructor(message: String) : SwipeException(message)

/**
 * The library of swipekit itself is missing, made for another processor, or of another version than
 * these classes.
 */
public class NativeLibraryException internal constructor(message: String, cause: Throwable? = null) : SwipeException(message, cause)

/** An argument or an option cannot be used. */
public class InvalidArgumentException internal constructor(message: String) : SwipeException(message)

/** A coordinate or a time is NaN or infinite. */
public class NotFiniteException internal constructor(message: String) : SwipeException(message)

/** An engine, a session or a token was used after it was closed. */
public class EngineClosedException internal constructor(message: String) : SwipeException(message)

/**
 * A bundle does not give what its own golden swipes say, so that its words cannot be trusted on
 * this device.
 */
public class SelfTestException internal constructor(message: String) : SwipeException(message)

/** The runtime or swipekit failed inside. The engine can go on being used. */
public class DecodeFailedException internal constructor(message: String) : SwipeException(message)

/**
 * A blocking call was ended by its [CancelToken]. A cancelled coroutine sees
 * [kotlinx.coroutines.CancellationException] as any other does.
 */
public class DecodeCancelledException internal constructor(message: String) : SwipeException(message)

/** A file cannot be written. */
public class StorageException internal constructor(message: String) : SwipeException(message)
