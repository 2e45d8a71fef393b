//! CSV as rows of nodes: the columns are the YAML keys, so one reader serves both.

use csv::{ByteRecord, Position, ReaderBuilder};

use super::node::{Entry, Node, Style, Value};
use super::place::{FileId, Place, Sources, Spanned};
use super::problem::{Code, Problem, Problems};

/// The rows of a CSV file, each as a mapping from column to cell.
///
/// An empty cell is left out: it means the default.
pub struct Rows<'s> {
    reader: csv::Reader<&'s [u8]>,
    columns: Vec<Spanned<Box<str>>>,
    record: ByteRecord,
    file: FileId,
    text: &'s str,
    broken: bool,
}

/// Reads the header of a CSV file; its columns must be among `known`.
pub fn rows<'s>(
    sources: &'s Sources,
    file: FileId,
    known: &[&str],
    problems: &mut Problems,
) -> Option<Rows<'s>> {
    let text = sources.text(file);
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let header = match reader.byte_headers() {
        Ok(header) if !header.is_empty() => header.clone(),
        Ok(_) => {
            let title = "the file is empty; a CSV file begins with a line of column names";
            problems.add(Problem::at(Code::Syntax, sources.whole(file), title, ""));
            return None;
        }
        Err(error) => {
            problems.add(broken(file, &error, text));
            return None;
        }
    };
    let mut columns: Vec<Spanned<Box<str>>> = Vec::with_capacity(header.len());
    let mut good = true;
    for (cell, place) in header.iter().zip(places(file, text, 0, &header)) {
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        if let Some(first) = columns.iter().find(|column| *column.value == *name) {
            let title = format!("the column `{name}` appears twice");
            problems
                .add(Problem::at(Code::Twice, place, title, "second").and_at(first.place, "first"));
            good = false;
        } else if !known.contains(&name.as_str()) && !name.starts_with("x-") {
            let close = super::closest(&name, known.iter().copied());
            let problem = Problem::at(
                Code::UnknownKey,
                place,
                format!("unknown column `{name}`"),
                "not a column here",
            );
            let problem = problem.did_you_mean(&close);
            problems.add(problem.note(format!("columns allowed here: {}", known.join(", "))));
            good = false;
        }
        columns.push(Spanned::new(name.into(), place));
    }
    let record = ByteRecord::new();
    good.then_some(Rows { reader, columns, record, file, text, broken: false })
}

impl Rows<'_> {
    /// The next row, or the problem that ends the reading.
    pub fn next_row(&mut self, problems: &mut Problems) -> Option<Node> {
        if self.broken {
            return None;
        }
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.node()),
            Err(error) => {
                problems.add(broken(self.file, &error, self.text));
                self.broken = true;
                None
            }
        }
    }

    fn node(&self) -> Node {
        let start = self.record.position().map_or(0, Position::byte);
        let start = usize::try_from(start).unwrap_or(0);
        let places = places(self.file, self.text, start, &self.record);
        let row = places.first().copied().zip(places.last().copied());
        let mut entries = Vec::with_capacity(self.columns.len());
        for ((column, cell), place) in self.columns.iter().zip(&self.record).zip(&places) {
            let text = String::from_utf8_lossy(cell);
            if !text.trim().is_empty() && !column.starts_with("x-") {
                let value = Value::Scalar(text.trim().into(), Style::Cell);
                let node = Node { value, place: *place };
                entries
                    .push(Entry { key: Spanned::new(column.value.clone(), *place), value: node });
            }
        }
        let place = row.map_or(Place { file: self.file, start: 0, end: 0 }, |(a, b)| a.to(b));
        Node { value: Value::Map(entries), place }
    }
}

/// Where the cells of a row stand: counted along while no cell was quoted, else the whole row.
fn places(file: FileId, text: &str, start: usize, record: &ByteRecord) -> Vec<Place> {
    let bytes = text.as_bytes();
    let start = start + bytes[start..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let quoted = bytes[start..line_end].contains(&b'"');
    let mut at = start;
    let place = |start: usize, end: usize| Place {
        file,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    };
    record
        .iter()
        .map(|cell| {
            if quoted {
                return place(start, line_end);
            }
            let here = place(at, at + cell.len());
            at += cell.len() + 1;
            here
        })
        .collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
fn broken(file: FileId, error: &csv::Error, text: &str) -> Problem {
    let start = error.position().map_or(0, Position::byte);
    let start = usize::try_from(start).unwrap_or(0).min(text.len());
    let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| start + n);
    let place = Place {
        file,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    };
    let title = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this row has {len} cells, and the header has {expected_len}")
        }
        _ => format!("this is not CSV: {error}"),
    };
    Problem::at(Code::Syntax, place, title, "reading stopped here")
}
