//! The files that `hunt --write` writes: ways as scenarios, or changes as overlays.
//!
//! Each file begins with a line by which later hunts recognise it. A hunt replaces all files of its
//! kind in the folder, so that none of an earlier hunt is left, and no other file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::{first_line, shown};
use super::output_file;
use super::paths_in_use::was_read;
use super::system_calls::{AllCalls, SystemCalls};
use super::terminal::{self, cannot_write};
use crate::diagnostics::is_yaml;

/// The two kinds of files of a hunt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HuntFileKind {
    /// A way, as a scenario.
    Way,
    /// A set of changes, as an overlay.
    Fix,
}

impl HuntFileKind {
    /// The first line of each file of this kind.
    const fn first_line(self) -> &'static str {
        match self {
            Self::Way => {
                "# A way that `stayput hunt` found. The next hunt into this folder removes it."
            }
            Self::Fix => {
                "# Changes that `stayput hunt --fix` found. The next one into this folder removes them."
            }
        }
    }
}

/// The files of one kind that a hunt is about to write into a folder.
pub struct HuntFiles<'p> {
    folder: &'p Path,
    kind: HuntFileKind,
    calls: SystemCalls<AllCalls>,
    /// The beginnings of names that are taken, in lower case, because some file systems do not
    /// distinguish cases.
    stems: BTreeSet<String>,
    /// Name and text of each file.
    files: Vec<(String, String)>,
}

impl<'p> HuntFiles<'p> {
    /// Creates the folder if it does not exist.
    ///
    /// # Errors
    /// [`Exit::CouldNotWrite`] if it cannot be created or read; [`Exit::BadInput`] if a file of an
    /// earlier hunt in it is one that the command has read.
    pub fn begin(folder: &'p Path, kind: HuntFileKind) -> Result<Self, Exit> {
        let calls = SystemCalls(AllCalls);
        let created = calls.create_parents(folder);
        created.map_err(|error| cannot_write(folder, &error))?;
        let (stems, files) = (BTreeSet::new(), Vec::new());
        let files = Self { folder, kind, calls, stems, files };
        match files.earlier()?.iter().find(|path| was_read(path)) {
            Some(path) => {
                Err(refuse(path, "an earlier hunt wrote this file, and this one reads it"))
            }
            None => Ok(files),
        }
    }

    /// The folder.
    pub const fn folder(&self) -> &'p Path {
        self.folder
    }

    /// A beginning of names for files about an instance of a case, or about a case; no other stem
    /// of this hunt is equal. `case` is empty if the scenario has no cases.
    pub fn stem(&mut self, case: &str, instance: &str) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let parts = [case, instance].into_iter().filter(|part| !part.is_empty());
        let name = parts.collect::<Vec<_>>().join("-");
        let name: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let mut stem = name.clone();
        let mut number = 2;
        while !self.stems.insert(stem.to_lowercase()) {
            stem = format!("{name}_{number}");
            number += 1;
        }
        stem
    }

    /// Adds a file; [`Self::finish`] writes it.
    pub fn add(&mut self, name: String, text: &str) {
        self.files.push((name, format!("{}\n{text}", self.kind.first_line())));
    }

    /// Writes the files, removes those of earlier hunts, and returns the number of files written.
    ///
    /// # Errors
    /// [`Exit::BadInput`] if a file of another origin has one of the names; then nothing has
    /// changed. [`Exit::CouldNotWrite`] if a file cannot be written or removed.
    pub fn finish(self) -> Result<usize, Exit> {
        let mut earlier = self.earlier()?;
        let paths: Vec<PathBuf> =
            self.files.iter().map(|(name, _)| self.folder.join(name)).collect();
        for path in &paths {
            if path.symlink_metadata().is_ok() && !earlier.contains(path) {
                return Err(refuse(path, "it exists and was not written by `stayput hunt`"));
            }
        }
        for (path, (_, text)) in paths.iter().zip(&self.files) {
            output_file::write(path, text)?;
            earlier.remove(path);
        }
        for path in &earlier {
            self.calls.remove_file(path).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(paths.len())
    }

    /// The files of this kind in the folder that an earlier hunt wrote.
    fn earlier(&self) -> Result<BTreeSet<PathBuf>, Exit> {
        let entries = fs::read_dir(self.folder).and_then(Iterator::collect);
        let entries: Vec<fs::DirEntry> =
            entries.map_err(|error| cannot_write(self.folder, &error))?;
        let is_own = |path: &PathBuf| {
            let is_file = path.symlink_metadata().is_ok_and(|meta| meta.is_file());
            let text = (is_file && is_yaml(path)).then(|| first_line(path)).flatten();
            text.is_some_and(|line| line == self.kind.first_line())
        };
        Ok(entries.iter().map(fs::DirEntry::path).filter(is_own).collect())
    }
}

fn refuse(path: &Path, why: &str) -> Exit {
    let path = shown(path);
    terminal::print_stderr(&format!(
        "stayput: cannot write {path}: {why}; nothing was written, name another folder"
    ));
    Exit::BadInput
}
