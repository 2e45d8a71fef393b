//! A large table in pieces, so that its mistakes are reported without all of its text in memory.

use std::collections::BTreeSet;
use std::io::{self, Read};

use memchr::{memchr_iter, memchr2_iter};

use super::csv::{Columns, rows, rows_after};
use super::tree::Node;
use crate::diagnostics::{Code, FileId, Problem, Problems, ReadFailure, Sources, Span, Stream};

/// The longest row; a quote that is never closed must not take in the whole table [bytes].
const LONGEST_ROW: usize = 1 << 20;

/// A table to be read in pieces. A second reader finds the same pieces at the same places,
/// so that mistakes that two cases share are reported once.
#[derive(Debug, Clone)]
pub struct Pieces(pub Stream);

impl Pieces {
    /// Begins to read the rows, with columns as in [`rows`].
    pub fn read<'p>(&'p self, known: &'p [&'p str], required: &'p [&'p str]) -> Reading<'p> {
        let text = Text::of(&self.0);
        Reading {
            path: &self.0.path,
            known,
            required,
            text,
            columns: None,
            last: None,
            over: false,
        }
    }

    /// Reads once more, and keeps the texts of the pieces that any problem points into.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn restore(&self, sources: &mut Sources, problems: &Problems) -> Result<(), ReadFailure> {
        let labels = problems.sorted().into_iter().flat_map(|problem| &problem.labels);
        let wanted: BTreeSet<FileId> = labels.map(|(span, _)| span.file).collect();
        let mut text = Text::of(&self.0);
        while let Some(piece) = text.next_piece()? {
            let file = sources.piece(&self.0.path, piece.number, piece.lines_before);
            if wanted.contains(&file) {
                sources.set_piece(file, piece.text);
            }
        }
        Ok(())
    }
}

/// The rows of a table while they are read, piece by piece.
pub struct Reading<'p> {
    path: &'p str,
    known: &'p [&'p str],
    required: &'p [&'p str],
    text: Text,
    columns: Option<Columns>,
    /// The piece whose text is kept at the moment.
    last: Option<FileId>,
    over: bool,
}

impl Reading<'_> {
    /// The valid rows of the next piece; what is wrong with others is reported. The text of the
    /// piece before is dropped. If `texts` names any, the rows of a piece that contains none of
    /// them are left out. `None` at the end.
    pub fn next(
        &mut self,
        sources: &mut Sources,
        problems: &mut Problems,
        texts: &[&str],
    ) -> Option<Vec<Node>> {
        if let Some(last) = self.last.take() {
            sources.set_piece(last, String::new());
        }
        if self.over {
            return None;
        }
        let piece = match self.text.next_piece() {
            Ok(piece) => piece?,
            Err(failure) => {
                problems.add(Problem::unreadable(self.path, failure));
                return None;
            }
        };
        self.over = piece.is_too_long;
        let file = sources.piece(self.path, piece.number, piece.lines_before);
        sources.set_piece(file, piece.text);
        self.last = Some(file);
        let text = sources.text(file);
        let plays_no_part = !texts.is_empty() && !texts.iter().any(|wanted| text.contains(wanted));
        let reported = problems.len();
        let rows = match self.columns.take() {
            Some(columns) => Some(rows_after(sources, file, columns)),
            None => rows(sources, file, self.known, self.required, problems),
        };
        let Some(mut rows) = rows else {
            self.over = true;
            return Some(Vec::new());
        };
        let mut nodes = Vec::new();
        while let Some(row) = (!plays_no_part).then(|| rows.next_row(problems)).flatten() {
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
struct Text {
    /// What is still to be opened.
    open: Option<Stream>,
    /// The size of a piece, give or take a row [bytes].
    piece: u64,
    reader: Box<dyn Read + Send>,
    /// What was read after the last piece.
    rest: Vec<u8>,
    /// Number of pieces so far, and of lines in them.
    at: usize,
    lines: usize,
    ended: bool,
}

struct Piece {
    number: usize,
    text: String,
    lines_before: usize,
    is_too_long: bool,
}

impl Text {
    fn of(table: &Stream) -> Self {
        let reader = Box::new(io::empty());
        let open = Some(table.clone());
        let piece = table.piece.max(1);
        Self { open, piece, reader, rest: Vec::new(), at: 0, lines: 0, ended: false }
    }

    fn next_piece(&mut self) -> Result<Option<Piece>, ReadFailure> {
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
            if self.at == 0 && before == 0 && bytes.starts_with("\u{feff}".as_bytes()) {
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
        self.at += 1;
        let text = String::from_utf8(bytes).map_err(|error| {
            let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = lines_before + sound.split(|byte| *byte == b'\n').count();
            let help = Some("save it as UTF-8".to_owned());
            ReadFailure { what: format!("line {line} is not valid UTF-8"), help }
        })?;
        Ok(Some(Piece { number: self.at - 1, text, lines_before, is_too_long }))
    }
}

/// Where the last whole row ends: at an end of line outside of quotes.
fn end_of_rows(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut end = None;
    for at in memchr2_iter(b'"', b'\n', bytes) {
        match bytes[at] {
            b'"' => quoted = !quoted,
            _ if !quoted => end = Some(at + 1),
            _ => {}
        }
    }
    end
}
