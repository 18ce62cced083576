package io.github.swipekit.sample

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** What no compiler looks at here: resources and the manifest. */
class ResourcesTest {
    private val main = File("src/main")

    private fun parse(file: File): Element = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement

    private fun Element.all(name: String): List<Element> =
        getElementsByTagName(name).let { found -> List(found.length) { found.item(it) as Element } }

    @Test
    fun `every name in the code is a resource`() {
        assertEquals(emptySet<String>(), TestResources.names.values.toSet() - TestResources.strings.keys)
        assertEquals(TestResources.names.size, TestResources.names.keys.toSet().size)
    }

    @Test
    fun `all resources are well formed, and all that are referred to are there`() {
        val files = File(main, "res").walk().filter { it.extension == "xml" }.toList() + File(main, "AndroidManifest.xml")
        val named = File(main, "res").walk().filter { it.isFile && !it.parentFile.name.startsWith("values") }
            .map { "${it.parentFile.name}/${it.nameWithoutExtension}" }
        val values = files.filter { it.parentFile.name.startsWith("values") }.flatMap { file ->
            parse(file).all("string").map { "string/${it.getAttribute("name")}" } +
                parse(file).all("style").map { "style/${it.getAttribute("name")}" }
        }
        val there = named.toSet() + values
        val wanted = files.onEach(::parse).flatMap { file -> Regex("\"@([a-z]+/\\w+)\"").findAll(file.readText()).map { it.groupValues[1] } }
        assertTrue(wanted.isNotEmpty())
        assertEquals(emptySet<String>(), wanted.toSet() - there)
    }

    @Test
    fun `the app asks for no permission`() {
        val manifest = parse(File(main, "AndroidManifest.xml"))
        assertEquals(emptyList<Element>(), manifest.all("uses-permission") + manifest.all("uses-permission-sdk-23"))
        assertEquals("android.permission.BIND_INPUT_METHOD", manifest.all("service").single().getAttribute("android:permission"))
    }

    @Test
    fun `the classes of the manifest are there`() {
        val manifest = parse(File(main, "AndroidManifest.xml"))
        for (component in manifest.all("service") + manifest.all("activity")) {
            Class.forName("io.github.swipekit.sample" + component.getAttribute("android:name"), false, javaClass.classLoader)
        }
        val settings = parse(File(main, "res/xml/method.xml")).getAttribute("android:settingsActivity")
        Class.forName(settings, false, javaClass.classLoader)
    }

    @Test
    fun `nothing is logged`() {
        val sources = File(main, "kotlin").walk().filter { it.extension == "kt" }.toList()
        assertTrue(sources.size > 10)
        for (source in sources) {
            assertFalse(Regex("android\\.util\\.Log|\\bprintln?\\(|java\\.util\\.logging|printStackTrace").containsMatchIn(source.readText()), source.name)
        }
    }
}
