//! Runs Android's machine code on Linux: libraries that stand in for Android's, a virtual machine
//! made of C for processors that are emulated, a real one for this machine's own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use swipekit_test_support::skip;

use super::abi::Abi;
use super::build::Library;
use super::imports::{self, Import, LIBRARIES};
use super::maven::{self, Natives};
use super::{Expected, stubs, toolchain, work};
use crate::error::{Error, Result};
use crate::process;

/// Names that the shim does not hand on to glibc's of the same name: `xtask/android/shim/shim.c`
/// has them.
const OWN: [&str; 10] = [
    "__android_log_write",
    "__errno",
    "__system_property_get",
    "android_set_abort_message",
    "pthread_attr_destroy",
    "pthread_attr_init",
    "pthread_attr_setstacksize",
    "pthread_create",
    "strerror_r",
    "sysconf",
];

/// How far scores may be apart, relative to the larger: other vector units, the same sums.
const TOLERANCE: f64 = 1e-4;

/// What runs programs of an ABI here.
struct Machine {
    abi: Abi,
    compiler: &'static str,
    /// The emulator with its arguments; none for this machine's own processor.
    emulator: &'static [&'static str],
    /// Packages of Debian and Ubuntu with all of that.
    packages: &'static [&'static str],
}

const MACHINES: [Machine; 2] = [
    Machine {
        abi: Abi::Arm64,
        compiler: "aarch64-linux-gnu-gcc",
        // Pages of 16 KB, as on newer devices.
        emulator: &[
            "qemu-aarch64-static",
            "-p",
            "16384",
            "-L",
            "/usr/aarch64-linux-gnu",
        ],
        packages: &[
            "qemu-user-static",
            "gcc-aarch64-linux-gnu",
            "libc6-dev-arm64-cross",
        ],
    },
    Machine {
        abi: Abi::X64,
        compiler: "gcc",
        emulator: &[],
        packages: &["gcc", "libc6-dev"],
    },
];

/// Runs each library: it is loaded, and searches the frames `swipe-N.f32` in `expected` with the
/// bundle there; words and scores must be those of `swipe-N.result`.
pub fn run(libraries: &[Library], bundle: &Path, expected: &Path) -> Result<()> {
    for library in libraries {
        let machine = MACHINES.iter().find(|machine| machine.abi == library.abi);
        match machine {
            Some(machine) => machine.run(library, bundle, expected)?,
            None => skip(
                "the Android library under qemu",
                &format!("{} is not run", library.abi),
            ),
        }
    }
    Ok(())
}

impl Machine {
    fn run(&self, library: &Library, bundle: &Path, expected: &Path) -> Result<()> {
        let programs = [Some(&self.compiler), self.emulator.first()];
        if !programs
            .into_iter()
            .flatten()
            .all(|program| toolchain::is_there(program))
        {
            toolchain::packages(self.packages)?;
        }
        let folder = self.shim()?;
        let harness = self.harness(&folder)?;
        let scratch = tempfile::tempdir_in(&folder).map_err(Error::io(&folder))?;
        let frames = copies(expected, scratch.path())?;
        let mut command = match self.emulator {
            [] => Command::new(&harness),
            [emulator, arguments @ ..] => {
                let mut command = Command::new(emulator);
                command.args(arguments).arg("-E");
                command.arg(format!("LD_LIBRARY_PATH={}", folder.display()));
                command.arg(&harness);
                command
            }
        };
        if self.emulator.is_empty() {
            command.env("LD_LIBRARY_PATH", &folder);
        }
        command
            .arg(&library.stripped)
            .arg(bundle)
            .args(&frames)
            .stdin(Stdio::null());
        let output = process::output(&mut command)?;
        let output = String::from_utf8_lossy(&output).into_owned();
        let natives = output
            .lines()
            .filter(|line| line.starts_with("native "))
            .count();
        if natives == 0 || output.lines().last() != Some("done") {
            return Err(refused(
                &library.stripped,
                format!("the harness says {output}"),
            ));
        }
        for frame in &frames {
            compare(frame)?;
        }
        eprintln!(
            "{}: loaded {}, {natives} methods registered, {} searches as on this machine, failures and panics thrown",
            library.abi,
            self.emulator
                .first()
                .map_or("here", |_| "under qemu with pages of 16 KB"),
            frames.len(),
        );
        Ok(())
    }

