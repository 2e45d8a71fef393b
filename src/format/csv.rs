//! CSV as rows of nodes. The columns are the YAML keys, so that the same reader is used for both.

use csv::{ByteRecord, Position, ReaderBuilder};

use super::record::canonical_key;
use super::tree::{Entry, Node, Style, Value};
use super::yaml::hidden;
use crate::diagnostics::{Code, Problem, Problems, Suggestion, is_unseen};
use crate::diagnostics::{FileId, Sources, Span, Spanned};

/// The rows of a CSV file, each as a mapping from column to cell.
///
/// An empty cell is left out and means the default.
pub struct CsvRows<'s> {
    reader: csv::Reader<&'s [u8]>,
    columns: HeaderCells,
    record: ByteRecord,
    file: FileId,
    text: &'s str,
}

/// The columns of a table, in the order of its header.
pub type HeaderCells = Vec<Spanned<Box<str>>>;

/// The rows of a piece of a table that is not the first one: it has no header, and its columns are
/// given.
pub(super) fn rows_after(sources: &Sources, file: FileId, columns: HeaderCells) -> CsvRows<'_> {
    let text = sources.text(file);
    let reader =
        ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    CsvRows { reader, columns, record: ByteRecord::new(), file, text }
}

/// Reads the header of a CSV file. Its columns must be among `known`, and those in
/// `required` must be present. `None` if the header has a mistake, which is reported.
pub fn rows<'s>(
    sources: &'s Sources,
    file: FileId,
    known: &[&str],
    required: &[&str],
    problems: &mut Problems,
) -> Option<CsvRows<'s>> {
    let text = sources.text(file);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.byte_headers().ok().filter(|header| !header.is_empty()).cloned();
    let Some(header) = header else {
        let title = "the file is empty; a CSV file begins with a line of column names";
        let problem = Problem::at(Code::Syntax, sources.whole(file), title, "");
        problems.add(problem.help(format!("such as `{}`", required.join(","))));
        return None;
    };
    let is_known = |cell: &[u8]| {
        let name = String::from_utf8_lossy(cell);
        known.contains(&canonical_key(name.trim(), known))
    };
    if !header.iter().any(is_known) {
        // The file is of another kind, so its contents are not quoted.
        let title = format!("`{}` is not a table that can be read here", sources.path(file));
        let problem = Problem::bare(Code::BadFormat, title);
        let problem = problem.note("its first line contains none of the column names");
        let line = header.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
        let mut others = line.split([';', '\t', '|']).map(str::trim);
        problems.add(if others.any(|name| known.contains(&canonical_key(name, known))) {
            problem.help("separate the columns by commas, and the cells of each row as well")
        } else {
            problem.help(format!("the first line is such as `{}`", required.join(",")))
        });
        return None;
    }
    let end = text.find('\n').unwrap_or(text.len());
    let line = span(file, 0, end);
    let mut good = is_well_quoted(file, text, 0, end, problems);
    let mut columns: Vec<Spanned<Box<str>>> = Vec::with_capacity(header.len());
    for (cell, span) in header.iter().zip(spans(file, text, 0, &header)) {
        let name = String::from_utf8_lossy(cell);
        let name = canonical_key(name.trim(), known).to_owned();
        if let Some(first) = columns.iter().find(|column| *column.value == *name) {
            let title = format!("the column `{name}` appears twice");
            problems
                .add(Problem::at(Code::Twice, span, title, "second").and_at(first.span, "first"));
            good = false;
        } else if !known.contains(&name.as_str()) && !name.starts_with("x-") {
            problems.add(unknown_column(&name, span, known));
            good = false;
        }
        columns.push(Spanned::new(name.into(), span));
    }
    for name in required {
        // A header that could not be read has been reported.
        if good && columns.iter().all(|column| &*column.value != *name) {
            let title = format!("the file has no column `{name}`, and every row needs it");
            problems.add(Problem::at(Code::MissingKey, line, title, "not among these"));
            good = false;
        }
    }
    good.then_some(CsvRows { reader, columns, record: ByteRecord::new(), file, text })
}

fn unknown_column(name: &str, span: Span, known: &[&str]) -> Problem {
    if name.is_empty() {
        let problem = Problem::at(Code::UnknownKey, span, "a column has no name", "empty");
        return problem.help("remove the comma beside it, here and in each row, or write its name");
    }
    let title = format!("unknown column `{}`", name.escape_debug());
    let problem = Problem::at(Code::UnknownKey, span, title, "not a column here");
    let problem = problem
        .suggest(&Suggestion { write: "", ..Suggestion::of(name, None, known.iter().copied()) });
    let problem = match name.find([';', '\t', '|']) {
        Some(_) => problem.help("columns are separated by commas"),
        None => problem,
    };
    problem.note(format!("columns allowed here: {}", known.join(", ")))
}

