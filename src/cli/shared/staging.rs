//! Staged files and folders: output that is written beside its target path.
//!
//! A staged file or folder is called `.stayput-PID-N`, and its process holds a lock on it. If the
//! lock is free, a killed process left it: the next run that writes to the same folder removes
//! it, or reports it if it may contain anything else than a staged result.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::system_calls::{AllCalls, Gate, SystemCalls};
use crate::report::{DATA_PACKAGE, STUDY_TABLES, TABLES};

/// Name of the run file, which marks a folder of results.
pub const RUN_FILE: &str = "run.json";

/// Whether a file with this name is part of a result.
pub fn is_result(name: &str) -> bool {
    matches!(name, RUN_FILE | DATA_PACKAGE)
        || TABLES.iter().chain(STUDY_TABLES).any(|table| table.file == name)
}

/// Prefix of the names of staged files and folders.
const PREFIX: &str = ".stayput-";

/// Most attempts to create and lock a staged file or folder.
const ATTEMPTS: u32 = 1000;

/// A staged file or folder. Dropping this value removes it, unless it was moved to its target.
pub struct Staged<G: Gate = AllCalls> {
    /// Its current path.
    pub path: PathBuf,
    calls: SystemCalls<G>,
    /// Open for its lock; `None` if the system cannot lock a folder.
    lock: Option<File>,
    placed: bool,
}

/// The kind of a staged file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StagedKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

impl<G: Gate + Copy> Staged<G> {
    /// Creates a staged file or folder in `parent`.
    ///
    /// # Errors
    /// If it cannot be created there.
    pub fn create(what: StagedKind, parent: &Path, calls: SystemCalls<G>) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..ATTEMPTS {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            let created = match what {
                StagedKind::File => calls.create_file(&path).map(|_| ()),
                StagedKind::Folder => calls.create_folder(&path),
            };
            match created {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    last = error;
                    continue;
                }
                Err(error) => return Err(error),
            }
            let lock = File::open(&path).ok().filter(|file| file.try_lock().is_ok());
            let staged = Self { path, calls, lock, placed: false };
            // Another run may have removed it before it was locked.
            if staged.path.symlink_metadata().is_ok() {
                return Ok(staged);
            }
        }
        Err(last)
    }

    /// Marks it as moved to its target, so that it is not removed.
    pub fn placed(mut self) -> PathBuf {
        self.placed = true;
        self.lock = None;
        self.path.clone()
    }
}

impl<G: Gate> Drop for Staged<G> {
    fn drop(&mut self) {
        if self.placed {
            return;
        }
        let is_folder = self.path.is_dir();
        let removed = if is_folder {
            self.calls.remove_folder(&self.path)
        } else {
            self.calls.remove_file(&self.path)
        };
        // If this fails, the next run reports it.
        drop(removed);
    }
}

/// Removes the files and folders that killed runs left in a folder, and returns one line for each
/// staged file or folder.
pub fn clear_leftovers(parent: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
    });
    paths.sort();
    paths.iter().filter_map(|path| clear(path)).collect()
}

fn clear(path: &Path) -> Option<String> {
    let shown = super::files::shown(path);
    let kept = || Some(format!("`{shown}` was left by a run that ended early; remove it by hand"));
    let meta = path.symlink_metadata().ok()?;
    if !meta.is_dir() && !meta.is_file() {
        return kept();
    }
    let Ok(file) = File::open(path) else { return kept() };
    match file.try_lock() {
        Ok(()) => {}
        // Another run holds the lock.
        Err(fs::TryLockError::WouldBlock) => return None,
        Err(fs::TryLockError::Error(_)) => return kept(),
    }
    let removed = if meta.is_dir() {
        let names = fs::read_dir(path).ok()?.map(|entry| entry.map(|entry| entry.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>().ok()?;
        // An old result that was moved aside may be the only copy.
        let aside = path.extension().is_some();
        if aside || !names.iter().all(|name| is_result(&name.to_string_lossy())) {
            return kept();
        }
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Ok(()) => Some(format!("removed `{shown}`, left by a run that ended early")),
        Err(_) => kept(),
    }
}
