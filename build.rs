//! Embeds every file under `policies/` together with its proof, so that adding an edition is adding
//! a file, and so that a run does not prove its edition anew.
//!
//! The modules up to `policy` are compiled here as well: they prove an edition here exactly as they
//! do at run time.
#![expect(dead_code, unused_imports, reason = "the build script only proves editions")]

#[path = "src/decimal.rs"]
mod decimal;
#[path = "src/diagnostics/mod.rs"]
mod diagnostics;
#[path = "src/format/mod.rs"]
mod format;
#[path = "src/money.rs"]
mod money;
#[path = "src/policy/mod.rs"]
mod policy;
#[path = "src/time.rs"]
mod time;
#[path = "src/words/mod.rs"]
mod words;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use diagnostics::{Problems, Severity, Sources};
use policy::built_in::{self, BuiltIn};
use policy::{Catalog, load};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rustc-cfg=built");
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let out = env::var("OUT_DIR")?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(Path::new(&root).join("policies"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut editions = Vec::new();
    for path in &paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(path)?;
        editions.push(BuiltIn { name: name.leak(), text: text.leak(), proof: None });
    }
    let editions = built_in::TEXTS.get_or_init(|| editions);
    let mut list = String::from("&[\n");
    // Both paths are found when the crate is compiled, so that the folder can be moved.
    for edition in editions {
        let name = edition.name;
        let text = format!(
            r#"include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/{name}.yaml"))"#
        );
        let mut proof = "None".to_owned();
        if let Some(bytes) = prove(name)? {
            fs::write(Path::new(&out).join(format!("{name}.proof")), bytes)?;
            proof = format!(r#"Some(include_bytes!(concat!(env!("OUT_DIR"), "/{name}.proof")))"#);
        } else {
            let path = edition.path();
            println!("cargo::warning={path} has mistakes; `stayput check {path}` shows them");
        }
        writeln!(list, "BuiltIn {{ name: {name:?}, text: {text}, proof: {proof} }},")?;
    }
    list.push(']');
    fs::write(Path::new(&out).join("policies.rs"), list)?;
    Ok(())
}

/// The proof of an edition; `None` if it has mistakes.
fn prove(name: &str) -> Result<Option<Vec<u8>>, postcard::Error> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let policy = load(name, None, &Catalog::default(), &mut sources, &mut problems);
    let policy = policy.filter(|_| problems.count(Severity::Warning) == 0);
    let mut chain = vec![name.to_owned()];
    while let Some(base) = chain.last().and_then(|last| Catalog::extends(last)) {
        chain.push(base);
    }
    policy.map(|policy| built_in::proof(&chain, &policy)).transpose()
}