    /// Makes the libraries that stand in for Android's, and gives their folder.
    fn shim(&self) -> Result<PathBuf> {
        let folder = work()?.join(self.abi.name()).join("shim");
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let imports = imports::read()?;
        let write = |name: String, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::io(&path))?;
            Ok::<_, Error>(path)
        };
        let compiler = |library: &str| {
            let mut compiler = Command::new(self.compiler);
            compiler
                .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"])
                .arg(format!("-Wl,-soname,{library}.so"))
                .arg("-o")
                .arg(folder.join(format!("{library}.so")));
            compiler
        };
        let sources = process::root().join("xtask/android/shim");
        process::run(compiler("libfind").arg(sources.join("find.c")))?;
        for library in LIBRARIES {
            let of: Vec<&Import> = imports
                .iter()
                .filter(|import| import.library == library)
                .collect();
            let source = write(format!("{library}.S"), trampolines(self.abi, &of))?;
            let script = write(format!("{library}.map"), script(library, &of))?;
            let mut compiler = compiler(library);
            match library {
                "libc" => drop(compiler.arg("-DLIBC")),
                "liblog" => drop(compiler.arg("-DLIBLOG")),
                _ => {}
            }
            compiler
                .arg(format!("-Wl,--version-script={}", script.display()))
                .arg(source)
                .arg(sources.join("shim.c"))
                .arg(folder.join("libfind.so"));
            process::run(&mut compiler)?;
        }
        Ok(folder)
    }

    fn harness(&self, folder: &Path) -> Result<PathBuf> {
        let headers = maven::jdk()?.join("include");
        let harness = folder.join("harness");
        let mut compiler = Command::new(self.compiler);
        compiler
            .args(["-O1", "-Wall", "-Wextra", "-Werror"])
            .arg(format!("-I{}", headers.display()))
            .arg(format!("-I{}", headers.join("linux").display()))
            .arg(process::root().join("xtask/android/shim/harness.c"))
            .args(["-ldl", "-o"])
            .arg(&harness);
        process::run(&mut compiler)?;
        Ok(harness)
    }
}

/// The x86_64 library inside this machine's Java virtual machine, with the tests of the whole
/// Kotlin interface, ONNX Runtime included.
pub fn in_jvm(library: &Library, natives: &Natives, expected: &Expected) -> Result<()> {
    let Some(machine) = MACHINES.iter().find(|machine| machine.abi == library.abi) else {
        return Ok(());
    };
    let shim = machine.shim()?;
    let android = Natives {
        library: library.stripped.clone(),
        runtime: natives.runtime.clone(),
    };
    maven::test_again(&android, expected, &shim)
}

