//! CSV row by row from a reader, for tables of millions of rows.
//!
//! It understands what is plainly right and nothing else: one row a line, quotes around
//! whole cells only, as many cells as columns. Whatever is not, ends it with
//! [`Given::Unclear`]; then [`rows`](crate::format::rows) reads the file whole and reports what is
//! wrong, so that mistakes have one reader. What it gives is what that reader would give.
//!
//! It keeps the lines that it read at once. A row costs its letters once for each: found, checked,
//! hashed, split.

use std::io::{self, Read};
use std::mem;
use std::ops::Range;

use memchr::{memchr, memchr2};
use sha2::{Digest, Sha256};

use crate::diagnostics::Stream;
use crate::diagnostics::{Span, Spanned, in_hex};
use crate::format::{Entry, Node, Style, Value, canonical_key};

/// How much is read at once, in bytes.
const AT_ONCE: u64 = 1 << 18;

/// The longest row, in bytes, give or take what is read at once; a file without ends of lines
/// must not fill the memory.
const LONGEST_ROW: usize = 1 << 20;

/// What comes next in a table.
#[derive(Debug)]
pub enum Given {
    /// A row; it can be had with [`Lines::row`].
    Row,
    /// The end.
    End,
    /// Something that has to be read with more care.
    Unclear,
}

/// A table that is read row by row.
pub struct Lines {
    reader: Hashed,
    /// How much is read at once, in bytes.
    at_once: u64,
    columns: Vec<Box<str>>,
    /// Whether each column says something to us.
    heard: Vec<bool>,
    /// Whole lines, as many as were read at once.
    text: String,
    /// What was read of the line after them.
    rest: Vec<u8>,
    /// What comes after that.
    then: Then,
    /// Where the line that was taken last lies in the text.
    line: Range<usize>,
    /// Where the next begins.
    next: usize,
    /// Where each cell of the row begins and ends in its line, blanks around it left out.
    cells: Vec<(u32, u32)>,
    /// The cells that say something, by their columns.
    filled: Vec<u16>,
}

/// What comes after the lines that were read.
#[derive(Clone, Copy)]
enum Then {
    More,
    End,
    Unclear,
}

/// Passes on what it reads, and takes its digest.
struct Hashed {
    inner: Box<dyn Read + Send>,
    digest: Sha256,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}

/// A row, as it stands in a line.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    columns: &'r [Box<str>],
    line: &'r str,
    cells: &'r [(u32, u32)],
    filled: &'r [u16],
}

impl Lines {
    /// Begins to read a table, whose columns must be among `known` and have all of `required`.
    /// Nothing comes of a header that is not plainly right.
    ///
    /// # Errors
    /// Whatever keeps the file from being read.
    pub fn open(stream: &Stream, known: &[&str], required: &[&str]) -> io::Result<Option<Self>> {
        Self::reading(AT_ONCE, stream, known, required)
    }

    fn reading(
        at_once: u64,
        stream: &Stream,
        known: &[&str],
        required: &[&str],
    ) -> io::Result<Option<Self>> {
        let inner = after_mark((stream.open)()?)?;
        let mut lines = Self {
            reader: Hashed { inner, digest: Sha256::new() },
            at_once,
            columns: Vec::new(),
            heard: Vec::new(),
            text: String::new(),
            rest: Vec::new(),
            then: Then::More,
            line: 0..0,
            next: 0,
            cells: Vec::new(),
            filled: Vec::new(),
        };
        if !matches!(lines.next_line()?, Given::Row) {
            return Ok(None);
        }
        let mut columns: Vec<Box<str>> = Vec::new();
        for (start, end) in &lines.cells {
            let name = &lines.text[lines.line.clone()][*start as usize..*end as usize];
            let name = canonical_key(name, known);
            let unknown = !known.contains(&name) && !name.starts_with("x-");
            if unknown || columns.iter().any(|column| **column == *name) {
                return Ok(None);
            }
            columns.push(name.into());
        }
        let is_there = |name: &&str| columns.iter().any(|column| **column == **name);
        let whole = required.iter().all(is_there) && u16::try_from(columns.len()).is_ok();
        lines.heard = columns.iter().map(|column| !column.starts_with("x-")).collect();
        lines.columns = columns;
        Ok(whole.then_some(lines))
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| **column == *name)
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// Whatever keeps the file from being read.
    pub fn advance(&mut self) -> io::Result<Given> {
        let given = self.next_line()?;
        if matches!(given, Given::Row) && self.cells.len() != self.columns.len() {
            return Ok(Given::Unclear);
        }
        self.filled.clear();
        for (at, ((start, end), heard)) in (0_u16..).zip(self.cells.iter().zip(&self.heard)) {
            if *heard && start < end {
                self.filled.push(at);
            }
        }
        Ok(given)
    }

