//! Comparison of decisions: of two runs, or of a run and a stored run.
//!
//! Decisions are paired by scenario, case, replication, event, trigger, action and instance.
//! Several decisions with the same key are paired in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use indexmap::IndexSet;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use super::csv::cells::Cell;
use super::csv::columns::{DECISIONS, Kind};
use super::csv::rows::{self, NO_CASE};
use super::markdown;
use crate::diagnostics::{by_count, is_unseen, many};
use crate::policy::{Class, Direction};
use crate::record::Decision;
use crate::run_header::{RunHeader, run_name};
use crate::words::{Outcome, Word};

/// A row of `decisions.csv`: its cells in the order of the columns. They are one text, because
/// comparisons keep thousands of rows, and most of their forty cells are short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    text: String,
    /// The end of each cell in the text.
    ends: Vec<usize>,
}

/// The columns by which decisions of two runs are paired, first those that differ the most.
const KEY: [&str; 7] =
    ["instance", "event", "trigger", "action", "case", "scenario", "replication"];

/// The index of each column.
static INDICES: LazyLock<FxHashMap<&str, usize>> =
    LazyLock::new(|| DECISIONS.columns.iter().map(|column| column.name).zip(0..).collect());

/// The bytes that the text of a row needs, usually.
const USUAL_LENGTH: usize = 384;

impl DecisionRow {
    /// The row of a decision.
    pub fn new(decision: &Decision, header: &RunHeader) -> Self {
        Self::of(&rows::decision(decision, header), Cell::add_to)
    }

    /// The row of some cells, each of which `add` appends to a text.
    fn of<C>(cells: &[C], add: impl Fn(&C, &mut String)) -> Self {
        let text = String::with_capacity(USUAL_LENGTH);
        let mut row = Self { text, ends: Vec::with_capacity(cells.len()) };
        for cell in cells {
            add(cell, &mut row.text);
            row.ends.push(row.text.len());
        }
        row
    }

    /// The range of a cell in the text; `None` if there is no such cell.
    fn range(&self, index: usize) -> Option<Range<usize>> {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        Some(start?..*self.ends.get(index)?)
    }

    fn cell(&self, index: usize) -> Option<&str> {
        self.range(index).and_then(|range| self.text.get(range))
    }

    /// The cell of a column; empty if there is no column with this name, and for the case of a
    /// scenario without cases.
    pub fn get(&self, column: &str) -> &str {
        let index = INDICES.get(column);
        let text = index.and_then(|index| self.cell(*index)).unwrap_or_default();
        if column == "case" && text == NO_CASE { "" } else { text }
    }

    /// Replaces the text of a cell; does nothing if there is no column with this name.
    pub fn set(&mut self, column: &str, text: &str) {
        let Some(index) = INDICES.get(column).copied() else { return };
        let Some(range) = self.range(index) else { return };
        for end in self.ends.iter_mut().skip(index) {
            *end = *end - range.len() + text.len();
        }
        self.text.replace_range(range, text);
    }

    /// The text of a cell; for a list its items, sorted, because the order in which a policy lists
    /// protections and sources has no meaning.
    fn items(&self, column: &str) -> Vec<&str> {
        let known = INDICES.get(column).map(|index| DECISIONS.columns[*index]);
        if known.is_none_or(|known| known.kind != Kind::List) {
            return vec![self.get(column)];
        }
        let mut items: Vec<&str> = self.get(column).split(';').collect();
        items.sort_unstable();
        items
    }

    fn agrees(&self, other: &Self, columns: &[&str]) -> bool {
        let agrees = |column: &&str| {
            self.get(column) == other.get(column) || self.items(column) == other.items(column)
        };
        columns.iter().all(agrees)
    }

    /// Whether the instance had the same settings in both.
    pub(super) fn has_settings_of(&self, other: &Self) -> bool {
        self.agrees(
            other,
            &["protections_on", "protections_inert", "billing", "membership", "group"],
        )
    }

