//! The system calls that writing a result needs, each behind a function of its own.
//!
//! Whatever changes the disk on behalf of `--out`, `-f FORMAT=FILE` and `bless` comes through
//! here, so that a test can let the n-th call fail, or be the last one before the process dies,
//! and look at what is left.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Asked before every call. In the program every call is made.
pub trait Gate {
    /// # Errors
    /// If the call is to fail.
    fn pass(&self, call: &'static str) -> io::Result<()>;
}

/// Every call is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Gate for Open {
    fn pass(&self, _call: &'static str) -> io::Result<()> {
        Ok(())
    }
}

/// The calls. They follow links only where they say so.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemCalls<G = Open>(pub G);

impl<G: Gate> SystemCalls<G> {
    /// Creates a folder that must not be there yet, with the mode that the umask leaves.
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.0.pass("mkdir")?;
        fs::create_dir(path)
    }

    /// Creates the folders above a path that are missing.
    pub fn create_parents(&self, path: &Path) -> io::Result<()> {
        self.0.pass("mkdir -p")?;
        fs::create_dir_all(path)
    }

    /// Creates a file that must not be there yet, with the mode that the umask leaves.
    pub fn create_file(&self, path: &Path) -> io::Result<File> {
        self.0.pass("create")?;
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Opens what is there to write behind what it holds: a device, a pipe, a stream.
    pub fn open_stream(&self, path: &Path) -> io::Result<File> {
        self.0.pass("open")?;
        OpenOptions::new().append(true).open(path)
    }

    /// Writes a text.
    pub fn write(&self, mut file: &File, text: &[u8]) -> io::Result<()> {
        self.0.pass("write")?;
        io::Write::write_all(&mut file, text)
    }

    /// Has the system write a file, or the list of names in a folder, to the disk.
    ///
    /// Some file systems cannot do that for a folder; that is no error.
    pub fn sync(&self, path: &Path) -> io::Result<()> {
        self.0.pass("fsync")?;
        let Ok(file) = File::open(path) else { return Ok(()) };
        let is_folder = file.metadata().is_ok_and(|meta| meta.is_dir());
        match file.sync_all() {
            Err(error) if !is_folder => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives `path` the mode and, if the system allows it, the owner of what it will replace.
    pub fn take_after(&self, path: &Path, model: &Metadata) -> io::Result<()> {
        self.0.pass("chmod")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, chown};
            // Changing the owner clears some bits of the mode, so it comes first. Who may not
            // change it writes as who they are, as an editor would.
            let own = fs::metadata(path)?;
            if (own.uid(), own.gid()) != (model.uid(), model.gid()) {
                let all = chown(path, Some(model.uid()), Some(model.gid()));
                let _ = all.or_else(|_| chown(path, None, Some(model.gid())));
            }
        }
        fs::set_permissions(path, model.permissions())
    }

    /// Renames over nothing or over a regular file.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.pass("rename")?;
        fs::rename(from, to)
    }

    /// Renames where nothing must stand yet.
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
        // The system has no such call: an empty folder that somebody makes in this instant is
        // replaced, and nothing else can be.
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
