//! One output file, written whole or not at all.
//!
//! | existing at the path | effect |
//! |---|---|
//! | nothing | a new file is created, with the mode that the umask leaves |
//! | a regular file | a new file replaces it, with the same mode and owner |
//! | a link | its target is written, and the link stays |
//! | a device, a pipe, `/dev/stdout` | it is written to |
//! | a folder | refused |

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::shown;
use super::paths_in_use::{behind_links, folder_of, was_read};
use super::staging::{Staged, StagedKind, clear_leftovers};
use super::system_calls::{AllCalls, Gate, SystemCalls};
use super::terminal::{self, cannot_write};

/// A file that is about to be written. Its path was checked; nothing has changed there yet.
pub struct OutputFile<G: Gate = AllCalls> {
    calls: SystemCalls<G>,
    to: Destination<G>,
}

enum Destination<G: Gate> {
    /// A device or a pipe, which is written directly.
    Stream(File),
    /// A staged file that will be renamed to the path.
    File(Staged<G>, PathBuf),
}

impl<G: Gate + Copy> OutputFile<G> {
    /// Checks that the path can be written.
    ///
    /// # Errors
    /// If it cannot.
    pub fn begin(path: &Path, calls: SystemCalls<G>) -> io::Result<Self> {
        let meta = match fs::metadata(path) {
            Ok(meta) => Some(meta),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_stream = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
        match meta {
            Some(meta) if meta.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
            }
            Some(meta) if !meta.is_file() || is_stream => {
                let to = Destination::Stream(calls.open_stream(path)?);
                return Ok(Self { calls, to });
            }
            Some(_) | None => {}
        }
        let target = behind_links(path)?;
        let parent = folder_of(&target);
        // A file without write permission is not replaced.
        if meta_of(&target)?.is_some() {
            fs::OpenOptions::new().append(true).open(&target)?;
        }
        for line in clear_leftovers(parent) {
            terminal::print_stderr(&format!("stayput: {line}"));
        }
        let staged = Staged::create(StagedKind::File, parent, calls)?;
        Ok(Self { calls, to: Destination::File(staged, target) })
    }

    /// The same file, for a partial result: if a file exists at the path, it is kept, and the
    /// result is written beside it. Returns the path beside it.
    ///
    /// # Errors
    /// If the path cannot be examined, or the command reads the file beside it.
    pub fn partial(mut self) -> io::Result<(Self, Option<PathBuf>)> {
        let Destination::File(_, target) = &mut self.to else { return Ok((self, None)) };
        if meta_of(target)?.is_none() {
            return Ok((self, None));
        }
        let beside = partial_path(target);
        if was_read(&beside) {
            let why = format!("{} is read by the command", shown(&beside));
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        target.clone_from(&beside);
        Ok((self, Some(beside)))
    }

    /// Writes the text.
    ///
    /// # Errors
    /// If writing fails; a regular file is then unchanged.
    pub fn finish(self, text: &str) -> io::Result<()> {
        let calls = self.calls;
        match self.to {
            Destination::Stream(file) => calls.write(&file, text.as_bytes()),
            Destination::File(staged, target) => {
                calls.write(&File::options().append(true).open(&staged.path)?, text.as_bytes())?;
                match meta_of(&target)? {
                    Some(old) if old.is_file() => calls.take_after(&staged.path, &old)?,
                    Some(_) => {
                        let why = "another file was created there in the meantime";
                        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
                    }
                    None => {}
                }
                calls.sync(&staged.path)?;
                calls.rename(&staged.path, &target)?;
                staged.placed();
                calls.sync(target.parent().unwrap_or(&target))
            }
        }
    }
}

/// The metadata of a path without following links; `None` if nothing exists there.
fn meta_of(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The path of a partial result beside a file: `page.partial.html` for `page.html`.
fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".partial");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Checks that a report can be written to a path.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if it cannot.
pub fn begin(path: &Path) -> Result<OutputFile, Exit> {
    OutputFile::begin(path, SystemCalls::default()).map_err(|error| cannot_write(path, &error))
}

/// Writes a report to a path that was checked.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if writing fails.
pub fn finish(path: &Path, file: OutputFile, text: &str) -> Result<(), Exit> {
    file.finish(text).map_err(|error| cannot_write(path, &error))
}

/// Checks a path and writes a file.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if writing fails.
pub fn write(path: &Path, text: &str) -> Result<(), Exit> {
    finish(path, begin(path)?, text)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A disk on which one system call fails: the one with number `faulty`, counted from 1. If the
    /// process dies, all later calls fail too.
    struct FaultyDisk {
        faulty: u32,
        dies: bool,
        calls: Cell<u32>,
    }

    impl Gate for &FaultyDisk {
        fn pass(&self, call: &'static str) -> io::Result<()> {
            self.calls.set(self.calls.get() + 1);
            let number = self.calls.get();
            let wrong = if self.dies { number >= self.faulty } else { number == self.faulty };
            if wrong { Err(io::Error::other(call)) } else { Ok(()) }
        }
    }

    #[test]
    fn a_fault_at_any_call_leaves_the_old_or_the_new_text() {
        for dies in [false, true] {
            for faulty in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("report.xml");
                fs::write(&path, "old").unwrap();
                let disk = FaultyDisk { faulty, dies, calls: Cell::new(0) };
                let written = OutputFile::begin(&path, SystemCalls(&disk))
                    .and_then(|file| file.finish("new"));
                let found = fs::read_to_string(&path).unwrap();
                assert!(found == "old" || found == "new", "call {faulty}: {found}");
                assert!(written.is_err() || found == "new");
                write(&path, "next").unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), "next");
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "call {faulty}");
                if disk.calls.get() < faulty {
                    break;
                }
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_missing_file_creates_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, "text").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        assert!(link.is_symlink());
        std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
        assert_eq!(write(&folder.path().join("loop"), "text"), Err(Exit::CouldNotWrite));
    }
}
