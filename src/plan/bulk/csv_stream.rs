//! A streaming CSV reader for tables of millions of rows.
//!
//! It accepts only simple CSV: one row per line, quotes only around whole cells, as many cells as
//! columns. Anything else ends it with [`NextRow::NeedsFullRead`]; then
//! [`rows`](crate::format::rows) reads the whole file and reports its mistakes. Both readers give
//! the same rows.
//!
//! Memory holds one block of lines. Each byte is searched for a line end, checked, hashed and split
//! once. A line of plain cells, as most are, is searched and split together, in windows of 64
//! bytes; any other line is split by [`CsvStream::next_line`]. Tests compare the two.

use std::io::{self, Read};
use std::mem;
use std::ops::Range;

use memchr::{memchr, memchr2};
use sha2::{Digest, Sha256};

use super::bytes::{WINDOW, matches_of, special_bytes};
use crate::diagnostics::{Span, Spanned, in_hex};
use crate::diagnostics::{Stream, is_unseen};
use crate::format::{Entry, Node, Style, Value, canonical_key};

/// Size of a block, in bytes.
const BLOCK: u64 = 1 << 18;

/// Longest row, in bytes; a row may exceed it by one block. The limit bounds the memory for a file
/// without line ends.
const LONGEST_ROW: usize = 1 << 20;

/// The result of [`CsvStream::advance`].
#[derive(Debug)]
pub enum NextRow {
    /// A row, which [`CsvStream::row`] returns.
    Row,
    /// The end of the table.
    End,
    /// The table is not simple CSV.
    NeedsFullRead,
}

/// A table that is read row by row.
pub struct CsvStream {
    reader: Box<dyn Read + Send>,
    /// The digest of the bytes that were read.
    digest: Sha256,
    /// Size of a block, in bytes.
    block: u64,
    columns: Vec<Box<str>>,
    /// The columns that are read, as a mask of [`CsvStream::bit`]; columns that begin with `x-` are
    /// not.
    is_read: u64,
    /// The whole lines of the current block.
    text: String,
    /// The beginning of the line after these lines.
    rest: Vec<u8>,
    /// The state of the table after `text`.
    text_end: TextEnd,
    /// Index of the next line in the text.
    next: usize,
    cells: Cells,
    /// The window in which the next plain line begins.
    window: MarkedBytes,
    /// The columns that are read and not empty in the current row, as a mask of
    /// [`CsvStream::bit`].
    filled: u64,
    /// Whether no cell of the current row contains `$`.
    is_plain: bool,
}

/// The cells of the current row.
struct Cells {
    /// Number of cells.
    count: usize,
    /// Start and end in the text of each of them, without surrounding blanks. Cells beyond the most
    /// columns replace others; such a row is refused for its number of cells.
    places: [(u32, u32); MOST_COLUMNS],
}

impl Cells {
    const NONE: Self = Self { count: 0, places: [(0, 0); MOST_COLUMNS] };

    fn push(&mut self, cell: (u32, u32)) {
        self.places[self.count % MOST_COLUMNS] = cell;
        self.count += 1;
    }

    fn as_slice(&self) -> &[(u32, u32)] {
        &self.places[..self.count.min(MOST_COLUMNS)]
    }
}

/// A window of the text, whose special bytes are known.
#[derive(Debug, Clone, Copy, Default)]
struct MarkedBytes {
    /// Index of the first byte.
    at: usize,
    /// The special bytes that belong to the next line and those after it, as a mask.
    marks: u64,
}

/// The state of a table after the lines that were read: more lines, its end, or text that needs the
/// full reader.
#[derive(Clone, Copy)]
enum TextEnd {
    More,
    End,
    NeedsFullRead,
}

