// Builds the app, with Android Studio or Gradle. The Android Gradle plugin is on Google's Maven repository alone; pom.xml compiles and
// tests the same sources without it.
import org.jetbrains.kotlin.gradle.dsl.JvmTarget

buildscript {
    dependencies {
        // The Android Gradle plugin compiles Kotlin itself, with an older compiler unless it is given one.
        classpath("org.jetbrains.kotlin:kotlin-gradle-plugin:2.4.21")
    }
}

plugins {
    id("com.android.application") version "9.0.0"
}

android {
    namespace = "io.github.swipekit.sample"
    compileSdk = 36

    defaultConfig {
        applicationId = "io.github.swipekit.sample"
        minSdk = 24
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
        ndk { abiFilters += listOf("arm64-v8a", "x86_64") }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
            // A key of your own is needed for what you publish.
            signingConfig = signingConfigs.getByName("debug")
        }
    }

    // The bundle is mapped where it lies in the package.
    androidResources { noCompress += "swipekit" }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.JVM_11
        allWarningsAsErrors = true
    }
}

dependencies {
    implementation("io.github.swipekit:swipekit-android:0.1.0")
    implementation("io.github.swipekit:swipekit-android-en-qwerty:0.1.0")
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
}
