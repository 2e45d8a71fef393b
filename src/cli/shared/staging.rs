//! What is being written, beside the place where it will stand.
//!
//! A staged file or folder is called `.stayput-PID-N`, and its process holds a lock on it for
//! as long as it lives. One whose lock is free was left by a process that was killed: the next
//! run that writes to the same place removes it, or names it if it is not plainly a leftover.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::system_calls::{Gate, Open, SystemCalls};
use crate::report::{STUDY_TABLES, TABLES};

/// The file by which a folder of results is known.
pub const RUN_FILE: &str = "run.json";

/// Whether a file of that name belongs to a folder of results.
pub fn is_result(name: &str) -> bool {
    name == RUN_FILE || TABLES.iter().chain(STUDY_TABLES).any(|table| table.file == name)
}

/// How names of staged files and folders begin.
const PREFIX: &str = ".stayput-";

/// The highest number of attempts to find a free name, or to lock it before it is taken for a
/// leftover.
const ATTEMPTS: u32 = 1000;

/// A staged file or folder. It is removed with this value, unless it was put in its place.
pub struct Staged<G: Gate = Open> {
    /// Where it stands for now.
    pub path: PathBuf,
    calls: SystemCalls<G>,
    /// Held open for its lock; `None` where the system cannot lock a folder.
    lock: Option<File>,
    placed: bool,
}

/// What to stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A file.
    File,
    /// A folder.
    Folder,
}

impl<G: Gate + Copy> Staged<G> {
    /// Creates it in `parent`.
    ///
    /// # Errors
    /// If it cannot be created there.
    pub fn create(what: What, parent: &Path, calls: SystemCalls<G>) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..ATTEMPTS {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            let created = match what {
                What::File => calls.create_file(&path).map(|_| ()),
                What::Folder => calls.create_folder(&path),
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
            // Another run may have taken it for a leftover before it was locked.
            if staged.path.symlink_metadata().is_ok() {
                return Ok(staged);
            }
        }
        Err(last)
    }

    /// Notes that it stands in its place, or was exchanged with what stood there, and no longer
    /// has to be removed.
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
        // What cannot be removed is named by the next run.
        drop(removed);
    }
}

/// Removes what killed runs left in a folder. Gives a line for each: removed, or only named.
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
        // A run that is under way.
        Err(fs::TryLockError::WouldBlock) => return None,
        Err(fs::TryLockError::Error(_)) => return kept(),
    }
    let removed = if meta.is_dir() {
        let names = fs::read_dir(path).ok()?.map(|entry| entry.map(|entry| entry.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>().ok()?;
        // A result that was put aside where the system cannot exchange folders may be the only one.
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