/// Largest number of columns: one bit of a mask for each.
const MOST_COLUMNS: usize = 64;

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub struct CsvRow<'r> {
    columns: &'r [Box<str>],
    /// A text that contains the row.
    pub text: &'r str,
    /// Start and end in the text of each cell, without surrounding blanks.
    pub cells: &'r [(u32, u32)],
    /// The columns that are read and not empty, as a mask of [`CsvStream::bit`].
    pub filled: u64,
    is_plain: bool,
}

impl CsvStream {
    /// Reads the header of a table. The columns must be among `known` or begin with `x-`, and
    /// contain all of `required`; `None` if they do not, or if the header is not simple CSV.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn open(stream: &Stream, known: &[&str], required: &[&str]) -> io::Result<Option<Self>> {
        Self::open_with_block(BLOCK, stream, known, required)
    }

    fn open_with_block(
        block: u64,
        stream: &Stream,
        known: &[&str],
        required: &[&str],
    ) -> io::Result<Option<Self>> {
        let mut lines = Self {
            reader: skip_byte_order_mark((stream.open)()?)?,
            digest: Sha256::new(),
            block,
            columns: Vec::new(),
            is_read: 0,
            text: String::new(),
            rest: Vec::new(),
            text_end: TextEnd::More,
            next: 0,
            cells: Cells::NONE,
            window: MarkedBytes::default(),
            filled: 0,
            is_plain: false,
        };
        if !matches!(lines.next_line()?, NextRow::Row) {
            return Ok(None);
        }
        if lines.cells.count > MOST_COLUMNS {
            return Ok(None);
        }
        let mut columns: Vec<Box<str>> = Vec::new();
        for (start, end) in lines.cells.as_slice() {
            let name = &lines.text[*start as usize..*end as usize];
            let name = canonical_key(name, known);
            let unknown = !known.contains(&name) && !name.starts_with("x-");
            if unknown || columns.iter().any(|column| **column == *name) {
                return Ok(None);
            }
            columns.push(name.into());
        }
        let is_present = |name: &&str| columns.iter().any(|column| **column == **name);
        let is_valid = required.iter().all(is_present);
        let is_read = columns.iter().map(|column| !column.starts_with("x-"));
        lines.is_read = mask_of(is_read);
        lines.columns = columns;
        lines.move_window();
        Ok(is_valid.then_some(lines))
    }

    /// Index of a column; `None` if the table does not have it.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| **column == *name)
    }

    /// The bit of a column in a mask: the last column has the lowest one. So a mask can be built
    /// from the first column to the last without their numbers.
    pub fn bit(&self, column: usize) -> u64 {
        1 << (self.columns.len() - 1 - column)
    }

    /// Reads the next row.
    ///
    /// # Errors
    /// If the file cannot be read.
    #[inline]
    pub fn advance(&mut self) -> io::Result<NextRow> {
        if self.split_plain() { Ok(NextRow::Row) } else { self.advance_any() }
    }

    /// Reads the next row in any form.
    fn advance_any(&mut self) -> io::Result<NextRow> {
        let next = self.next_line()?;
        self.move_window();
        let is_row = matches!(next, NextRow::Row);
        if is_row && (self.cells.count != self.columns.len() || self.has_unseen()) {
            return Ok(NextRow::NeedsFullRead);
        }
        let cells = self.cells.as_slice().iter();
        self.filled = mask_of(cells.map(|(start, end)| start < end)) & self.is_read;
        self.is_plain = false;
        Ok(next)
    }

    /// Moves the window to the next line.
    fn move_window(&mut self) {
        let bytes = self.text.as_bytes()[self.next..].first_chunk();
        self.window = MarkedBytes { at: self.next, marks: bytes.map_or(0, special_bytes) };
    }

    /// Whether a cell of the current row contains an invisible character, which the full reader
    /// reports.
    fn has_unseen(&self) -> bool {
        let mut cells =
            self.cells.as_slice().iter().map(|(start, end)| *start as usize..*end as usize);
        cells.any(|cell| {
            let text = &self.text[cell];
            let is_visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
            !text.bytes().all(is_visible) && text.contains(is_unseen)
        })
    }

    /// Splits the next line if it consists of as many cells as the table has columns, all without
    /// blanks, quotes, `$`, control characters and characters beyond ASCII. Returns false for any
    /// other line and those at the end of a block, and leaves them to [`Self::next_line`].
    fn split_plain(&mut self) -> bool {
        let text = self.text.as_bytes();
        let MarkedBytes { mut at, mut marks } = self.window;
        let Some(mut bytes) = window(text, at) else { return false };
        let first = narrow(self.next);
        let (mut start, mut column, mut filled) = (first, 0_usize, 0_u64);
        loop {
            while marks != 0 {
                let place = marks.trailing_zeros();
                marks &= marks.wrapping_sub(1);
                let end = narrow(at).wrapping_add(place);
                let byte = bytes[place as usize % WINDOW];
                if byte != b',' && byte != b'\n' {
                    if (b'%'..=b'+').contains(&byte) {
                        continue;
                    }
                    return false;
                }
                self.cells.places[column % MOST_COLUMNS] = (start, end);
                filled = with_next(filled, start < end);
                column = column.wrapping_add(1);
                start = end.wrapping_add(1);
                if byte == b'\n' {
                    if column != self.columns.len() || first == end {
                        return false;
                    }
                    self.filled = filled & self.is_read;
                    self.is_plain = true;
                    self.next = start as usize;
                    self.window = MarkedBytes { at, marks };
                    return true;
                }
            }
            at = at.wrapping_add(WINDOW);
            let Some(next) = window(text, at) else { return false };
            (bytes, marks) = (next, special_bytes(next));
        }
    }

    /// The current row.
    pub fn row(&self) -> CsvRow<'_> {
        let Self { columns, text, cells, filled, is_plain, .. } = self;
        let cells = &cells.places[..columns.len()];
        CsvRow { columns, text, cells, filled: *filled, is_plain: *is_plain }
    }

    /// The SHA-256 of everything that was read, as hexadecimal digits.
    pub fn digest(self) -> String {
        in_hex(self.digest)
    }

    /// Splits the next line that is not empty.
    fn next_line(&mut self) -> io::Result<NextRow> {
        let line = loop {
            let remaining = &self.text.as_bytes()[self.next..];
            if remaining.is_empty() {
                match self.text_end {
                    TextEnd::More => self.read_block()?,
                    TextEnd::End => return Ok(NextRow::End),
                    TextEnd::NeedsFullRead => return Ok(NextRow::NeedsFullRead),
                }
                continue;
            }
            let end = memchr(b'\n', remaining);
            let line = &remaining[..end.unwrap_or(remaining.len())];
            let line = line.strip_suffix(b"\r").filter(|_| end.is_some()).unwrap_or(line);
            let line = self.next..self.next + line.len();
            self.next += end.map_or(remaining.len(), |end| end + 1);
            if !line.is_empty() {
                break line;
            }
        };
        let is_split = self.split(line.clone()) || self.split_with_quotes(line);
        Ok(if is_split { NextRow::Row } else { NextRow::NeedsFullRead })
    }

    /// Reads the next block, and further blocks until one contains a line end. Invalid UTF-8 ends
    /// the text.
    fn read_block(&mut self) -> io::Result<()> {
        let mut bytes = mem::take(&mut self.text).into_bytes();
        bytes.clear();
        bytes.append(&mut self.rest);
        self.next = 0;
        loop {
            let known = bytes.len();
            let read = self.reader.by_ref().take(self.block).read_to_end(&mut bytes)?;
            self.digest.update(&bytes[known..]);
            if let Some(last) = bytes[known..].iter().rposition(|byte| *byte == b'\n') {
                self.rest.extend(bytes.drain(known + last + 1..));
                break;
            }
            if read == 0 {
                self.text_end = TextEnd::End;
                break;
            }
            if bytes.len() > LONGEST_ROW {
                self.text_end = TextEnd::NeedsFullRead;
                return Ok(());
            }
        }
        self.text = String::from_utf8(bytes).unwrap_or_else(|error| {
            self.text_end = TextEnd::NeedsFullRead;
            let valid = error.utf8_error().valid_up_to();
            let whole = error.as_bytes()[..valid].iter().rposition(|byte| *byte == b'\n');
            let mut bytes = error.into_bytes();
            bytes.truncate(whole.map_or(0, |last| last + 1));
            String::from_utf8(bytes).unwrap_or_default()
        });
        Ok(())
    }

    /// Finds the cells of a line; false if the line contains a quote or a carriage return.
    fn split(&mut self, line: Range<usize>) -> bool {
        let bytes = &self.text.as_bytes()[line.clone()];
        if memchr2(b'"', b'\r', bytes).is_some() {
            return false;
        }
        self.cells.count = 0;
        let (eights, last) = bytes.as_chunks::<8>();
        let mut rest = [0; 8];
        rest[..last.len()].copy_from_slice(last);
        let mut start = line.start;
        for (number, eight) in eights.iter().chain([&rest]).enumerate() {
            let mut commas = matches_of(u64::from_le_bytes(*eight), b',');
            while commas != 0 {
                let end = line.start + number * 8 + commas.trailing_zeros() as usize / 8;
                self.cells.push(without_blanks(&self.text, start, end));
                start = end + 1;
                commas &= commas - 1;
            }
        }
        self.cells.push(without_blanks(&self.text, start, line.end));
        true
    }

    /// Finds the cells of a line with quotes; false if it is not simple CSV.
    fn split_with_quotes(&mut self, line: Range<usize>) -> bool {
        self.cells.count = 0;
        let bytes = &self.text.as_bytes()[..line.end];
        let mut start = line.start;
        loop {
            let is_quoted = bytes.get(start) == Some(&b'"');
            let from = start + usize::from(is_quoted);
            let ends = if is_quoted { b'"' } else { b',' };
            let mut to = from;
            while to < bytes.len() && bytes[to] != ends {
                // A quote inside a cell, or a carriage return inside a line.
                if bytes[to] == b'\r' || bytes[to] == b'"' {
                    return false;
                }
                to += 1;
            }
            if is_quoted && to == bytes.len() {
                return false;
            }
            let next = to + usize::from(is_quoted);
            self.cells.push(without_blanks(&self.text, from, to));
            match bytes.get(next) {
                None => return true,
                Some(b',') => start = next + 1,
                Some(_) => return false,
            }
        }
    }
}

