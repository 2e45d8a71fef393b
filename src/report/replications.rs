//! `replications.csv`: the results of each replication, written and read.

use std::io::{self, Read, Write};

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{REPLICATION_COLUMNS, REPLICATIONS};
use super::csv::rows::{self, NO_CASE};
use super::csv::tables::{BufferedCsv, Rows, begin_with};
use crate::diagnostics::is_unseen;
use crate::experiment::{Observed, Replications, Stopped};
use crate::money::{Currency, Money};
use crate::words::{Metric, SHARE, Trigger, Unit, Word};

/// Index of the first metric among the columns.
const FIRST: usize = 6;

/// Index of the trigger of the first loss, after which one column for each trigger follows.
const FIRST_TRIGGER: usize = FIRST + Metric::COUNT;

/// Index of the currency, after which the first loss of anything and the certain shares follow.
const CURRENCY: usize = FIRST_TRIGGER + 1 + Trigger::ALL.len();

const _: () = assert!(
    REPLICATION_COLUMNS == CURRENCY + 4,
    "`REPLICATIONS` needs a column for each metric and for each trigger"
);

/// Number of columns before those of the counts that scenarios define.
const FIXED: usize = REPLICATION_COLUMNS;

/// The names of the counts of several runs, each once, in the order of their columns.
pub fn count_names<'n>(runs: impl IntoIterator<Item = &'n [String]>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in runs.into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Writes the table and returns the number of its rows.
///
/// # Errors
/// If writing fails.
pub fn replications_csv(all: &[&Replications], out: impl Write) -> io::Result<u64> {
    let names = count_names(all.iter().map(|run| run.counts.as_slice()));
    let mut table = ReplicationsCsv::new(out, names)?;
    for run in all {
        for one in &run.rows {
            table.row(&RunNames::of(run), &run.counts, one)?;
        }
    }
    table.finish()
}

/// The values that are equal in all rows of a run.
#[derive(Debug, Clone, Copy)]
pub struct RunNames<'r> {
    /// Name of the scenario.
    pub scenario: &'r str,
    /// Name of the case; empty if the scenario has no cases.
    pub case: &'r str,
    /// Names of the policies in use, joined by `;`.
    pub policy: &'r str,
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
}

impl<'r> RunNames<'r> {
    fn of(run: &'r Replications) -> Self {
        let Replications { scenario, case, policy, currency, .. } = run;
        Self { scenario, case, policy, currency: *currency }
    }
}

/// The table, written row by row.
pub struct ReplicationsCsv<W: Write> {
    encoder: FieldEncoder,
    table: BufferedCsv<W>,
    /// The names of the counts that have columns.
    names: Vec<String>,
    rows: u64,
}

impl<W: Write> ReplicationsCsv<W> {
    /// Writes the header, with a column for each of these counts.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(out: W, names: Vec<String>) -> io::Result<Self> {
        let mut encoder = FieldEncoder::default();
        let table = begin_with(out, &REPLICATIONS, &names, &mut encoder)?;
        Ok(Self { encoder, table, names, rows: 0 })
    }

    /// Writes a replication; `counts` are the names of its counts.
    ///
    /// # Errors
    /// If writing fails.
    pub fn row(&mut self, of: &RunNames<'_>, counts: &[String], one: &Observed) -> io::Result<()> {
        self.rows += 1;
        let mut cells = Vec::with_capacity(FIXED + self.names.len());
        cells.extend(row(of, one));
        cells.extend(self.names.iter().map(|name| {
            let index = counts.iter().position(|count| count == name);
            let count = index.and_then(|index| one.counts.get(index));
            count.map_or(Cell::EMPTY, |count| Cell::Signed(*count))
        }));
        self.table.row(&mut self.encoder, &cells)
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

fn row<'r>(of: &'r RunNames<'r>, one: &'r Observed) -> [Cell<'r>; REPLICATION_COLUMNS] {
    let mut cells = [Cell::EMPTY; REPLICATION_COLUMNS];
    cells[..FIRST].copy_from_slice(&[
        Cell::Text(of.scenario),
        rows::case(of.case),
        Cell::Text(of.policy),
        Cell::Number(one.replication),
        Cell::Number(one.events),
        Cell::word(one.stop),
    ]);
    for (metric, value) in Metric::ALL.iter().zip(one.values) {
        let cell = &mut cells[FIRST + usize::from(metric.index())];
        *cell = match (value, metric.unit()) {
            (None, _) => Cell::EMPTY,
            (Some(value), Unit::Money) => Cell::Money(Money::from_millionths(value)),
            (Some(value), _) => Cell::Signed(value),
        };
    }
    cells[FIRST_TRIGGER] = one.first_trigger.map_or(Cell::EMPTY, Cell::word);
    if one.stop.is_complete() {
        for (cell, count) in cells[FIRST_TRIGGER + 1..CURRENCY].iter_mut().zip(one.released_by) {
            *cell = Cell::Signed(count);
        }
    }
    cells[CURRENCY] = Cell::text(of.currency.as_ref().map(Currency::code));
    if let Some((seconds, trigger)) = one.first_of_any {
        cells[CURRENCY + 1] = Cell::Signed(seconds);
        cells[CURRENCY + 2] = Cell::word(trigger);
    }
    cells[CURRENCY + 3] = Cell::Names(&one.certain_shares);
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
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
    /// Names of the counts that the scenario defines; empty if the replication is incomplete.
    pub counts: Vec<String>,
    /// The replication.
    pub one: Observed,
    /// The line on which the row begins, from 1.
    pub line: u64,
}

