//! The files that `hunt --write` writes: ways as scenarios, or changes as overlays.
//!
//! Each file begins with a line by which later hunts recognise it. A hunt replaces all files of its
//! kind in the folder, so that none of an earlier hunt is left, and no other file.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::{first_line, shown};
use super::paths_in_use::was_read;
use super::staging::{Staged, StagedKind, clear_leftovers};
use super::system_calls::{AllCalls, Gate, SystemCalls};
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
        let mut name: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        while name.len() > LONGEST_STEM {
            name.pop();
        }
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
    /// [`Exit::BadInput`] if a file of another origin has one of the names; [`Exit::CouldNotWrite`]
    /// if a file cannot be written. Then nothing has changed, unless a finished file could not be
    /// moved to its name or an earlier one could not be removed.
    pub fn finish(self) -> Result<usize, Exit> {
        let earlier = self.earlier()?;
        let paths: Vec<PathBuf> =
            self.files.iter().map(|(name, _)| self.folder.join(name)).collect();
        for path in &paths {
            if path.symlink_metadata().is_ok() && !earlier.contains(path) {
                return Err(refuse(path, "it exists and was not written by `stayput hunt`"));
            }
        }
        for line in clear_leftovers(self.folder) {
            terminal::print_stderr(&format!("stayput: {line}"));
        }
        let replaced = replace_files(self.folder, &self.files, earlier, self.calls);
        replaced.map_err(|(path, error)| cannot_write(&path, &error))?;
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

/// Longest beginning of a name, in bytes; file systems allow 255 for the whole name.
const LONGEST_STEM: usize = 200;

/// Writes files into a folder and removes the earlier ones. All files are first written beside
/// their names, and moved to them when each is complete.
///
/// # Errors
/// If a system call fails; the error names the file or folder.
fn replace_files<G: Gate + Copy>(
    folder: &Path,
    files: &[(String, String)],
    mut earlier: BTreeSet<PathBuf>,
    calls: SystemCalls<G>,
) -> Result<(), (PathBuf, io::Error)> {
    let staged = Staged::create(StagedKind::Folder, folder, calls);
    let staged = staged.map_err(|error| (folder.to_owned(), error))?;
    for (name, text) in files {
        let path = staged.path.join(name);
        let target = folder.join(name);
        let written = calls.create_file(&path).and_then(|file| calls.write(&file, text.as_bytes()));
        let as_before = || match target.symlink_metadata() {
            Ok(old) => calls.take_after(&path, &old),
            Err(_) => Ok(()),
        };
        let done = written.and_then(|()| as_before()).and_then(|()| calls.sync(&path));
        done.map_err(|error| (target.clone(), error))?;
    }
    for (name, _) in files {
        let target = folder.join(name);
        let moved = calls.rename(&staged.path.join(name), &target);
        earlier.remove(&target);
        moved.map_err(|error| (target, error))?;
    }
    for path in earlier {
        calls.remove_file(&path).map_err(|error| (path, error))?;
    }
    // The files are in place, so that a failure to flush the folder is not an error.
    let _ = calls.sync(folder);
    Ok(())
}

fn refuse(path: &Path, why: &str) -> Exit {
    let path = shown(path);
    terminal::print_stderr(&format!(
        "stayput: cannot write {path}: {why}; nothing was written, name another folder"
    ));
    Exit::BadInput
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A disk on which the call with this number, counted from 1, fails if it writes.
    struct FullDisk {
        full_at: u32,
        calls: Cell<u32>,
    }

    impl Gate for &FullDisk {
        fn pass(&self, call: &'static str) -> io::Result<()> {
            self.calls.set(self.calls.get() + 1);
            let writes = matches!(call, "mkdir" | "create" | "write" | "chmod" | "fsync");
            if writes && self.calls.get() == self.full_at {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_changes_nothing() {
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let files = entries.map(|path| (path.clone(), fs::read_to_string(&path).unwrap()));
            files.collect::<BTreeSet<_>>()
        };
        let files: Vec<(String, String)> = ["a.yaml", "b.yaml", "c.yaml"]
            .iter()
            .map(|name| ((*name).into(), "new".into()))
            .collect();
        let (mut failed, mut number) = (0, 0);
        loop {
            number += 1;
            let folder = tempfile::tempdir().unwrap();
            let earlier = ["a.yaml", "z.yaml"].map(|name| folder.path().join(name));
            earlier.iter().for_each(|path| fs::write(path, "old").unwrap());
            let before = names(folder.path());
            let disk = FullDisk { full_at: number, calls: Cell::new(0) };
            let done = replace_files(folder.path(), &files, earlier.into(), SystemCalls(&disk));
            let after = names(folder.path());
            match done {
                Ok(()) => assert!(after.len() == 3 && after.iter().all(|(_, text)| text == "new")),
                Err(_) => assert_eq!(after, before, "call {number}"),
            }
            failed += u32::from(after == before);
            if disk.calls.get() < number {
                break;
            }
        }
        assert!(failed > 6);
    }
}
