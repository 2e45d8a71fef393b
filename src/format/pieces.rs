//! Reading of a large table in pieces, so that its mistakes are reported without keeping its whole
//! text in memory.

use std::collections::BTreeSet;
use std::io::{self, Read};

use memchr::{memchr_iter, memchr2_iter};

use super::csv::{HeaderCells, rows, rows_after};
use super::tree::Node;
use crate::diagnostics::{Code, FileId, Problem, Problems, ReadFailure, Sources, Span, Stream};

/// Length of the longest row, in bytes. It bounds the memory if a quote is never closed.
const LONGEST_ROW: usize = 1 << 20;

/// A table that is read in pieces. Every reading gets the same pieces with the same spans, so that
/// a mistake that two cases share is reported once.
#[derive(Debug, Clone)]
pub struct Pieces(pub Stream);

impl Pieces {
    /// Starts a reading of the rows; `known` and `required` are columns, as in [`rows`].
    pub fn read<'p>(&'p self, known: &'p [&'p str], required: &'p [&'p str]) -> Reading<'p> {
        let text = TextInPieces::of(&self.0);
        Reading {
            path: &self.0.path,
            known,
            required,
            text,
            columns: None,
            last: None,
            is_finished: false,
            has_failed: false,
        }
    }

    /// Reads the table again, and keeps the texts of the pieces in which a problem was found.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn restore(&self, sources: &mut Sources, problems: &Problems) -> Result<(), ReadFailure> {
        let labels = problems.sorted().into_iter().flat_map(|problem| &problem.labels);
        let wanted: BTreeSet<FileId> = labels.map(|(span, _)| span.file).collect();
        let mut text = TextInPieces::of(&self.0);
        while let Some(piece) = text.next_piece()? {
            let file = sources.piece(&self.0.path, piece.number, piece.lines_before);
            if wanted.contains(&file) {
                sources.set_piece(file, piece.text);
            }
        }
        Ok(())
    }
}

/// A reading in progress.
pub struct Reading<'p> {
    path: &'p str,
    known: &'p [&'p str],
    required: &'p [&'p str],
    text: TextInPieces,
    columns: Option<HeaderCells>,
    /// The piece whose text is currently kept.
    last: Option<FileId>,
    is_finished: bool,
    /// Whether reading a piece has failed.
    has_failed: bool,
}

impl Reading<'_> {
    /// Whether the header was valid, and every piece so far could be read.
    pub const fn is_read(&self) -> bool {
        self.columns.is_some() && !self.has_failed
    }

    /// The valid rows of the next piece; mistakes in other rows are reported. The text of the
    /// previous piece is dropped. If `texts` is not empty, a piece that contains none of them gives
    /// no rows. `None` at the end.
    pub fn next(
        &mut self,
        sources: &mut Sources,
        problems: &mut Problems,
        texts: &[&str],
    ) -> Option<Vec<Node>> {
        if let Some(last) = self.last.take() {
            sources.set_piece(last, String::new());
        }
        if self.is_finished {
            return None;
        }
        let piece = match self.text.next_piece() {
            Ok(piece) => piece?,
            Err(failure) => {
                problems.add(Problem::unreadable(self.path, failure));
                self.has_failed = true;
                return None;
            }
        };
        self.is_finished = piece.is_too_long;
        let file = sources.piece(self.path, piece.number, piece.lines_before);
        sources.set_piece(file, piece.text);
        self.last = Some(file);
        let text = sources.text(file);
        let is_irrelevant = !texts.is_empty() && !texts.iter().any(|wanted| text.contains(wanted));
        let reported = problems.len();
        let rows = match self.columns.take() {
            Some(columns) => Some(rows_after(sources, file, columns)),
            None => rows(sources, file, self.known, self.required, problems),
        };
        let Some(mut rows) = rows else {
            self.is_finished = true;
            return Some(Vec::new());
        };
        let mut nodes = Vec::new();
        while let Some(row) = (!is_irrelevant).then(|| rows.next_row(problems)).flatten() {
            nodes.push(row);
        }
        self.columns = Some(rows.into_columns());
        if piece.is_too_long && problems.len() == reported {
            let whole = sources.whole(file);
            let place = Span { end: whole.end.min(1), ..whole };
            problems.add(Problem::at(Code::Syntax, place, "this row is longer than 1 MiB", ""));
        }
        Some(nodes)
    }
}

/// A text that is read in pieces of whole rows.
struct TextInPieces {
    /// The table; `None` once it has been opened.
    open: Option<Stream>,
    /// The size of a piece in bytes, to within a row.
    piece: u64,
    reader: Box<dyn Read + Send>,
    /// Bytes that were read after the last piece.
    rest: Vec<u8>,
    /// Number of pieces so far.
    pieces: usize,
    /// Number of lines in these pieces.
    lines: usize,
    ended: bool,
}

struct TextPiece {
    number: usize,
    text: String,
    lines_before: usize,
    is_too_long: bool,
}

impl TextInPieces {
    fn of(table: &Stream) -> Self {
        let reader = Box::new(io::empty());
        let open = Some(table.clone());
        let piece = table.piece.max(1);
        Self { open, piece, reader, rest: Vec::new(), pieces: 0, lines: 0, ended: false }
    }

    fn next_piece(&mut self) -> Result<Option<TextPiece>, ReadFailure> {
        let unreadable = |error: io::Error| ReadFailure { what: error.to_string(), help: None };
        if let Some(table) = self.open.take() {
            self.reader = (table.open)().map_err(unreadable)?;
        }
        let mut bytes = std::mem::take(&mut self.rest);
        let mut is_too_long = false;
        while !self.ended {
            let before = bytes.len();
            let read = self.reader.by_ref().take(self.piece).read_to_end(&mut bytes);
            self.ended = read.map_err(unreadable)? == 0;
            if self.pieces == 0 && before == 0 && bytes.starts_with("\u{feff}".as_bytes()) {
                bytes.drain(..3);
            }
            if let Some(end) = end_of_rows(&bytes) {
                self.rest = bytes.split_off(end);
                break;
            }
            is_too_long = bytes.len() > LONGEST_ROW;
            self.ended |= is_too_long;
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let lines_before = self.lines;
        self.lines += memchr_iter(b'\n', &bytes).count();
        self.pieces += 1;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = lines_before + valid.split(|byte| *byte == b'\n').count();
            let help = Some("save it as UTF-8".to_owned());
            ReadFailure { what: format!("line {line} is not valid UTF-8"), help }
        })?;
        Ok(Some(TextPiece { number: self.pieces - 1, text, lines_before, is_too_long }))
    }
}

/// The index after the last complete row, which ends at a line break outside of quotes; `None` if
/// no row is complete.
fn end_of_rows(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut end = None;
    for index in memchr2_iter(b'"', b'\n', bytes) {
        match bytes[index] {
            b'"' => quoted = !quoted,
            _ if !quoted => end = Some(index + 1),
            _ => {}
        }
    }
    end
}