    /// Every cell, in the order of the columns.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.cell(index).unwrap_or_default())
    }

    fn key(&self) -> [&str; 7] {
        KEY.map(|column| self.get(column))
    }

    /// `SCENARIO` or `SCENARIO [CASE]`.
    pub fn run(&self) -> String {
        run_name(self.get("scenario"), self.get("case"))
    }

    pub(super) fn seconds(&self) -> i64 {
        self.get("elapsed_s").parse().unwrap_or(0)
    }

    /// Whether the action was carried out: the instance was released, stopped or left its group.
    fn went_ahead(&self) -> bool {
        let outcome = Outcome::spelled(self.get("outcome"));
        outcome.is_some_and(Outcome::went_ahead)
    }

    /// `OVERRIDDEN released (RP5, documented)`.
    fn summary(&self) -> String {
        let mut text = self.get("outcome").to_uppercase();
        let (effect, rule) = (self.get("effect"), self.get("rule"));
        if !matches!(effect, "none" | "") {
            text.push_str(&format!(" {effect}"));
        }
        let confidence = self.get("confidence");
        text.push_str(&match rule {
            "" => format!(" ({confidence})"),
            rule => format!(" ({rule}, {confidence})"),
        });
        text
    }
}

/// Reads a `decisions.csv`. Further columns are ignored.
///
/// # Errors
/// If a column is missing, or a line is not valid CSV; the message contains the line.
pub fn read_decisions(text: &str) -> Result<Vec<DecisionRow>, String> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let names: Vec<&str> = header.iter().collect();
    let mut indices = Vec::new();
    for column in DECISIONS.columns {
        match names.iter().position(|name| *name == column.name) {
            Some(index) => indices.push(index),
            None => return Err(format!("missing column `{}`", column.name)),
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        if record.iter().any(|cell| cell.contains(is_unseen)) {
            let line = record.position().map_or(0, ::csv::Position::line);
            return Err(format!("line {line} contains invisible characters"));
        }
        rows.push(DecisionRow::of(&indices, |index, text| {
            text.push_str(record.get(*index).unwrap_or_default());
        }));
    }
    Ok(rows)
}

/// A decision that differs between two runs, or occurs in only one of them.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The row of the first run; `None` if the decision occurs only in the second.
    pub old: Option<DecisionRow>,
    /// The row of the second run; `None` if the decision occurs only in the first.
    pub new: Option<DecisionRow>,
    /// The most important aspect in which the two differ.
    pub class: Class,
    /// Whether the change is better or worse for the owner.
    pub direction: Direction,
    /// Keys of the differences of the policies that caused the change; empty if none explains it,
    /// and for recorded runs.
    pub causes: Vec<String>,
}

impl Changed {
    /// The new row, or the old one if there is no new row.
    pub(super) fn row(&self) -> &DecisionRow {
        static EMPTY: DecisionRow = DecisionRow { text: String::new(), ends: Vec::new() };
        self.new.as_ref().or(self.old.as_ref()).unwrap_or(&EMPTY)
    }

    fn side(row: Option<&DecisionRow>) -> String {
        row.map_or_else(|| "did not happen".to_owned(), DecisionRow::summary)
    }

    /// Event, instance and trigger: `close-down · att-1 · scale-in`.
    pub fn what(&self) -> String {
        let row = self.row();
        format!("{} · {} · {}", row.get("event"), row.get("instance"), row.get("trigger"))
    }

    /// Before and after, each as the text of the aspect that differs.
    pub fn change(&self) -> [String; 2] {
        let [old, new] = [self.old.as_ref(), self.new.as_ref()];
        let column = match self.class {
            Class::Verdict | Class::Presence | Class::Setting | Class::Wording => None,
            Class::Timing => Some("at"),
            Class::Answer => Some("answer"),
            Class::Confidence => Some("confidence"),
            Class::Source => Some("source"),
            Class::Rule => Some("rule"),
        };
        let side = |row: Option<&DecisionRow>| match (column, row) {
            (Some("at"), Some(row)) => format!("{} at {}", row.summary(), row.get("at")),
            (Some(column), Some(row)) => {
                let cell = row.get(column);
                if cell.is_empty() { format!("no {column}") } else { cell.to_owned() }
            }
            (_, row) => Self::side(row),
        };
        [side(old), side(new)]
    }

    /// The stable key of the change, which a file of accepted changes contains.
    pub fn key(&self) -> String {
        let [old, new] = self.change();
        format!("{}{}: {old} -> {new}", self.subject(), self.class)
    }

    /// The prefix of the keys of all changes of this decision.
    fn subject(&self) -> String {
        format!("{DECISION}{}: {} ", self.row().run(), self.what())
    }
}

/// How many differ: `1 differs`, `2 differ`.
pub(super) fn differing(count: usize) -> String {
    format!("{count} {}", by_count(count, "differs", "differ"))
}

/// The prefix of the keys of changed decisions. No other key begins with it.
pub(super) const DECISION: &str = "decision ";