impl ReplicationRow {
    /// The replication with its counts in the order of these names; `None` if it has others. An
    /// incomplete replication has no counts.
    pub fn in_order_of(&self, names: &[String]) -> Option<Observed> {
        if !self.one.stop.is_complete() || self.counts == names {
            return Some(self.one.clone());
        }
        let at = |name| self.counts.iter().position(|count| count == name);
        let counts = names.iter().map(|name| self.one.counts.get(at(name)?).copied());
        let counts: Vec<i64> = counts.collect::<Option<_>>()?;
        (counts.len() == self.counts.len()).then(|| Observed { counts, ..self.one.clone() })
    }
}

/// The rows of a table, one by one.
pub struct ReplicationRows<R: Read> {
    reader: ::csv::Reader<R>,
    /// The names of the counts that have columns.
    names: Vec<String>,
    record: ::csv::StringRecord,
}

impl<R: Read> ReplicationRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// If it cannot be read or has other columns.
    pub fn new(from: R) -> Result<Self, String> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(true).from_reader(from);
        let fixed = REPLICATIONS.columns.iter().map(|column| column.name);
        let header = reader.headers().map_err(|error| error.to_string())?;
        let prefix = REPLICATIONS.further.map_or("", |further| further.name);
        let names = header.iter().skip(FIXED).map(|column| column.strip_prefix(prefix));
        let names: Option<Vec<String>> = names.map(|name| name.map(str::to_owned)).collect();
        match names {
            Some(names) if header.iter().take(FIXED).eq(fixed) => {
                Ok(Self { reader, names, record: ::csv::StringRecord::new() })
            }
            _ => Err("the columns are not those of `replications.csv`".to_owned()),
        }
    }

    /// The reader of the table.
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
        if cells.iter().any(|cell| cell.contains(is_unseen)) {
            return Some(Err(format!("line {line} contains invisible characters")));
        }
        let Some((one, counts, currency)) = read_row(&cells, &self.names) else {
            return Some(Err(format!("line {line} is not valid")));
        };
        let case = if cells[1] == NO_CASE { "" } else { cells[1] };
        let [scenario, case, policy] = [cells[0], case, cells[2]].map(str::to_owned);
        Some(Ok(ReplicationRow { scenario, case, policy, currency, counts, one, line }))
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
        let ReplicationRow { scenario, case, policy, currency, counts, one, line } = row?;
        let known = all.iter().rposition(|run| run.scenario == scenario && run.case == case);
        let index = known.unwrap_or_else(|| {
            let (counts, rows) = (Vec::new(), Vec::new());
            all.push(Replications { scenario, case, policy, currency, counts, rows });
            all.len() - 1
        });
        let run = &mut all[index];
        if !one.stop.is_complete() {
            // An incomplete replication has no counts to compare.
        } else if completed.insert(index) {
            run.counts = counts;
        } else if run.counts != counts {
            return Err(format!("line {line} has other counts than the lines before"));
        }
        run.rows.push(one);
    }
    Ok(all)
}

type ReadRow = (Observed, Vec<String>, Option<Currency>);