impl CsvRows<'_> {
    /// The columns.
    pub(super) fn into_columns(self) -> HeaderCells {
        self.columns
    }

    /// The next valid row; invalid ones before it are reported.
    pub fn next_row(&mut self, problems: &mut Problems) -> Option<Node> {
        loop {
            let row = self.next_node(problems)?;
            let cells = row.entries().unwrap_or_default();
            let unseen = cells.iter().filter_map(|cell| {
                let unseen = cell.value.scalar()?.chars().find(|c| is_unseen(*c))?;
                Some(hidden(cell.value.span, unseen))
            });
            let reported: Vec<Problem> = unseen.collect();
            if reported.is_empty() {
                return Some(row);
            }
            reported.into_iter().for_each(|problem| problems.add(problem));
        }
    }

    /// The next row with as many cells as the header; others before it are reported.
    fn next_node(&mut self, problems: &mut Problems) -> Option<Node> {
        loop {
            // Byte records from memory have no errors, so `false` is the end of the text.
            if !self.reader.read_byte_record(&mut self.record).unwrap_or(false) {
                return None;
            }
            let start = self.record.position().map_or(0, Position::byte);
            let start = usize::try_from(start).unwrap_or(0);
            let end = usize::try_from(self.reader.position().byte()).unwrap_or(self.text.len());
            let start = start + self.blank_before(start);
            let end = start + self.text[start..end].trim_end_matches(['\n', '\r']).len();
            let quoted = self.text.as_bytes()[start..end].contains(&b'"');
            if quoted && !is_well_quoted(self.file, self.text, start, end, problems) {
                continue;
            }
            let (cells, columns) = (self.record.len(), self.columns.len());
            if cells != columns {
                let title = format!("this row has {cells} cells, and the header has {columns}");
                let span = span(self.file, start, end);
                let problem = Problem::at(Code::Syntax, span, title, "another number of cells");
                problems.add(problem.help("put text that contains a comma in double quotes"));
                continue;
            }
            return Some(self.node(start, end));
        }
    }

    /// Number of bytes of empty lines before a row, which the CSV reader skips.
    fn blank_before(&self, start: usize) -> usize {
        self.text[start..].len() - self.text[start..].trim_start_matches(['\n', '\r']).len()
    }

    fn node(&self, start: usize, end: usize) -> Node {
        let spans = spans(self.file, self.text, start, &self.record);
        let mut entries = Vec::with_capacity(self.columns.len());
        for ((column, cell), span) in self.columns.iter().zip(&self.record).zip(&spans) {
            let text = String::from_utf8_lossy(cell);
            if !text.trim().is_empty() && !column.starts_with("x-") {
                let value = Value::Scalar(text.trim().into(), Style::Cell);
                let node = Node { value, span: *span };
                let key = Spanned::new(column.value.clone(), *span);
                entries.push(Entry { key, value: node.into() });
            }
        }
        Node { value: Value::Map(entries), span: span(self.file, start, end) }
    }
}

/// The spans of the cells of a row; that of a cell in quotes has the quotes.
fn spans(file: FileId, text: &str, start: usize, record: &ByteRecord) -> Vec<Span> {
    let mut next = start;
    record
        .iter()
        .map(|_| {
            let (from, to) = (next, cell_end(text.as_bytes(), next));
            next = to + 1;
            span(file, from, to)
        })
        .collect()
}

/// The index after the cell that begins at an index. Quotes are as [`is_well_quoted`] checks them.
fn cell_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let mut quoted = rest.first() == Some(&b'"');
    let ends = |(index, byte): (usize, &u8)| {
        // The second quote of a pair inside a cell opens what the first one has closed.
        quoted ^= index > 0 && *byte == b'"' && rest.first() == Some(&b'"');
        !quoted && matches!(byte, b',' | b'\n' | b'\r')
    };
    start + rest.iter().enumerate().position(ends).unwrap_or(rest.len())
}

/// Whether the quotes of a row are as in RFC 4180: around whole cells, and doubled inside.
/// Otherwise a stray quote could make the rows after it part of one cell, without an error.
fn is_well_quoted(
    file: FileId,
    text: &str,
    start: usize,
    end: usize,
    problems: &mut Problems,
) -> bool {
    let bytes = &text.as_bytes()[..end];
    let mut index = start;
    let mut open = None;
    let mut at_cell_start = true;
    while index < end {
        match (open, bytes[index]) {
            (None, b'"') if at_cell_start => open = Some(index),
            (None, b'"') => {
                return stray_quote(file, index, "it opens in the middle of a cell", problems);
            }
            (None, b',') => at_cell_start = true,
            (None, _) => at_cell_start = false,
            (Some(_), b'"') => match bytes.get(index + 1) {
                Some(b'"') => index += 1,
                None | Some(b',' | b'\r' | b'\n') => (open, at_cell_start) = (None, false),
                Some(_) => {
                    return stray_quote(file, index, "it closes in the middle of a cell", problems);
                }
            },
            (Some(_), _) => {}
        }
        index += 1;
    }
    match open {
        Some(index) => stray_quote(file, index, "it is never closed", problems),
        None => true,
    }
}

fn stray_quote(file: FileId, index: usize, what: &str, problems: &mut Problems) -> bool {
    let span = span(file, index, index + 1);
    let problem = Problem::at(Code::Syntax, span, format!("unescaped quote: {what}"), "here");
    problems.add(problem.help("put the whole cell in quotes, and double the quotes in it"));
    false
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let narrow = |index| u32::try_from(index).unwrap_or(u32::MAX);
    Span { file, start: narrow(start), end: narrow(end) }
}