/// Finds the changes of decisions that the old policy already contains, by a search of runs under
/// it.
#[derive(Debug, Default)]
pub struct ChangesInOldRuns {
    /// Keys of the changes to search for.
    keys: BTreeSet<String>,
    /// Keys whose new side occurred in a run.
    made: BTreeSet<String>,
    /// Keys whose decision occurred in a run, with any result.
    present: BTreeSet<String>,
    /// Names of the runs that were searched.
    runs: BTreeSet<String>,
}

impl ChangesInOldRuns {
    /// A search for `keys`. Keys of other changes than those of decisions are ignored.
    pub fn new(keys: impl IntoIterator<Item = String>) -> Self {
        let keys = keys.into_iter().filter(|key| key.starts_with(DECISION)).collect();
        Self { keys, ..Self::default() }
    }

    /// Searches the decisions of one run.
    pub fn search(&mut self, name: &str, rows: &[DecisionRow]) {
        if self.keys.is_empty() {
            return;
        }
        self.runs.insert(name.to_owned());
        for row in rows {
            let (old, new, direction) = (None, Some(row.clone()), Direction::Neutral);
            let class = Class::Verdict;
            let mut one = Changed { old, new, class, direction, causes: Vec::new() };
            let subject = one.subject();
            let from_subject = self.keys.range(subject.clone()..);
            for key in from_subject.take_while(|key| key.starts_with(&subject)) {
                let Some((class, change)) = key[subject.len()..].split_once(": ") else { continue };
                let Some(class) = Class::spelled(class) else { continue };
                self.present.insert(key.clone());
                one.class = class;
                let [_, new] = one.change();
                if change.strip_suffix(&new).is_some_and(|rest| rest.ends_with("-> ")) {
                    self.made.insert(key.clone());
                }
            }
        }
    }

    /// Keys of the changes that the old policy already contains. For such a change, a run contains
    /// its new side; or the change removes a decision, and the run that was searched for this
    /// decision does not contain it.
    pub fn made(mut self) -> BTreeSet<String> {
        let gone = self.keys.iter().filter(|key| key.ends_with("-> did not happen"));
        // A key is `decision RUN: …`, and the name of a run may contain `: ` itself.
        let ran = |key: &&String| {
            let named = key.strip_prefix(DECISION).unwrap_or_default();
            named.match_indices(": ").any(|(end, _)| self.runs.contains(&named[..end]))
        };
        let gone: Vec<String> =
            gone.filter(|key| !self.present.contains(*key)).filter(ran).cloned().collect();
        self.made.extend(gone);
        self.made
    }
}

/// Every decision that differs: first in the order of the second run, then those that occur only
/// in the first run, in its order.
pub fn changed(old: &[DecisionRow], new: &[DecisionRow]) -> Vec<Changed> {
    let mut waiting: BTreeMap<[&str; 7], Vec<&DecisionRow>> = BTreeMap::new();
    for row in old.iter().rev() {
        waiting.entry(row.key()).or_default().push(row);
    }
    let mut list = Vec::new();
    for row in new {
        match waiting.get_mut(&row.key()).and_then(Vec::pop) {
            Some(before) => list.extend(difference(before, row)),
            None => list.push(Changed {
                old: None,
                new: Some(row.clone()),
                class: Class::Presence,
                direction: if row.went_ahead() { Direction::Worse } else { Direction::Neutral },
                causes: Vec::new(),
            }),
        }
    }
    // Decisions of the old run that were not paired, in their order.
    for row in old {
        let Some(left) = waiting.get_mut(&row.key()) else { continue };
        if left.last().is_some_and(|last| std::ptr::eq(*last, row)) {
            left.pop();
            let direction = if row.went_ahead() { Direction::Better } else { Direction::Neutral };
            let old = Some(row.clone());
            let (class, causes) = (Class::Presence, Vec::new());
            list.push(Changed { old, new: None, class, direction, causes });
        }
    }
    list
}

/// The difference of two paired decisions; `None` if they are equal.
fn difference(old: &DecisionRow, new: &DecisionRow) -> Option<Changed> {
    let same = |columns: &[&str]| old.agrees(new, columns);
    let class = if !same(&["outcome", "effect"]) {
        Class::Verdict
    } else if !same(&["at"]) {
        Class::Timing
    } else if !same(&["answer"]) {
        Class::Answer
    } else if !same(&["confidence"]) {
        Class::Confidence
    } else if !same(&["rule", "decided_by"]) {
        Class::Rule
    } else if !same(&["source"]) {
        Class::Source
    } else if !old.has_settings_of(new) {
        Class::Setting
    } else {
        return None;
    };
    let direction = match (old.went_ahead(), new.went_ahead()) {
        (false, true) => Direction::Worse,
        (true, false) => Direction::Better,
        (false, false) => Direction::Neutral,
        (true, true) => effects(old, new),
    };
    let (old, new, causes) = (Some(old.clone()), Some(new.clone()), Vec::new());
    Some(Changed { old, new, class, direction, causes })
}