    /// The row that was taken last.
    pub fn row(&self) -> Row<'_> {
        let line = &self.text[self.line.clone()];
        Row { columns: &self.columns, line, cells: &self.cells, filled: &self.filled }
    }

    /// The SHA-256 of all that was read, in hexadecimal digits.
    pub fn digest(self) -> String {
        in_hex(self.reader.digest)
    }

    /// Takes the next line that is not empty, and splits it.
    fn next_line(&mut self) -> io::Result<Given> {
        loop {
            let left = &self.text.as_bytes()[self.next..];
            if left.is_empty() {
                match self.then {
                    Then::More => self.read_on()?,
                    Then::End => return Ok(Given::End),
                    Then::Unclear => return Ok(Given::Unclear),
                }
                continue;
            }
            let end = memchr(b'\n', left);
            let line = &left[..end.unwrap_or(left.len())];
            let line = line.strip_suffix(b"\r").filter(|_| end.is_some()).unwrap_or(line);
            self.line = self.next..self.next + line.len();
            self.next += end.map_or(left.len(), |end| end + 1);
            if !self.line.is_empty() {
                break;
            }
        }
        Ok(if self.split() || self.split_with_quotes() { Given::Row } else { Given::Unclear })
    }

    /// Reads on, to the end of a line at least. What is no text ends it.
    fn read_on(&mut self) -> io::Result<()> {
        let mut bytes = mem::take(&mut self.text).into_bytes();
        bytes.clear();
        bytes.append(&mut self.rest);
        self.next = 0;
        loop {
            let known = bytes.len();
            let read = self.reader.by_ref().take(self.at_once).read_to_end(&mut bytes)?;
            if let Some(last) = bytes[known..].iter().rposition(|byte| *byte == b'\n') {
                self.rest.extend(bytes.drain(known + last + 1..));
                break;
            }
            if read == 0 {
                self.then = Then::End;
                break;
            }
            if bytes.len() > LONGEST_ROW {
                self.then = Then::Unclear;
                return Ok(());
            }
        }
        self.text = String::from_utf8(bytes).unwrap_or_else(|no_text| {
            self.then = Then::Unclear;
            let valid = no_text.utf8_error().valid_up_to();
            let whole = no_text.as_bytes()[..valid].iter().rposition(|byte| *byte == b'\n');
            let mut bytes = no_text.into_bytes();
            bytes.truncate(whole.map_or(0, |last| last + 1));
            String::from_utf8(bytes).unwrap_or_default()
        });
        Ok(())
    }

    /// Finds the cells of a line without quotes; false if it has any, or a mark that ends a
    /// line elsewhere.
    fn split(&mut self) -> bool {
        let line = &self.text[self.line.clone()];
        if memchr2(b'"', b'\r', line.as_bytes()).is_some() {
            return false;
        }
        self.cells.clear();
        let (eights, last) = line.as_bytes().as_chunks::<8>();
        let mut rest = [0; 8];
        rest[..last.len()].copy_from_slice(last);
        let mut start = 0;
        for (number, eight) in eights.iter().chain([&rest]).enumerate() {
            let mut commas = matches_of(u64::from_le_bytes(*eight), b',');
            while commas != 0 {
                let end = number * 8 + commas.trailing_zeros() as usize / 8;
                self.cells.push(without_blanks(line, start, end));
                start = end + 1;
                commas &= commas - 1;
            }
        }
        self.cells.push(without_blanks(line, start, line.len()));
        true
    }

    /// Finds the cells of a line; false if it is not plainly right.
    fn split_with_quotes(&mut self) -> bool {
        self.cells.clear();
        let line = &self.text[self.line.clone()];
        let bytes = line.as_bytes();
        let mut start = 0;
        loop {
            let is_quoted = bytes.get(start) == Some(&b'"');
            let from = start + usize::from(is_quoted);
            let ends = if is_quoted { b'"' } else { b',' };
            let mut to = from;
            while to < bytes.len() && bytes[to] != ends {
                // A quote where none belongs, and what ends a line elsewhere.
                if bytes[to] == b'\r' || bytes[to] == b'"' {
                    return false;
                }
                to += 1;
            }
            if is_quoted && to == bytes.len() {
                return false;
            }
            let next = to + usize::from(is_quoted);
            self.cells.push(without_blanks(line, from, to));
            match bytes.get(next) {
                None => return true,
                Some(b',') => start = next + 1,
                Some(_) => return false,
            }
        }
    }
}

/// Where a byte stands among eight: the highest bit of each that is it.
///
/// After Anderson, Bit Twiddling Hacks, "Determine if a word has a zero byte": of the tests there
/// the one that marks those bytes and no others.
const fn matches_of(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const LOW: u64 = ONES * 127;
    let word = word ^ (ONES * byte as u64);
    !(((word & LOW) + LOW) | word | LOW)
}

