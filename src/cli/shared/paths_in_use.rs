//! The files that the command has read, and the paths that it writes.
//!
//! An output never replaces a file that the same command reads, and no output is, contains or lies
//! inside another one. Every path of an output is claimed before the work begins; the path of a
//! file is checked again right before it is written.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exit::Exit;
use super::terminal;
use crate::diagnostics::visible;

/// Most links that are followed to a file.
const LINKS: usize = 40;

/// The regular files that were read, with every link resolved.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The claimed paths, and their text on the command line.
static CLAIMED: Mutex<Vec<(PathBuf, String)>> = Mutex::new(Vec::new());

/// The value of a lock; a thread that has panicked leaves it as it was.
fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that the command reads a file. Streams, folders and missing files are left out.
pub fn note_read(path: &Path) {
    let Ok(real) = fs::canonicalize(path) else { return };
    if real.is_file() {
        locked(&READ).insert(real);
    }
}

/// Whether the command has read this file.
pub fn was_read(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| locked(&READ).contains(&real))
}

/// The path of an output, which no other output of the command may use. Dropping this value
/// releases it.
#[derive(Debug)]
pub struct Claim {
    /// The path with every link resolved; `None` for a device or a pipe, which several outputs may
    /// share.
    path: Option<PathBuf>,
    /// The path as the user wrote it.
    named: String,
}

impl Claim {
    /// Claims a path.
    ///
    /// # Errors
    /// [`Exit::BadInput`] if the command reads a file at this path or inside it, or if another
    /// output overlaps with it. The reason is printed.
    pub fn of(path: &Path) -> Result<Self, Exit> {
        let named = visible(&path.to_string_lossy()).into_owned();
        let path = (!is_stream(path)).then(|| resolved(path, LINKS));
        let mut claim = Self { path: None, named };
        let Some(path) = path else { return Ok(claim) };
        let mut claimed = locked(&CLAIMED);
        let overlaps = |other: &PathBuf| path.starts_with(other) || other.starts_with(&path);
        if let Some((other, other_name)) = claimed.iter().find(|(other, _)| overlaps(other)) {
            let how = match (path == *other, path.starts_with(other)) {
                (true, _) => "two outputs have this path".to_owned(),
                (_, true) => format!("it is inside the output `{other_name}`"),
                (_, false) => format!("it contains the output `{other_name}`"),
            };
            return Err(claim.refuse(&how));
        }
        claimed.push((path.clone(), claim.named.clone()));
        drop(claimed);
        claim.path = Some(path);
        claim.check()?;
        Ok(claim)
    }

    /// Checks that the command has not read a file at the path or inside it.
    ///
    /// # Errors
    /// [`Exit::BadInput`] if it has. The reason is printed.
    pub fn check(&self) -> Result<(), Exit> {
        let Some(path) = &self.path else { return Ok(()) };
        let read = locked(&READ).range(path.clone()..).next().cloned();
        match read.filter(|read| read.starts_with(path)) {
            None => Ok(()),
            Some(read) if read == *path => Err(self.refuse("this command reads it")),
            Some(read) => {
                let name = read.strip_prefix(path).unwrap_or(&read).to_string_lossy();
                let name = visible(&name).into_owned();
                Err(self.refuse(&format!("this command reads `{name}` in it")))
            }
        }
    }

    fn refuse(&self, why: &str) -> Exit {
        let line = format!("stayput: cannot write {}: {why}; name another path", self.named);
        terminal::print_stderr(&line);
        Exit::BadInput
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            locked(&CLAIMED).retain(|(claimed, _)| claimed != path);
        }
    }
}

/// Whether something exists at a path that is neither a file nor a folder.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// A path with every link resolved, also one at which nothing exists. `links` is the number of
/// links to missing files that are followed.
fn resolved(path: &Path, links: usize) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    let (Some(name), parent) = (path.file_name(), folder_of(path)) else {
        return path.to_path_buf();
    };
    match fs::read_link(path) {
        Ok(to) if links > 0 => resolved(&parent.join(to), links - 1),
        _ if parent == path => path.to_path_buf(),
        _ => resolved(parent, links).join(name),
    }
}

/// The folder of a path; `.` for a name alone.
pub fn folder_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or_else(|| Path::new("."))
}

/// The path at the end of a chain of links, whether or not it exists.
///
/// # Errors
/// If a link cannot be read, or if there are too many links.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => {
                let to = fs::read_link(&path)?;
                path = path.parent().unwrap_or_else(|| Path::new("")).join(to);
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}
