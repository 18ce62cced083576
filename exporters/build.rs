//! Lets the program find ExecuTorch's shared libraries where it is started by hand: beside it, in
//! `lib` beside it, in `../lib`, and where `cargo xtask setup --executorch` puts them.

fn main() {
    println!("cargo::rerun-if-env-changed=SWIPEKIT_EXECUTORCH_LIB_DIR");
    if std::env::var_os("CARGO_FEATURE_EXECUTORCH").is_none() {
        return;
    }
    let origin = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => "@loader_path",
        _ => "$ORIGIN",
    };
    let mut folders = vec![
        origin.to_owned(),
        format!("{origin}/lib"),
        format!("{origin}/../lib"),
        // In cargo's target folder, without and with a target triple of its own.
        format!("{origin}/../native/executorch"),
        format!("{origin}/../../native/executorch"),
    ];
    let given = std::env::var("SWIPEKIT_EXECUTORCH_LIB_DIR").ok();
    let given = given.and_then(|folder| std::path::absolute(folder).ok());
    folders.extend(given.map(|folder| folder.display().to_string()));
    for folder in folders {
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{folder}");
    }
}
