//! The built-in editions: their texts, and their proofs.
//!
//! Proving an edition takes ten times as long as a small run, so the build script proves each file
//! of `policies/` and stores the policy beside its text. A run only reads it.

use super::edition::Policy;
use crate::diagnostics::{FileId, Sources};

/// A file of `policies/`.
#[derive(Debug)]
pub struct BuiltIn {
    /// `POLICY@EDITION`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Its proof; `None` if the file has mistakes, so that loading it shows them.
    pub proof: Option<&'static [u8]>,
}

/// All built-in editions, sorted by name.
#[cfg(built)]
pub fn all() -> &'static [BuiltIn] {
    include!(concat!(env!("OUT_DIR"), "/policies.rs"))
}

/// The texts that the build script proves.
#[cfg(not(built))]
pub static TEXTS: std::sync::OnceLock<Vec<BuiltIn>> = std::sync::OnceLock::new();

/// All built-in editions, sorted by name.
#[cfg(not(built))]
pub fn all() -> &'static [BuiltIn] {
    TEXTS.get().map(Vec::as_slice).unwrap_or_default()
}

/// The built-in edition with this name; `None` if there is none.
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    all().iter().find(|known| known.name == name)
}

impl BuiltIn {
    /// The path that messages show.
    pub fn path(&self) -> String {
        format!("policies/{}.yaml", self.name)
    }

    /// The policy as the build script proved it, with the texts that its rules refer to in
    /// `sources`; `None` if it has no proof.
    pub fn proved(&self, sources: &mut Sources) -> Option<Policy> {
        let (chain, mut policy): (Vec<String>, Policy) = postcard::from_bytes(self.proof?).ok()?;
        let texts: Option<Vec<&Self>> = chain.iter().map(|name| find(name)).collect();
        let add = |text: &Self| sources.add_built_in(text.path(), text.text);
        let files: Vec<FileId> = texts?.into_iter().map(add).collect();
        policy.relocate(&files);
        Some(policy)
    }
}

/// The proof of an edition that has just been loaded; `chain` has the names of the editions that
/// make it up, in the order of their files.
///
/// # Errors
/// If the policy cannot be stored.
#[cfg(not(built))]
pub fn proof(chain: &[String], policy: &Policy) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(&(chain, policy))
}
