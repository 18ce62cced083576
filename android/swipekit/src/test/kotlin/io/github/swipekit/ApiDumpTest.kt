package io.github.swipekit

import java.io.File
import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/**
 * The public API as it is compiled, against api/swipekit.api; `-Dswipekit.api.update=true` writes
 * that anew.
 */
class ApiDumpTest {
    @Test
    fun `the public API is the one that was written down`() {
        val classes = File(SwipeEngine::class.java.protectionDomain.codeSource.location.toURI())
        val files = classes.walk().filter { it.extension == "class" }.sorted().toList()
        val filters = AbiFilters(emptySet(), emptySet(), emptySet(), emptySet())
        val dump = StringBuilder().also { AbiTools.getInstance().printJvmDump(it, files, filters) }.toString()
        val written = File("api/swipekit.api")
        if (System.getProperty("swipekit.api.update") == "true") written.writeText(dump)
        assertEquals(written.readText(), dump, "run with -Dswipekit.api.update=true where the change is meant, and commit the file")
    }
}