/// A release is worse than a stop or leaving the group; of two equal effects, the earlier is worse.
fn effects(old: &DecisionRow, new: &DecisionRow) -> Direction {
    let lost = |row: &DecisionRow| row.get("effect") == "released";
    match (lost(old), lost(new)) {
        (false, true) => Direction::Worse,
        (true, false) => Direction::Better,
        (true, true) | (false, false) => match new.seconds().cmp(&old.seconds()) {
            std::cmp::Ordering::Less => Direction::Worse,
            std::cmp::Ordering::Greater => Direction::Better,
            std::cmp::Ordering::Equal => Direction::Neutral,
        },
    }
}

/// Whether the result differs, not only the rule, source or confidence behind it.
pub(super) const fn is_plain(class: Class) -> bool {
    matches!(class, Class::Verdict | Class::Timing | Class::Presence)
}

/// Run and instance of every change for the worse, each pair once.
pub(super) fn worse_off(list: &[Changed]) -> IndexSet<(String, String)> {
    let worse = list.iter().filter(|one| one.direction == Direction::Worse);
    worse.map(|one| (one.row().run(), one.row().get("instance").to_owned())).collect()
}

/// Changed decisions as a Markdown table with its heading.
pub fn changed_markdown(list: &[Changed], compared: usize) -> Vec<String> {
    let compared = many(compared, "decision");
    if list.is_empty() {
        return vec![format!("{compared} compared, no differences")];
    }
    let mut out = vec![format!("{compared} compared, {}", differing(list.len())), String::new()];
    out.push("| | run | decision | before | after |".into());
    out.push("|-|-|-|-|-|".into());
    for one in list {
        let [old, new] = one.change();
        let cells = [one.row().run(), one.what(), old, new].map(|text| markdown::cell(&text));
        out.push(format!("| {} | {} |", one.direction, cells.join(" | ")));
    }
    let worse = worse_off(list);
    if !worse.is_empty() {
        let names: Vec<String> = worse
            .iter()
            .map(|(run, name)| format!("{} ({})", markdown::text(name), markdown::text(run)))
            .collect();
        out.extend([
            String::new(),
            format!("**instances with a worse decision:** {}", names.join(", ")),
        ]);
    }
    out
}

/// Changed decisions as JSON.
pub fn changed_json<'c>(list: impl IntoIterator<Item = &'c Changed>) -> Json {
    let row = |row: &Option<DecisionRow>| {
        row.as_ref().map_or(Json::Null, |row| {
            let cells =
                DECISIONS.columns.iter().zip(row.cells()).filter(|(_, cell)| !cell.is_empty());
            let cells = cells.map(|(column, cell)| (column.name.to_owned(), json!(cell)));
            Json::Object(cells.collect::<Map<String, Json>>())
        })
    };
    let one = |one: &Changed| {
        json!({
            "key": one.key(),
            "class": one.class.word(),
            "direction": one.direction.word(),
            "causes": one.causes,
            "old": row(&one.old),
            "new": row(&one.new),
        })
    };
    list.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_worse_than_another_effect_at_any_time() {
        let row = |effect: &str, seconds: &str| {
            let cells = DECISIONS.columns.iter().map(|column| match column.name {
                "outcome" => "unprotected",
                "effect" => effect,
                "at" | "elapsed_s" => seconds,
                _ => "",
            });
            let cells: Vec<&str> = cells.collect();
            DecisionRow::of(&cells, |cell, text| text.push_str(cell))
        };
        for (old, new, direction) in [
            (("deallocated", "1"), ("released", "2"), Direction::Worse),
            (("released", "2"), ("deallocated", "1"), Direction::Better),
            (("released", "1"), ("released", "2"), Direction::Better),
            (("stopped", "2"), ("stopped", "1"), Direction::Worse),
        ] {
            let [before, after] = [old, new].map(|(effect, seconds)| row(effect, seconds));
            let found = difference(&before, &after).unwrap();
            assert_eq!(found.direction, direction, "{old:?} {new:?}");
        }
    }
}
