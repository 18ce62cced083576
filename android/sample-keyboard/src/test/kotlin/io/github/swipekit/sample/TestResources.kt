package io.github.swipekit.sample

import android.content.res.Resources
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/**
 * The strings of `res/values/strings.xml` under the numbers of the [R] that stands for the
 * generated one: nothing compiles resources here.
 */
object TestResources {
    /** Strings by their names. */
    val strings: Map<String, String> by lazy {
        val document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/res/values/strings.xml"))
        val found = document.getElementsByTagName("string")
        List(found.length) { found.item(it) }.associate { it.attributes.getNamedItem("name").nodeValue to it.textContent }
    }

    /** Names by their numbers. */
    val names: Map<Int, String> by lazy {
        R.string::class.java.fields.filter { it.type == Int::class.java }.associate { it.getInt(null) to it.name }
    }

    /** [resources] with these strings. */
    fun over(resources: Resources): Resources =
        @Suppress("DEPRECATION")
        object : Resources(resources.assets, resources.displayMetrics, resources.configuration) {
            override fun getText(id: Int): CharSequence = names[id]?.let(strings::getValue) ?: super.getText(id)
        }
}
