//! Wheels on PyPI that native files are taken out of: pinned by version and hash, one for each
//! platform.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::{files, python};

/// A wheel of one platform.
#[derive(Debug)]
pub struct Wheel {
    /// Operating system, by Rust's name.
    pub os: &'static str,
    /// Processor architecture, by Rust's name.
    pub arch: &'static str,
    /// Platform tag that pip chooses the wheel by.
    pub tag: &'static str,
    /// SHA-256 of the wheel.
    pub sha256: &'static str,
}

impl Wheel {
    /// Whether it is this machine's.
    pub fn is_here(&self) -> bool {
        (self.os, self.arch) == (env::consts::OS, env::consts::ARCH)
    }

    /// Downloads the wheel into `folder` and gives its path; pip checks the hash.
    pub fn fetch(
        &self,
        package: &str,
        version: &str,
        by_hand: &str,
        folder: &Path,
    ) -> Result<PathBuf> {
        let requirement = format!("{package}=={version} --hash=sha256:{}\n", self.sha256);
        python::download(&requirement, self.tag, folder).map_err(|source| Error::Fetch {
            what: format!("the wheel {package} {version} for {}", self.tag),
            by_hand: by_hand.to_owned(),
            source: Box::new(source),
        })
    }
}

/// This machine's wheel of `package`; `by_hand` says what to do where there is none.
pub fn here<'a>(wheels: &'a [Wheel], package: &'static str, by_hand: &str) -> Result<&'a Wheel> {
    wheels
        .iter()
        .find(|wheel| wheel.is_here())
        .ok_or_else(|| Error::Platform {
            package,
            platform: format!("{} {}", env::consts::OS, env::consts::ARCH),
            by_hand: by_hand.to_owned(),
        })
}

/// Puts `members` of a wheel (path in the wheel, name here) into `folder`, unless the same wheel's
/// are there.
pub fn unpack(
    folder: &Path,
    package: &str,
    version: &str,
    wheel: &Wheel,
    members: &[(String, String)],
    by_hand: &str,
) -> Result<()> {
    let stamp = folder.join("wheel.sha256");
    let is_whole = fs::read_to_string(&stamp).is_ok_and(|got| got == wheel.sha256)
        && members.iter().all(|(_, name)| folder.join(name).is_file());
    if is_whole {
        eprintln!("{package} {version}: {} is in place", folder.display());
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let staging = tempfile::tempdir_in(folder).map_err(Error::io(folder))?;
    eprintln!("{package} {version}: fetching the wheel for {}", wheel.tag);
    let archive = wheel.fetch(package, version, by_hand, staging.path())?;
    // From here on the folder may hold files of two wheels.
    let _ = fs::remove_file(&stamp);
    for (member, name) in members {
        let unpacked = staging.path().join("unpacked");
        files::extract(&archive, member, &unpacked)?;
        let to = folder.join(name);
        fs::rename(&unpacked, &to).map_err(Error::io(&to))?;
    }
    // The stamp comes last: files without it are fetched again.
    fs::write(&stamp, wheel.sha256).map_err(Error::io(&stamp))?;
    eprintln!("{package} {version}: {}", folder.display());
    Ok(())
}

#[cfg(test)]
pub(crate) fn check_pins(wheels: &[Wheel]) {
    for wheel in wheels {
        assert_eq!(wheel.sha256.len(), 64, "{}", wheel.tag);
        let is_hex = wheel.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hex, "{}", wheel.tag);
    }
}
