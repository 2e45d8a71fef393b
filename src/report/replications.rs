//! `replications.csv`: the results of each replication, written and read.

use std::io::{self, Read, Write};

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{REPLICATION_COLUMNS, REPLICATIONS};
use super::csv::rows::{self, NO_CASE};
use super::csv::tables::{BufferedCsv, Rows, begin};
use crate::experiment::{Observed, Replications, Stopped};
use crate::words::{Metric, Trigger, Word};

/// Index of the first metric among the columns.
const FIRST: usize = 6;

/// Index of the trigger of the first loss, after which one column for each trigger follows.
const FIRST_TRIGGER: usize = FIRST + Metric::COUNT;

/// Index of the counts that the scenario defines.
const COUNTS: usize = FIRST_TRIGGER + 1 + Trigger::ALL.len();

/// Writes the table and returns the number of its rows.
///
/// # Errors
/// If writing fails.
pub fn replications_csv(all: &[&Replications], out: impl Write) -> io::Result<u64> {
    let mut table = ReplicationsCsv::new(out)?;
    for run in all {
        for one in &run.rows {
            table.row([&run.scenario, &run.case, &run.policy], &run.counts, one)?;
        }
    }
    table.finish()
}

/// The table, written row by row.
pub struct ReplicationsCsv<W: Write> {
    encoder: FieldEncoder,
    table: BufferedCsv<W>,
    rows: u64,
}

impl<W: Write> ReplicationsCsv<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(out: W) -> io::Result<Self> {
        let mut encoder = FieldEncoder::default();
        let table = begin(out, &REPLICATIONS, &mut encoder)?;
        Ok(Self { encoder, table, rows: 0 })
    }

    /// Writes a replication of the scenario, the case and the policies of these names.
    ///
    /// # Errors
    /// If writing fails.
    pub fn row(&mut self, of: [&str; 3], counts: &[String], one: &Observed) -> io::Result<()> {
        self.rows += 1;
        self.table.row(&mut self.encoder, &row(of, counts, one))
    }

    /// Writes all buffered rows and returns the number of rows.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<u64> {
        self.table.flush()?;
        Ok(self.rows)
    }
}

fn row<'r>(
    [scenario, case, policy]: [&'r str; 3],
    counts: &'r [String],
    one: &'r Observed,
) -> [Cell<'r>; REPLICATION_COLUMNS] {
    let mut cells = [Cell::EMPTY; REPLICATION_COLUMNS];
    cells[..FIRST].copy_from_slice(&[
        Cell::Text(scenario),
        rows::case(case),
        Cell::Text(policy),
        Cell::Number(one.replication),
        Cell::Number(one.events),
        Cell::word(one.stop),
    ]);
    for (cell, value) in cells[FIRST..FIRST_TRIGGER].iter_mut().zip(one.values) {
        *cell = value.map_or(Cell::EMPTY, Cell::Signed);
    }
    cells[FIRST_TRIGGER] = one.first_trigger.map_or(Cell::EMPTY, Cell::word);
    if one.stop.is_complete() {
        for (cell, count) in cells[FIRST_TRIGGER + 1..COUNTS].iter_mut().zip(one.released_by) {
            *cell = Cell::Signed(count);
        }
    }
    cells[COUNTS] = Cell::Counts(counts, &one.counts);
    cells
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationRow {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// Names of the policies in use, joined by `;`.
    pub policy: String,
    /// Names of the counts that the scenario defines; empty if the replication is incomplete.
    pub counts: Vec<String>,
    /// The replication.
    pub one: Observed,
    /// The line on which the row begins, from 1.
    pub line: u64,
}

/// The rows of a table, one by one.
pub struct ReplicationRows<R: Read> {
    reader: ::csv::Reader<R>,
    record: ::csv::StringRecord,
}

impl<R: Read> ReplicationRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// If it cannot be read or has other columns.
    pub fn new(from: R) -> Result<Self, String> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(true).from_reader(from);
        let names = REPLICATIONS.columns.iter().map(|column| column.name);
        let header = reader.headers().map_err(|error| error.to_string())?;
        if header.iter().ne(names) {
            return Err("the columns are not those of `replications.csv`".to_owned());
        }
        Ok(Self { reader, record: ::csv::StringRecord::new() })
    }

    /// What the rows are read from.
    pub fn into_inner(self) -> R {
        self.reader.into_inner()
    }
}

