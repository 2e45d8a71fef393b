//! One file of output, written whole or not at all.
//!
//! | what stands there | what happens |
//! |---|---|
//! | nothing | a new file, with the mode that the umask leaves |
//! | a regular file | a new one takes its place, its mode and its owner |
//! | a link | what it leads to is written, and the link stays |
//! | a device, a pipe, `/dev/stdout` | it is written into |
//! | a folder | refused |

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::staging::{Staged, What, clear_leftovers};
use super::system_calls::{Gate, Open, SystemCalls};
use super::terminal;

/// The highest number of links that are followed to a file.
const LINKS: usize = 40;

/// A file that is about to be written. The place has been tried; nothing has changed there yet.
pub struct OutputFile<G: Gate = Open> {
    calls: SystemCalls<G>,
    to: Span<G>,
}

enum Span<G: Gate> {
    /// What is written into, as it stands.
    Stream(File),
    /// A staged file that will be renamed to this path.
    File(Staged<G>, PathBuf),
}

impl<G: Gate + Copy> OutputFile<G> {
    /// Tries the place.
    ///
    /// # Errors
    /// If it cannot be written to.
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
                let to = Span::Stream(calls.open_stream(path)?);
                return Ok(Self { calls, to });
            }
            Some(_) | None => {}
        }
        let target = behind_links(path)?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        };
        // A file that may not be written is not replaced either.
        if meta_of(&target)?.is_some() {
            fs::OpenOptions::new().append(true).open(&target)?;
        }
        for line in clear_leftovers(parent) {
            terminal::print_stderr(&format!("stayput: {line}"));
        }
        let staged = Staged::create(What::File, parent, calls)?;
        Ok(Self { calls, to: Span::File(staged, target) })
    }

    /// Writes the text.
    ///
    /// # Errors
    /// If it cannot be written; a regular file is then as it was before.
    pub fn finish(self, text: &str) -> io::Result<()> {
        let calls = self.calls;
        match self.to {
            Span::Stream(file) => calls.write(&file, text.as_bytes()),
            Span::File(staged, target) => {
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

/// What stands at a path, links not followed; `None` if nothing does.
fn meta_of(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The path that a chain of links ends at, be there a file or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match meta_of(&path)? {
            Some(meta) if meta.is_symlink() => {
                let to = fs::read_link(&path)?;
                path = path.parent().unwrap_or_else(|| Path::new("")).join(to);
            }
            Some(_) | None => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Tries a place for a report.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn begin(path: &Path) -> Result<OutputFile, Exit> {
    OutputFile::begin(path, SystemCalls::default()).map_err(|error| could_not_write(path, &error))
}

/// Writes a report to the place that was tried.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn finish(path: &Path, file: OutputFile, text: &str) -> Result<(), Exit> {
    file.finish(text).map_err(|error| could_not_write(path, &error))
}

/// Writes a file at once.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn write(path: &Path, text: &str) -> Result<(), Exit> {
    finish(path, begin(path)?, text)
}

fn could_not_write(path: &Path, error: &io::Error) -> Exit {
    terminal::print_stderr(&format!(
        "stayput: cannot write {}: {error}",
        super::files::shown(path)
    ));
    Exit::CouldNotWrite
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A disk whose n-th call fails; it is the last one, if the process dies.
    struct Disk {
        at: u32,
        dies: bool,
        calls: Cell<u32>,
    }

    impl Gate for &Disk {
        fn pass(&self, call: &'static str) -> io::Result<()> {
            self.calls.set(self.calls.get() + 1);
            let number = self.calls.get();
            let wrong = if self.dies { number >= self.at } else { number == self.at };
            if wrong { Err(io::Error::other(call)) } else { Ok(()) }
        }
    }

    #[test]
    fn a_fault_at_any_call_leaves_the_old_text_or_the_new_one() {
        for dies in [false, true] {
            for at in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("report.xml");
                fs::write(&path, "old").unwrap();
                let disk = Disk { at, dies, calls: Cell::new(0) };
                let written = OutputFile::begin(&path, SystemCalls(&disk))
                    .and_then(|file| file.finish("new"));
                let found = fs::read_to_string(&path).unwrap();
                assert!(found == "old" || found == "new", "call {at}: {found}");
                assert!(written.is_err() || found == "new");
                write(&path, "next").unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), "next");
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "call {at}");
                if disk.calls.get() < at {
                    break;
                }
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_also_to_nothing() {
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
