// Builds the Android library with Android Studio or Gradle, from the same sources as pom.xml. The native libraries come from
// `cargo xtask aar`, which leaves them in src/main/jniLibs. The Android Gradle plugin is on Google's Maven repository alone, so that
// releases are built with Maven and `cargo xtask aar`; this file is for work on the library in Android Studio.
plugins {
    id("com.android.library") version "9.0.0"
}

android {
    namespace = "io.github.swipekit"
    compileSdk = 36

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets {
        getByName("main") {
            kotlin.srcDir("../swipekit/src/main/kotlin")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    explicitApi()
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11
        allWarningsAsErrors = true
    }
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.11.0")
    runtimeOnly("com.microsoft.onnxruntime:onnxruntime-android:1.22.0")
}
