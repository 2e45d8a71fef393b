//! Places in files, and the texts of the files.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(u32);

/// A range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The span of a row that is read as a stream and whose text is not kept. Problems at this span
    /// are never shown: a reader that finds one reads the whole file instead.
    pub const NOWHERE: Self = Self { file: FileId(u32::MAX), start: 0, end: 0 };

    /// The same range in another file: the index of this file in `files` selects the other file.
    #[must_use]
    pub fn relocated(self, files: &[FileId]) -> Self {
        let file = files.get(self.file.0 as usize).copied().unwrap_or(self.file);
        Self { file, ..self }
    }

    /// The span from the start of this one to the end of `other`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.start), ..self }
    }

    pub(crate) const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and its place.
#[derive(Debug, Clone, Copy)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Applies `f` to the value and keeps the place.
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

/// The texts that were read, so that messages can quote them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceText>,
    /// Pieces of large files, by path and number.
    pieces: BTreeMap<(String, usize), FileId>,
    /// Files that were read row by row: their paths and digests.
    streamed: Vec<(String, String)>,
}

/// A text that was read.
#[derive(Debug, Clone)]
struct SourceText {
    path: String,
    /// Borrowed if it is a part of the program.
    text: Cow<'static, str>,
    /// Number of lines before the text, if it is a piece of a larger file.
    piece_after: Option<usize>,
}

impl Sources {
    /// Largest text that a place can point into, in bytes.
    pub const LARGEST: u64 = u32::MAX as u64;

    /// Adds a text; `path` is shown in messages.
    ///
    /// # Panics
    /// If it is larger than [`Self::LARGEST`]; readers of files refuse those.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.add_text(path.into(), Cow::Owned(text.into()))
    }

    /// Adds a text that is a part of the program, without a copy.
    pub fn add_built_in(&mut self, path: impl Into<String>, text: &'static str) -> FileId {
        self.add_text(path.into(), Cow::Borrowed(text))
    }

    fn add_text(&mut self, path: String, text: Cow<'static, str>) -> FileId {
        assert!(text.len() as u64 <= Self::LARGEST, "places are 32 bits wide");
        self.push(SourceText { path, text, piece_after: None })
    }

    /// The id of piece `number` of a large file; `lines` lines come before the piece.
    /// [`Self::set_piece`] sets its text. Reports do not list it as an input.
    pub fn piece(&mut self, path: &str, number: usize, lines: usize) -> FileId {
        let key = (path.to_owned(), number);
        if let Some(known) = self.pieces.get(&key) {
            return *known;
        }
        let text = Cow::default();
        let piece = self.push(SourceText { path: path.into(), text, piece_after: Some(lines) });
        self.pieces.insert(key, piece);
        piece
    }

    /// Sets the text of a piece.
    pub fn set_piece(&mut self, piece: FileId, text: String) {
        if let Some(source) = self.files.get_mut(piece.0 as usize) {
            source.text = text.into();
        }
    }

    fn push(&mut self, source: SourceText) -> FileId {
        self.files.push(source);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The path of a file, as messages show it.
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].path
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// Adds the digest of a file that was read row by row and is not kept.
    pub fn add_streamed(&mut self, path: impl Into<String>, sha256: impl Into<String>) {
        self.streamed.push((path.into(), sha256.into()));
    }

    /// The path and the SHA-256 of each file that was read, sorted, without duplicates.
    pub fn digests(&self) -> Vec<(String, String)> {
        let kept = self.files.iter().filter(|source| source.piece_after.is_none());
        let kept = kept.map(|source| (source.path.clone(), hex_digest(&[&source.text])));
        let mut all: Vec<_> = kept.chain(self.streamed.iter().cloned()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The span of a whole file.
    pub fn whole(&self, file: FileId) -> Span {
        let end = u32::try_from(self.text(file).len()).unwrap_or(u32::MAX);
        Span { file, start: 0, end }
    }

    /// The text at a place.
    pub fn quote(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// Line and column of a place's start, both counted from 1; columns count characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = self.text(span.file).get(..span.start as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let line = line + self.files[span.file.0 as usize].piece_after.unwrap_or(0);
        (line, before[line_start..].chars().count() + 1)
    }

    /// Lines of spans, counted from 1. Takes linear time if the spans are in the order of the file.
    pub fn lines<'s>(
        &'s self,
        spans: impl Iterator<Item = Span> + 's,
    ) -> impl Iterator<Item = usize> + 's {
        let mut last: Option<(Span, usize)> = None;
        spans.map(move |span| {
            let after = last.filter(|(last, _)| last.file == span.file && last.start <= span.start);
            let line = match after {
                Some((last, line)) => {
                    let between = last.start as usize..span.start as usize;
                    let between = self.text(span.file).get(between).unwrap_or_default();
                    line + between.bytes().filter(|byte| *byte == b'\n').count()
                }
                None => self.line_column(span).0,
            };
            last = Some((span, line));
            line
        })
    }

    /// `file:line:column`, as terminals and editors open it.
    pub fn locate(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", self.path(span.file))
    }
}

/// The SHA-256 of the concatenation of texts, in hexadecimal digits.
pub fn hex_digest(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    texts.iter().for_each(|text| digest.update(text));
    in_hex(digest)
}

/// The SHA-256 of all bytes of a reader, in hexadecimal digits.
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
