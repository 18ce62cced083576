pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
        // What `cargo xtask aar --with-model` makes.
        maven {
            url = uri("../../target/aar/repository")
            content { includeGroup("io.github.swipekit") }
        }
    }
}

rootProject.name = "sample-keyboard"
