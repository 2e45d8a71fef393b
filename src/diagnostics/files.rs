//! The interface through which the caller supplies the texts of files.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The reason why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFailure {
    /// The reason in words: "there is no such file".
    pub what: String,
    /// The proposed remedy.
    pub help: Option<String>,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A source of texts. Only the command line implements it with a disk.
///
/// [`NoFiles`] is for callers whose scenario needs no further file.
pub trait Files {
    /// Returns the path as messages show it, and the text.
    ///
    /// `path` is relative to the folder of the file `from` if it is not absolute.
    ///
    /// # Errors
    /// If the text cannot be read.
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure>;

    /// When the file at `path` was last written, in seconds since 1970; `None` if that is unknown.
    fn modified(&self, from: &str, path: &str) -> Option<i64> {
        let _ = (from, path);
        None
    }

    /// The table at `path`, if it is to be read row by row; `None` if it is to be read whole.
    fn stream(&self, from: &str, path: &str) -> Option<Stream> {
        let _ = (from, path);
        None
    }
}

/// Opens a file at its beginning. It may be called repeatedly.
pub type Opener = Arc<dyn Fn() -> io::Result<Box<dyn io::Read + Send>> + Send + Sync>;

/// A table that is read row by row, once or repeatedly.
#[derive(Clone)]
pub struct Stream {
    /// The path as messages show it.
    pub path: Arc<str>,
    /// Opens the table.
    pub open: Opener,
    /// The most rows that may be kept in memory, so that the table need not be read again.
    pub keep: usize,
    /// The size of the pieces in which the table is checked, in bytes, to within a row.
    pub piece: u64,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.path).finish()
    }
}

/// A source without any file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str, _: &str) -> Result<(String, String), ReadFailure> {
        Err(ReadFailure { what: "there are no files here".into(), help: None })
    }
}

/// Whether a path has the ending of a YAML file, in any case.
pub fn is_yaml(path: &Path) -> bool {
    let is = |ending: &std::ffi::OsStr| {
        ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
    };
    path.extension().is_some_and(is)
}
