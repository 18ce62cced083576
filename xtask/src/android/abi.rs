//! The processors that Android runs on, by Android's names.

use std::fmt;

/// An application binary interface of Android.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Abi {
    /// Phones.
    #[value(name = "arm64-v8a")]
    Arm64,
    /// Emulators, some tablets and laptops.
    #[value(name = "x86_64")]
    X64,
    /// Old phones. Takes the NDK.
    #[value(name = "armeabi-v7a")]
    Arm32,
}

impl Abi {
    /// Those that are built unless others are asked for.
    pub const DEFAULT: [Self; 2] = [Self::Arm64, Self::X64];

    /// Android's name: the folder in an AAR.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64-v8a",
            Self::X64 => "x86_64",
            Self::Arm32 => "armeabi-v7a",
        }
    }

    /// Rust's target.
    pub fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-linux-android",
            Self::X64 => "x86_64-linux-android",
            Self::Arm32 => "armv7-linux-androideabi",
        }
    }

    /// clang's target, without the API level.
    pub fn clang(self) -> &'static str {
        match self {
            Self::Arm32 => "armv7a-linux-androideabi",
            other => other.target(),
        }
    }

    /// `e_machine` in the header of its ELF files.
    pub fn machine(self) -> u16 {
        use goblin::elf::header::{EM_AARCH64, EM_ARM, EM_X86_64};
        match self {
            Self::Arm64 => EM_AARCH64,
            Self::X64 => EM_X86_64,
            Self::Arm32 => EM_ARM,
        }
    }

    /// Whether memory may come in pages of 16 KB.
    pub fn is_64_bit(self) -> bool {
        self != Self::Arm32
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