fn read_row(cells: &[&str], count_names: &[String]) -> Option<ReadRow> {
    let number = |cell: &str| -> Option<Option<i64>> {
        if cell.is_empty() { Some(None) } else { cell.parse().ok().map(Some) }
    };
    let word = |cell: &str| -> Option<Option<Trigger>> {
        if cell.is_empty() { Some(None) } else { Trigger::spelled(cell).map(Some) }
    };
    let mut values = [None; Metric::COUNT];
    for metric in Metric::ALL {
        let index = usize::from(metric.index());
        let cell = *cells.get(FIRST + index)?;
        values[index] = if metric.unit() == Unit::Money && !cell.is_empty() {
            Some(Money::parse_sum(cell).ok()?.millionths())
        } else {
            number(cell)?
        };
    }
    let first_trigger = word(cells[FIRST_TRIGGER])?;
    let mut released_by = [0; Trigger::ALL.len()];
    for (count, cell) in released_by.iter_mut().zip(&cells[FIRST_TRIGGER + 1..CURRENCY]) {
        *count = number(cell)?.unwrap_or(0);
    }
    let currency = match cells[CURRENCY] {
        "" => None,
        code => Some(Currency::parse(code)?),
    };
    let first_of_any = number(cells[CURRENCY + 1])?.zip(word(cells[CURRENCY + 2])?);
    let (mut names, mut counts) = (Vec::new(), Vec::new());
    for (name, cell) in count_names.iter().zip(&cells[FIXED..]) {
        if let Some(count) = number(cell)? {
            names.push(name.clone());
            counts.push(count);
        }
    }
    let certain_shares = read_shares(cells[CURRENCY + 3], count_names)?;
    let one = Observed {
        replication: cells[3].parse().ok()?,
        events: cells[4].parse().ok()?,
        stop: Stopped::spelled(cells[5])?,
        values,
        released_by,
        first_trigger,
        first_of_any,
        counts,
        certain_shares,
    };
    // A complete replication has a value for every metric that is not optional.
    let mut metrics = Metric::ALL.iter().zip(&values);
    let whole = metrics.all(|(metric, value)| metric.is_optional() || value.is_some());
    let whole = whole && one.certain_shares.is_empty();
    (whole || !one.stop.is_complete()).then_some((one, names, currency))
}

/// The shares that a cell names; `None` if one of them is none of a metric or of these counts.
fn read_shares(cell: &str, count_names: &[String]) -> Option<Vec<String>> {
    let is_share = |name: &str| {
        Metric::spelled(name).is_some_and(Metric::has_share)
            || count_names.iter().any(|count| count == name)
    };
    let shares = cell.split(';').filter(|share| !share.is_empty());
    let known = |share: &str| share.strip_prefix(SHARE).filter(|name| is_share(name)).map(|_| ());
    shares.map(|share| known(share).map(|()| share.to_owned())).collect()
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
            values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11_500_000, 1, 0, 2]
                .map(|v| (v != 7 && v != 9 || first).then_some(v)),
            released_by: [2; Trigger::ALL.len()],
            first_trigger: first.then_some(Trigger::Expiry),
            first_of_any: first.then_some((5, Trigger::Manual)),
            counts: vec![3, 0],
            certain_shares: Vec::new(),
        };
        let none = Observed {
            stop: Stopped::Undecided,
            values: [None; Metric::COUNT],
            released_by: [0; Trigger::ALL.len()],
            first_trigger: None,
            first_of_any: None,
            counts: Vec::new(),
            certain_shares: vec!["any-released".into(), "any-web".into()],
            ..row(2, true)
        };
        let run = Replications {
            scenario: "a, b".into(),
            case: "\"c\"".into(),
            policy: "p;q".into(),
            currency: Currency::parse("EUR"),
            counts: vec!["web".into(), "a, \"db\"".into()],
            rows: vec![row(0, true), row(1, false), none],
        };
        let mut out = Vec::new();
        let other = Replications {
            scenario: "other".into(),
            currency: None,
            counts: vec!["cache".into(), "web".into()],
            rows: vec![row(0, true)],
            ..run.clone()
        };
        assert_eq!(replications_csv(&[&run, &other], &mut out).unwrap(), 4);
        let text = String::from_utf8(out).unwrap();
        let head = text.lines().next().unwrap();
        assert!(head.ends_with(",count_web,\"count_a, \"\"db\"\"\",count_cache"), "{head}");
        assert!(text.contains(",11.5,0.000001,0,2,expiry,"), "{text}");
        let read = read_replications(&text).unwrap();
        assert_eq!(read[0], run);
        // The columns have one order for all scenarios.
        assert_eq!(read[1].counts, ["web", "cache"]);
        let rows: Result<Vec<ReplicationRow>, String> =
            ReplicationRows::new(text.as_bytes()).unwrap().collect();
        let last = rows.unwrap().pop().unwrap();
        assert_eq!(last.in_order_of(&other.counts).as_ref(), Some(&other.rows[0]));
        assert_eq!(last.in_order_of(&run.counts), None);
        for (from, to, reported) in [
            (",horizon,", ",maybe,", "line 2 is not valid"),
            (",7,horizon,0,", ",7,horizon,,", "line 2 is not valid"),
            (",manual,,3,0,\n", ",manual,,3,,\n", "line 3 has other counts"),
            (",any-released;", ",any-held;", "line 4 is not valid"),
            (",manual,,3,0,\n", ",manual,any-released,3,0,\n", "line 2 is not valid"),
            (",count_web,", ",web,", "the columns are not"),
            ("scenario,", "story,", "the columns are not"),
        ] {
            let broken = text.replacen(from, to, 1);
            let why = read_replications(&broken).unwrap_err();
            assert!(why.contains(reported), "{why}");
        }
    }
}
