//! How texts are handed in: the caller reads files, this crate never opens one.

use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFailure {
    /// What happened, in words: "there is no such file".
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Where texts come from. Only the command line implements it with a disk.
///
/// [`NoFiles`] is for callers that have everything in one text.
pub trait Files {
    /// The text at `path`, which is relative to the file `from` if it is not absolute.
    ///
    /// Gives the path by which messages call it, and its text.
    ///
    /// # Errors
    /// Whatever keeps the text from being had, in words for people.
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure>;

    /// The table at `path` to be read row by row; nothing, if it is to be read whole, as small
    /// ones are.
    fn stream(&self, from: &str, path: &str) -> Option<Stream> {
        let _ = (from, path);
        None
    }
}

/// Begins to read a file once more.
pub type Opener = Arc<dyn Fn() -> io::Result<Box<dyn io::Read + Send>> + Send + Sync>;

/// A table that is read row by row, as often as need be.
#[derive(Clone)]
pub struct Stream {
    /// What messages call it.
    pub path: Arc<str>,
    /// Begins to read it.
    pub open: Opener,
    /// How many rows of it may be kept in all, so that it need not be read again.
    pub keep: usize,
    /// How much of it is in memory at once while its mistakes are sought, give or take a row
    /// [bytes].
    pub piece: u64,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.path).finish()
    }
}

/// A place without any file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str, _: &str) -> Result<(String, String), ReadFailure> {
        Err(ReadFailure { what: "there are no files here".into(), help: None })
    }
}
