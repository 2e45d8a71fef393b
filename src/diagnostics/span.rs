//! Where something is written.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// One of the files of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A stretch of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Where a row of a stream stands: its text is not kept, so nothing can quote it.
    /// What is reported of such a row is never shown; a reader that finds anything wrong with one
    /// reads the file whole.
    pub const NOWHERE: Self = Self { file: FileId(u32::MAX), start: 0, end: 0 };

    /// The stretch from the start of this place to the end of `other`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.start), ..self }
    }

    pub(crate) const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// The value of a place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with what `f` makes of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Every text that was read, by path, so that messages can quote it.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Pieces of large files, by path and number.
    pieces: BTreeMap<(String, usize), FileId>,
    /// Files that were read row by row: their paths and digests.
    streamed: Vec<(String, String)>,
}

/// A text that was read.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    text: String,
    /// Number of lines before the text, if it is a piece of a larger file.
    piece_after: Option<usize>,
}

impl Sources {
    /// Largest text that a place can point into, in bytes.
    pub const LARGEST: u64 = u32::MAX as u64;

    /// Takes in a text; `path` is what messages call it.
    ///
    /// # Panics
    /// If it is larger than [`Self::LARGEST`]; readers of files refuse those.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        assert!(text.len() as u64 <= Self::LARGEST, "places are 32 bits wide");
        self.push(Source { path: path.into(), text, piece_after: None })
    }

    /// The piece with that number of a large file; it begins after that many lines, and its text is
    /// what was set last. The file is no input that reports name.
    pub fn piece(&mut self, path: &str, number: usize, lines: usize) -> FileId {
        let key = (path.to_owned(), number);
        if let Some(known) = self.pieces.get(&key) {
            return *known;
        }
        let text = String::new();
        let piece = self.push(Source { path: path.into(), text, piece_after: Some(lines) });
        self.pieces.insert(key, piece);
        piece
    }

    /// Sets the text of a piece; an empty one drops it.
    pub fn set_piece(&mut self, piece: FileId, text: String) {
        if let Some(source) = self.files.get_mut(piece.0 as usize) {
            source.text = text;
        }
    }

    fn push(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// What messages call a file.
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].path
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// Takes note of a file that was read row by row and is not kept.
    pub fn add_streamed(&mut self, path: impl Into<String>, sha256: impl Into<String>) {
        self.streamed.push((path.into(), sha256.into()));
    }

    /// Every file that was read: its path and the SHA-256 of its text, sorted, each once.
    pub fn digests(&self) -> Vec<(String, String)> {
        let kept = self.files.iter().filter(|source| source.piece_after.is_none());
        let kept = kept.map(|source| (source.path.clone(), hex_digest(&[&source.text])));
        let mut all: Vec<_> = kept.chain(self.streamed.iter().cloned()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The whole of a file.
    pub fn whole(&self, file: FileId) -> Span {
        let end = u32::try_from(self.text(file).len()).unwrap_or(u32::MAX);
        Span { file, start: 0, end }
    }

    /// What stands at a place.
    pub fn quote(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// Line and column of a place's start, both counted from 1; columns count characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = self.text(span.file).get(..span.start as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let line = line + self.files[span.file.0 as usize].piece_after.unwrap_or(0);
        (line, before[line_start..].chars().count() + 1)
    }

    /// `file:line:column`, as terminals and editors open it.
    pub fn locate(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", self.path(span.file))
    }
}

/// The SHA-256 of some texts, one after the other, in hexadecimal digits.
pub fn hex_digest(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    texts.iter().for_each(|text| digest.update(text));
    in_hex(digest)
}

/// The SHA-256 of all that a reader gives, in hexadecimal digits.
///
/// # Errors
/// If it cannot be read.
pub fn digest_of(mut from: impl std::io::Read) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(in_hex(digest)),
            Ok(read) => digest.update(&piece[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A digest in hexadecimal digits.
pub(crate) fn in_hex(digest: Sha256) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest.finalize() {
        hex.push_str(&format!("{byte:02x}"));
    }
    hex
}