/// Where a cell begins and ends without the blanks around it. Few have any.
fn without_blanks(line: &str, from: usize, to: usize) -> (u32, u32) {
    // A line is far shorter than this can count: see `LONGEST_ROW`.
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let bytes = &line.as_bytes()[from..to];
    let is_letter = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    if is_letter(bytes.first()) && is_letter(bytes.last()) {
        return (narrow(from), narrow(to));
    }
    let cell = line[from..to].trim_start();
    let begin = to - cell.len();
    (narrow(begin), narrow(begin + cell.trim_end().len()))
}

/// What follows the mark with which some editors begin a text.
fn after_mark(mut inner: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut first = Vec::new();
    inner.by_ref().take(3).read_to_end(&mut first)?;
    if first == "\u{feff}".as_bytes() {
        return Ok(inner);
    }
    Ok(Box::new(io::Cursor::new(first).chain(inner)))
}

impl<'r> Row<'r> {
    /// What stands in a column, without the blanks around it.
    pub fn cell(&self, column: usize) -> &'r str {
        let (start, end) = self.cells.get(column).copied().unwrap_or_default();
        &self.line[start as usize..end as usize]
    }

    /// The cells that say something, with their columns.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &'r str)> {
        let row = *self;
        self.filled.iter().map(move |at| (usize::from(*at), row.cell(usize::from(*at))))
    }

    /// The row as a mapping from column to cell, `without` one column, as the other reader
    /// gives it; its places are nowhere.
    pub fn node(&self, without: usize) -> Node {
        let span = Span::NOWHERE;
        let entry = |(column, cell): (usize, &str)| Entry {
            key: Spanned::new(self.columns[column].clone(), span),
            value: Node { value: Value::Scalar(cell.into(), Style::Cell), span },
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
    fn read(at_once: u64, bytes: &[u8]) -> (Vec<(String, String)>, bool) {
        let opened = Lines::reading(at_once, &stream(bytes), &["a", "b"], &["a"]).unwrap();
        let Some(mut lines) = opened else { return (Vec::new(), false) };
        let mut rows = Vec::new();
        loop {
            match lines.advance().unwrap() {
                Given::Row => {
                    let row = lines.row();
                    rows.push((row.cell(0).to_owned(), row.cell(1).to_owned()));
                }
                Given::End => return (rows, true),
                Given::Unclear => return (rows, false),
            }
        }
    }

    /// The same of a text without quotes, by the methods of texts.
    fn model(bytes: &[u8]) -> (Vec<(String, String)>, bool) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
        };
        let is_text = text.len() == bytes.len();
        let whole = if is_text { text.len() } else { text.rfind('\n').map_or(0, |at| at + 1) };
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
        fn it_does_not_matter_how_much_is_read_at_once(
            pieces in prop::collection::vec(
                prop::sample::select(vec!["x", ",", "y,z", "\n", "\r\n", "\r", " ", "é", "0123456789", "a-,-b\n"]),
                0..40,
            ),
            bad in prop::option::of(0_usize..60),
            at_once in 1_u64..9,
        ) {
            let mut bytes = b"a,b\n".to_vec();
            bytes.extend(pieces.concat().as_bytes());
            if let Some(bad) = bad.filter(|bad| (4..bytes.len()).contains(bad)) {
                bytes[bad] = 0xff;
            }
            let (rows, is_whole) = read(at_once, &bytes);
            prop_assert_eq!(&(rows.clone(), is_whole), &read(AT_ONCE, &bytes));
            prop_assert_eq!((rows, is_whole), model(&bytes[4..]));
        }
    }

    #[test]
    fn a_byte_is_found_among_eight_wherever_it_stands_and_whatever_stands_beside_it() {
        for byte in [b',', 0, 0x80, 0xff] {
            for other in 0..=u8::MAX {
                for mask in 0..=u8::MAX {
                    let eight: [u8; 8] =
                        std::array::from_fn(|at| if mask >> at & 1 == 1 { byte } else { other });
                    let expected = (0..8).filter(|at| eight[*at] == byte);
                    let expected = expected.fold(0_u64, |marks, at| marks | 0x80 << (at * 8));
                    assert_eq!(matches_of(u64::from_le_bytes(eight), byte), expected, "{eight:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        // All of it would be one more row.
        let mut bytes = b"a,b\nx,y\nx,".to_vec();
        bytes.resize(3 * LONGEST_ROW, b'x');
        assert_eq!(read(AT_ONCE, &bytes), (vec![("x".into(), "y".into())], false));
    }
}