/// Jumps to the functions that `shim.c` looks up.
fn trampolines(abi: Abi, imports: &[&Import]) -> String {
    let mut code = String::from(".text\n");
    let mut names = String::new();
    let mut count = 0;
    for import in imports
        .iter()
        .filter(|import| !OWN.contains(&import.name.as_str()))
    {
        let (name, at) = (&import.name, 8 * count);
        let jump = match abi {
            Abi::Arm64 => format!(
                "adrp x16, slots\n add x16, x16, :lo12:slots\n ldr x16, [x16, #{at}]\n br x16"
            ),
            _ => format!("jmp *slots+{at}(%rip)"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            code,
            ".globl {name}\n.type {name},%function\n{name}:\n {jump}"
        );
        let _ = writeln!(
            names,
            "1: .asciz \"{name}\"\n.section .data.rel.ro,\"aw\"\n.quad 1b\n.section .rodata"
        );
        count += 1;
    }
    format!(
        "{code}.data\n.balign 8\n.globl slots\n.hidden slots\nslots: .zero {}\n\
         .section .data.rel.ro,\"aw\"\n.balign 8\n.globl slot_names\n.hidden slot_names\nslot_names:\n.section .rodata\n{names}\
         .section .data.rel.ro,\"aw\"\n.quad 0\n.section .note.GNU-stack,\"\",%progbits\n",
        8 * count.max(1)
    )
}

fn script(library: &str, imports: &[&Import]) -> String {
    let names: Vec<&str> = imports.iter().map(|import| import.name.as_str()).collect();
    format!(
        "{} {{ global: {}; local: *; }};\n",
        stubs::version(library),
        names.join("; ")
    )
}

/// Copies frames and results into `to`, and gives the frames.
fn copies(from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let mut frames = Vec::new();
    for number in 0.. {
        let name = format!("swipe-{number}.f32");
        if !from.join(&name).is_file() {
            break;
        }
        for name in [name.clone(), format!("swipe-{number}.result")] {
            fs::copy(from.join(&name), to.join(&name)).map_err(Error::io(from.join(&name)))?;
        }
        frames.push(to.join(name));
    }
    if frames.is_empty() {
        return Err(refused(from, "has no swipe-0.f32".to_owned()));
    }
    Ok(frames)
}

/// Compares what the harness has written of `frames` with what was expected.
fn compare(frames: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).map_err(Error::io(path));
    let got_path = frames.with_extension("f32.got");
    let wanted = read(&frames.with_extension("result"))?;
    let wanted = String::from_utf8_lossy(&wanted);
    let wanted: Option<Vec<(String, f64)>> = wanted
        .lines()
        .map(|line| {
            let (word, score) = line.split_once('\t')?;
            Some((word.to_owned(), score.parse().ok()?))
        })
        .collect();
    let (Some(wanted), Some(got)) = (wanted, unpack(&read(&got_path)?)) else {
        return Err(refused(&got_path, "cannot be read".to_owned()));
    };
    let is_near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0);
    let is_same = wanted.len() == got.len()
        && wanted
            .iter()
            .zip(&got)
            .all(|(a, b)| a.0 == b.0 && is_near(a.1, b.1));
    if is_same && !got.is_empty() {
        return Ok(());
    }
    Err(refused(
        &got_path,
        format!("has {got:?} in place of {wanted:?}"),
    ))
}

/// Words and scores of a packed result: a flag, three times, then each word with three numbers, the
/// second of them the score.
fn unpack(bytes: &[u8]) -> Option<Vec<(String, f64)>> {
    let mut rest = bytes.get(1 + 3 * 8..)?;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
    let mut found = Vec::new();
    for _ in 0..count {
        let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let word = std::str::from_utf8(take(length as usize)?).ok()?.to_owned();
        let numbers = take(3 * 8)?;
        found.push((word, f64::from_le_bytes(numbers[8..16].try_into().ok()?)));
    }
    rest.is_empty().then_some(found)
}

fn refused(path: &Path, faults: String) -> Error {
    Error::Refused {
        path: path.to_path_buf(),
        faults,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(words: &[(&str, f64)]) -> Vec<u8> {
        let mut bytes = vec![0; 1 + 3 * 8];
        bytes.extend((words.len() as u32).to_le_bytes());
        for (word, score) in words {
            bytes.extend((word.len() as u32).to_le_bytes());
            bytes.extend(word.as_bytes());
            for number in [0.5, *score, -1.0] {
                bytes.extend(f64::to_le_bytes(number));
            }
        }
        bytes
    }

    #[test]
    fn results() {
        let bytes = packed(&[("hello", -1.5), ("", 0.0)]);
        let found = unpack(&bytes).unwrap();
        assert_eq!(found, [("hello".to_owned(), -1.5), (String::new(), 0.0)]);
        for end in 0..bytes.len() {
            assert!(unpack(&bytes[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn comparisons() {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("swipe-0.f32");
        fs::write(folder.path().join("swipe-0.result"), "hello\t-1.5\n").unwrap();
        for (words, is_same) in [
            (&[("hello", -1.50001)][..], true),
            (&[("hello", -1.6)], false),
            (&[("help", -1.5)], false),
            (&[], false),
        ] {
            fs::write(folder.path().join("swipe-0.f32.got"), packed(words)).unwrap();
            assert_eq!(compare(&frames).is_ok(), is_same, "{words:?}");
        }
    }
}
