package io.github.swipekit

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** What an app takes over from the library besides its classes. */
class ManifestTest {
    @Test
    fun `the manifest asks for nothing`() {
        val document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/AndroidManifest.xml"))
        val elements = document.getElementsByTagName("*")
        val names = (0 until elements.length).map { elements.item(it).nodeName }
        assertEquals(listOf("manifest", "uses-sdk"), names)
    }

    @Test
    fun `the consumer rules name one class as it is`() {
        val rules = File("consumer-rules.pro").readLines().filterNot { it.trimStart().startsWith("#") }.joinToString("\n")
        val kept = Regex("class\\s+(\\S+)").findAll(rules).map { it.groupValues[1] }.toList()
        assertEquals(listOf("io.github.swipekit.internal.Native"), kept)
        assertFalse("*" in rules.replace("<methods>", ""))
        assertFalse(Regex("-(dont|allow|repackage|flatten)").containsMatchIn(rules))
        val native = Class.forName(kept.single(), false, javaClass.classLoader)
        val kinds = mapOf(
            "exception" to listOf(Int::class.java, String::class.java),
            "onPartial" to listOf(Long::class.java, Long::class.java, Int::class.java, Int::class.java, ByteArray::class.java),
        )
        for ((name, parameters) in kinds) {
            val method = native.getMethod(name, *parameters.toTypedArray())
            val text = parameters.joinToString(", ") { it.canonicalName }
            assertTrue("public static ${method.returnType.canonicalName} $name($text);" in rules)
        }
    }
}