/// A bit for each item that is true; the last one has the lowest.
fn mask_of(items: impl Iterator<Item = bool>) -> u64 {
    items.fold(0, with_next)
}

/// A mask with one more bit, which is its lowest.
fn with_next(mask: u64, is: bool) -> u64 {
    mask.wrapping_mul(2).wrapping_add(u64::from(is))
}

/// An offset in a text. Blocks and rows are far shorter than a `u32` can count.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The bytes of a window; `None` if the text ends before its end.
fn window(text: &[u8], at: usize) -> Option<&[u8; WINDOW]> {
    text.get(at..)?.first_chunk()
}

/// Start and end of a cell without surrounding blanks.
fn without_blanks(text: &str, from: usize, to: usize) -> (u32, u32) {
    let bytes = &text.as_bytes()[from..to];
    let is_letter = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    if is_letter(bytes.first()) && is_letter(bytes.last()) {
        return (narrow(from), narrow(to));
    }
    let cell = text[from..to].trim_start();
    let begin = to - cell.len();
    (narrow(begin), narrow(begin + cell.trim_end().len()))
}

/// The reader without a byte order mark at its start.
fn skip_byte_order_mark(mut inner: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut first = Vec::new();
    inner.by_ref().take(3).read_to_end(&mut first)?;
    if first == "\u{feff}".as_bytes() {
        return Ok(inner);
    }
    Ok(Box::new(io::Cursor::new(first).chain(inner)))
}

