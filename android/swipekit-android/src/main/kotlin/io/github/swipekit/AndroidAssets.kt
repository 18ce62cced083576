@file:JvmName("AndroidAssets")

package io.github.swipekit

import android.content.res.AssetFileDescriptor
import android.content.res.AssetManager
import java.io.FileNotFoundException
import java.io.IOException

/**
 * Opens the bundle in the asset [name], a `.swipekit` file. It is mapped where it lies in the
 * package: nothing is copied, and the memory is the system's to take back.
 *
 * The asset must not be compressed: `androidResources { noCompress += "swipekit" }` in the app's
 * build file. Blocks, as [SwipeEngine.Companion.open] with a path does; [load] does not. Java calls
 * [SwipeAssets.open].
 *
 * @throws BundleNotFoundException where there is no such asset.
 * @throws BundleDamagedException where it is compressed, or not what it should be.
 * @throws SwipeException as [SwipeEngine.Companion.open] with a path.
 */
@JvmSynthetic
@Throws(SwipeException::class)
public fun SwipeEngine.Companion.open(
    assets: AssetManager,
    name: String,
    options: EngineOptions = EngineOptions.DEFAULT,
): SwipeEngine = SwipeAssets.open(assets, name, options)

/** As [open] with an asset, on [EngineOptions.dispatcher], so that the main thread may call it. */
@JvmSynthetic
@Throws(SwipeException::class)
public suspend fun SwipeEngine.Companion.load(
    assets: AssetManager,
    name: String,
    options: EngineOptions = EngineOptions.DEFAULT,
): SwipeEngine = load(options) { SwipeAssets.open(assets, name, options) }

/** Bundles that an app has as assets, for Java. */
public object SwipeAssets {
    /**
     * Opens the bundle in the asset [name]. Kotlin calls `SwipeEngine.open(assets, name)`, which
     * says more.
     *
     * @throws SwipeException as that.
     */
    @JvmStatic
    @JvmOverloads
    @Throws(SwipeException::class)
    public fun open(assets: AssetManager, name: String, options: EngineOptions = EngineOptions.DEFAULT): SwipeEngine =
        descriptor(assets, name).use { asset ->
            // -1 stands for all to the end, as in swipekit.
            SwipeEngine.openDescriptor(asset.parcelFileDescriptor.fd, asset.startOffset, asset.declaredLength, name, options)
        }

    private fun descriptor(assets: AssetManager, name: String): AssetFileDescriptor =
        try {
            assets.openFd(name)
        } catch (_: FileNotFoundException) {
            // It says the same of an asset that is compressed as of one that is not there.
            throw if (isThere(assets, name)) compressed(name) else missing(name)
        }

    private fun isThere(assets: AssetManager, name: String): Boolean =
        try {
            assets.open(name).close()
            true
        } catch (_: IOException) {
            false
        }

    private fun compressed(name: String) =
        BundleDamagedException(
            "the asset $name must not be compressed, so that it can be mapped: add androidResources { noCompress += \"swipekit\" } to " +
                "the app's build file, or copy the asset to a file and open that",
        )

    private fun missing(name: String) =
        BundleNotFoundException(
            "the app has no asset $name: put the bundle into src/main/assets, or depend on io.github.swipekit:swipekit-android-en-qwerty " +
                "for en-qwerty.swipekit",
        )
}