impl<R: Read> Iterator for ReplicationRows<R> {
    type Item = Result<ReplicationRow, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error.to_string())),
        }
        let line = self.record.position().map_or(0, ::csv::Position::line);
        let cells: Vec<&str> = self.record.iter().collect();
        let Some((one, counts)) = read_row(&cells) else {
            return Some(Err(format!("line {line} is not valid")));
        };
        let case = if cells[1] == NO_CASE { "" } else { cells[1] };
        let [scenario, case, policy] = [cells[0], case, cells[2]].map(str::to_owned);
        Some(Ok(ReplicationRow { scenario, case, policy, counts, one, line }))
    }
}

/// Reads the table.
///
/// # Errors
/// If the columns are different ones, or at the first row that is not valid.
pub fn read_replications(text: &str) -> Result<Vec<Replications>, String> {
    let mut all: Vec<Replications> = Vec::new();
    let mut completed = std::collections::BTreeSet::new();
    for row in ReplicationRows::new(text.as_bytes())? {
        let ReplicationRow { scenario, case, policy, counts, one, line } = row?;
        let known = all.iter().rposition(|run| run.scenario == scenario && run.case == case);
        let index = known.unwrap_or_else(|| {
            all.push(Replications { scenario, case, policy, counts: Vec::new(), rows: Vec::new() });
            all.len() - 1
        });
        let run = &mut all[index];
        if !one.stop.is_complete() {
            // An incomplete replication counts nothing.
        } else if completed.insert(index) {
            run.counts = counts;
        } else if run.counts != counts {
            return Err(format!("line {line} has other `counts` than the lines before"));
        }
        run.rows.push(one);
    }
    Ok(all)
}

fn read_row(cells: &[&str]) -> Option<(Observed, Vec<String>)> {
    let number = |cell: &&str| -> Option<Option<i64>> {
        if cell.is_empty() { Some(None) } else { cell.parse().ok().map(Some) }
    };
    let mut values = [None; Metric::COUNT];
    for (value, cell) in values.iter_mut().zip(&cells[FIRST..]) {
        *value = number(cell)?;
    }
    let first_trigger = match cells[FIRST_TRIGGER] {
        "" => None,
        word => Some(Trigger::spelled(word)?),
    };
    let mut released_by = [0; Trigger::ALL.len()];
    for (count, cell) in released_by.iter_mut().zip(&cells[FIRST_TRIGGER + 1..]) {
        *count = number(cell)?.unwrap_or(0);
    }
    let (mut names, mut counts) = (Vec::new(), Vec::new());
    for pair in cells[COUNTS].split(';').filter(|pair| !pair.is_empty()) {
        let (name, count) = pair.split_once('=')?;
        names.push(name.to_owned());
        counts.push(count.parse().ok()?);
    }
    let one = Observed {
        replication: cells[3].parse().ok()?,
        events: cells[4].parse().ok()?,
        stop: Stopped::spelled(cells[5])?,
        values,
        released_by,
        first_trigger,
        counts,
    };
    // A complete replication has a value for every metric that is not optional.
    let mut metrics = Metric::ALL.iter().zip(&values);
    let whole = metrics.all(|(metric, value)| metric.is_optional() || value.is_some());
    (whole || !one.stop.is_complete()).then_some((one, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_table_reads_back_as_the_same_rows() {
        let row = |replication, first| Observed {
            replication,
            events: 7,
            stop: Stopped::Horizon,
            values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
                .map(|v| (v != 7 && v != 9 || first).then_some(v)),
            released_by: [2; Trigger::ALL.len()],
            first_trigger: first.then_some(Trigger::Expiry),
            counts: vec![3, 0],
        };
        let none = Observed {
            stop: Stopped::Undecided,
            values: [None; Metric::COUNT],
            released_by: [0; Trigger::ALL.len()],
            first_trigger: None,
            counts: Vec::new(),
            ..row(2, true)
        };
        let run = Replications {
            scenario: "a, b".into(),
            case: "\"c\"".into(),
            policy: "p;q".into(),
            counts: vec!["web".into(), "db".into()],
            rows: vec![row(0, true), row(1, false), none],
        };
        let mut out = Vec::new();
        assert_eq!(replications_csv(&[&run], &mut out).unwrap(), 3);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(read_replications(&text).unwrap(), [run]);
        for (from, to, reported) in [
            (",horizon,", ",maybe,", "line 2 is not valid"),
            (",7,horizon,0,", ",7,horizon,,", "line 2 is not valid"),
            ("web=3", "other=3", "line 3 has other `counts`"),
            ("scenario,", "story,", "the columns are not"),
        ] {
            let broken = text.replacen(from, to, 1);
            let why = read_replications(&broken).unwrap_err();
            assert!(why.contains(reported), "{why}");
        }
    }
}
