//! The system calls that write results, one function each.
//!
//! Everything that `--out`, `-f FORMAT=FILE` and `bless` change on the disk goes through this
//! module, so that a test can make any call fail, or let the process die at it, and check the state
//! of the disk.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::Path;

/// Decides before each call whether the call fails. Only tests let calls fail.
pub trait Gate {
    /// # Errors
    /// If the call fails.
    fn pass(&self, call: &'static str) -> io::Result<()>;
}

/// Lets every call proceed.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllCalls;

impl Gate for AllCalls {
    fn pass(&self, _call: &'static str) -> io::Result<()> {
        Ok(())
    }
}

/// Starts to write a part of a growing file to the disk, and returns at once. It is a hint, without
/// effect on some systems.
pub fn start_writing(file: &File, part: Range<u64>) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        use std::num::NonZeroU64;
        // Linux starts to write the changed pages, and forgets only those that are on the disk.
        let length = NonZeroU64::new(part.end.saturating_sub(part.start));
        let _ = fadvise(file, part.start, length, Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, part);
}

/// The calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemCalls<G = AllCalls>(pub G);

impl<G: Gate> SystemCalls<G> {
    /// Creates a folder that must not exist, with the mode that the umask leaves.
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.0.pass("mkdir")?;
        fs::create_dir(path)
    }

    /// Creates a folder and its missing parent folders.
    pub fn create_parents(&self, path: &Path) -> io::Result<()> {
        self.0.pass("mkdir -p")?;
        fs::create_dir_all(path)
    }

    /// Creates a file that must not exist, with the mode that the umask leaves.
    pub fn create_file(&self, path: &Path) -> io::Result<File> {
        self.0.pass("create")?;
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Opens a device or a pipe for appending.
    pub fn open_stream(&self, path: &Path) -> io::Result<File> {
        self.0.pass("open")?;
        OpenOptions::new().append(true).open(path)
    }

    /// Writes a text.
    pub fn write(&self, mut file: &File, text: &[u8]) -> io::Result<()> {
        self.0.pass("write")?;
        io::Write::write_all(&mut file, text)
    }

    /// Flushes a file, or the entries of a folder, to the disk.
    ///
    /// Some file systems cannot flush a folder; that is not an error.
    pub fn sync(&self, path: &Path) -> io::Result<()> {
        self.0.pass("fsync")?;
        let Ok(file) = File::open(path) else { return Ok(()) };
        let is_folder = file.metadata().is_ok_and(|meta| meta.is_dir());
        match file.sync_all() {
            Err(error) if !is_folder => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives `path` the mode and, if the system allows it, the owner of `model`, which it will
    /// replace.
    pub fn take_after(&self, path: &Path, model: &Metadata) -> io::Result<()> {
        self.0.pass("chmod")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, chown};
            // Changing the owner clears some bits of the mode, so it comes first. Without the
            // permission to change it, the file keeps the user as its owner.
            let own = fs::metadata(path)?;
            if (own.uid(), own.gid()) != (model.uid(), model.gid()) {
                let all = chown(path, Some(model.uid()), Some(model.gid()));
                let _ = all.or_else(|_| chown(path, None, Some(model.gid())));
            }
        }
        fs::set_permissions(path, model.permissions())
    }

    /// Renames to a path that does not exist or is a regular file.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.pass("rename")?;
        fs::rename(from, to)
    }

    /// Renames to a path that must not exist.
    pub fn rename_to_nothing(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.pass("rename to nothing")?;
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
                done => return done.map_err(io::Error::from),
            }
        }
        // Without such a system call, only an empty folder that another process creates right now
        // could be replaced.
        if to.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(from, to)
    }

    /// Exchanges two folders in one step; `false` if the system cannot.
    pub fn exchange(&self, one: &Path, other: &Path) -> io::Result<bool> {
        self.0.pass("exchange")?;
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => Ok(false),
                done => done.map(|()| true).map_err(io::Error::from),
            }
        }
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        {
            let _ = (one, other);
            Ok(false)
        }
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.0.pass("unlink")?;
        fs::remove_file(path)
    }

    /// Removes a folder and the files in it.
    pub fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.0.pass("rmdir")?;
        fs::remove_dir_all(path)
    }
}