impl<'r> CsvRow<'r> {
    /// The bytes of a column, without surrounding blanks; empty if there is no such column.
    #[inline]
    pub fn bytes(&self, column: usize) -> &'r [u8] {
        let (start, end) = self.cells.get(column).copied().unwrap_or_default();
        self.text.as_bytes().get(start as usize..end as usize).unwrap_or_default()
    }

    /// The text of a column, without surrounding blanks; empty if there is no such column.
    #[inline]
    pub fn cell(&self, column: usize) -> &'r str {
        let (start, end) = self.cells.get(column).copied().unwrap_or_default();
        &self.text[start as usize..end as usize]
    }

    /// The columns that are read and not empty, with their texts.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &'r str)> {
        let row = *self;
        let last = self.columns.len().wrapping_sub(1);
        let mut left = self.filled;
        std::iter::from_fn(move || {
            let bit = left.checked_ilog2()?;
            left ^= 1 << bit;
            let column = last.wrapping_sub(bit as usize);
            Some((column, row.cell(column)))
        })
    }

    /// Whether a cell refers to a parameter of a case: `$name`.
    #[inline]
    pub fn has_parameter(&self) -> bool {
        !self.is_plain && self.filled().any(|(_, cell)| cell.starts_with('$'))
    }

    /// The row as a mapping from column to cell, without the column `without`, as the full reader
    /// gives it but without spans.
    pub fn node(&self, without: usize) -> Node {
        let span = Span::NOWHERE;
        let entry = |(column, cell): (usize, &str)| Entry {
            key: Spanned::new(self.columns[column].clone(), span),
            value: Node { value: Value::Scalar(cell.into(), Style::Cell), span }.into(),
        };
        let entries = self.filled().filter(|(column, _)| *column != without).map(entry);
        Node { value: Value::Map(entries.collect()), span }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn stream(bytes: &[u8]) -> Stream {
        let bytes: Arc<[u8]> = bytes.into();
        let open = move || Ok(Box::new(io::Cursor::new(bytes.clone())) as Box<dyn Read + Send>);
        Stream { path: "table.csv".into(), open: Arc::new(open), keep: 0, piece: 1 }
    }

    /// The rows of a table with the columns `a` and `b`, and whether it was read to its end.
    fn read(block: u64, bytes: &[u8]) -> (Vec<(String, String)>, bool) {
        let opened =
            CsvStream::open_with_block(block, &stream(bytes), &["a", "b"], &["a"]).unwrap();
        let Some(mut lines) = opened else { return (Vec::new(), false) };
        let mut rows = Vec::new();
        loop {
            match lines.advance().unwrap() {
                NextRow::Row => {
                    let row = lines.row();
                    let filled: Vec<usize> = row.filled().map(|(column, _)| column).collect();
                    let expected = (0..2).filter(|column| !row.cell(*column).is_empty());
                    assert!(filled.into_iter().eq(expected));
                    let has_parameter = (0..2).any(|column| row.cell(column).starts_with('$'));
                    assert_eq!(row.has_parameter(), has_parameter);
                    rows.push((row.cell(0).to_owned(), row.cell(1).to_owned()));
                }
                NextRow::End => return (rows, true),
                NextRow::NeedsFullRead => return (rows, false),
            }
        }
    }

    /// The result of [`read`] for a text without quotes, computed with methods of `str`.
    fn model(bytes: &[u8]) -> (Vec<(String, String)>, bool) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
        };
        let is_text = text.len() == bytes.len();
        let whole = if is_text { text.len() } else { text.rfind('\n').map_or(0, |last| last + 1) };
        let mut rows = Vec::new();
        for line in text[..whole].split_inclusive('\n') {
            let line = line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l));
            match line.split(',').map(str::trim).collect::<Vec<_>>()[..] {
                _ if line.is_empty() => {}
                _ if line.contains('\r') => return (rows, false),
                [a, b] => rows.push((a.to_owned(), b.to_owned())),
                _ => return (rows, false),
            }
        }
        (rows, is_text)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_size_of_blocks_does_not_change_the_rows(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "x", ",", "y,z", "$v,", "%", "\n", "\r\n", "\r", " ", "é", "0123456789",
                    "a-,-b\n", "+-1,", "*", "\"q,\"", "\"",
                ]),
                0..40,
            ),
            bad in prop::option::of(0_usize..60),
            block in 1_u64..9,
        ) {
            let mut bytes = b"a,b\n".to_vec();
            bytes.extend(pieces.concat().as_bytes());
            if let Some(bad) = bad.filter(|bad| (4..bytes.len()).contains(bad)) {
                bytes[bad] = 0xff;
            }
            let (rows, is_whole) = read(block, &bytes);
            prop_assert_eq!(&(rows.clone(), is_whole), &read(BLOCK, &bytes));
            if !bytes.contains(&b'"') {
                prop_assert_eq!((rows, is_whole), model(&bytes[4..]));
            }
        }

        // Many lines of a few windows each, most of them plain and with two cells.
        #[test]
        fn lines_across_windows_are_read_as_in_small_blocks(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "x,y\n", ",\n", "0123456789,\n", ",a-b-c\n", "web-*,i-(1)+2\n", "\n", "a,b\r\n",
                    "x,$y\n", "é,\n", "\"a,b\",c\n", " x , y \n", "\u{7f},z\n",
                    "a name that is longer than a window of the table by some of its bytes,x\n",
                    "a-name-that-is-longer-than-a-window-of-the-table-by-some-of-its-bytes,x\n",
                    "x\n", "x,y,z\n",
                ]),
                0..60,
            ),
            plain in 0_usize..60,
            end in prop::sample::select(vec!["", "x,y", "x,y\r", ","]),
        ) {
            let mut bytes = b"a,b\n".to_vec();
            for (number, line) in lines.iter().enumerate() {
                // The first lines are some that every reader splits.
                bytes.extend(if number < plain { b"x-1,y\n" } else { line.as_bytes() });
            }
            bytes.extend(end.as_bytes());
            let rows = read(1, &bytes);
            prop_assert_eq!(&rows, &read(BLOCK, &bytes));
            prop_assert_eq!(&rows, &read(100, &bytes));
        }
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_table_has_columns() {
        let header = |columns: usize| {
            let names: Vec<String> = (1..columns).map(|number| format!("x-{number}")).collect();
            format!("a,{}\n", names.join(","))
        };
        let open = |text: &str| CsvStream::open(&stream(text.as_bytes()), &["a"], &["a"]).unwrap();
        assert!(open(&header(MOST_COLUMNS + 1)).is_none());
        for cells in 1..=3 * MOST_COLUMNS {
            // The second row is not the last of its block, so it is split as a plain line.
            let commas = ",".repeat(cells - 1);
            let whole = ",".repeat(MOST_COLUMNS - 1);
            let text = format!("{}x{whole}\ny{commas}\nz{whole}\n", header(MOST_COLUMNS));
            let mut lines = open(&text).unwrap();
            assert!(matches!(lines.advance(), Ok(NextRow::Row)));
            assert_eq!(lines.row().cell(0), "x");
            let is_row = matches!(lines.advance(), Ok(NextRow::Row));
            assert_eq!(is_row, cells == MOST_COLUMNS, "{cells} cells");
        }
    }

    #[test]
    fn a_line_that_is_too_long_needs_a_full_read() {
        let mut bytes = b"a,b\nx,y\nx,".to_vec();
        bytes.resize(3 * LONGEST_ROW, b'x');
        assert_eq!(read(BLOCK, &bytes), (vec![("x".into(), "y".into())], false));
    }
}
