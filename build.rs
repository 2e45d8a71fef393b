//! Embeds every file under `policies/`, so that adding an edition is adding a file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=policies");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut editions = Vec::new();
    for entry in fs::read_dir(Path::new(&root).join("policies"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            editions.push(path);
        }
    }
    editions.sort();
    let mut list = String::from("&[\n");
    for path in editions {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = path.to_string_lossy();
        writeln!(list, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("policies.rs"), list)
}
