//! Comparison of the verdicts of protections and of all other tables.

use super::difference::{Class, Difference, Direction, Part, Statement};
use super::found::Found;
use super::grid::{Axes, CellAnswer, Conclusion, Grid, GridSubject};
use super::pair::{Pair, keys};
use crate::policy::defaults::{CompareDefaults, DefaultValue};
use crate::policy::edition::{Policy, Protection};
use crate::policy::facts::Column;
use crate::policy::questions::{questions, table_name};
use crate::policy::rule_node::ConclusionWord;
use crate::policy::space::Over;
use crate::policy::table::DecisionTable;
use crate::words::{Verdict, Word};

/// The answers of a table in the cells of a grid.
struct TableAnswers {
    /// For each cell of the grid, the cell of the table; `None` if it is outside its space.
    own: Vec<Option<usize>>,
    /// The answer in each cell of the table.
    says: Vec<CellAnswer>,
}

impl TableAnswers {
    fn new<C: Clone>(
        grid: &Grid,
        policy: &Policy,
        table: &DecisionTable<C>,
        say: impl Fn(&crate::policy::table::TableRow<C>) -> Conclusion,
    ) -> Self {
        let space = table.space();
        let occurs = space.occurring(policy.impossible.iter().map(|(when, _)| when));
        let says = (0..space.cells()).map(|cell| match table.row(cell) {
            Some(row) => CellAnswer::Conclusion(say(row)),
            None if !occurs[cell] => CellAnswer::Never,
            None => CellAnswer::Unknown,
        });
        Self { own: grid.project(policy, space), says: says.collect() }
    }

    fn answer_in(&self, cell: usize) -> CellAnswer {
        self.own[cell].map_or(CellAnswer::Unknown, |own| self.says[own].clone())
    }
}

/// The union of the spaces of two tables; `None` if it is too large, which is reported as a
/// difference.
fn union<C: Clone>(
    pair: &Pair<'_>,
    about: &GridSubject<'_>,
    (old, new): (&DecisionTable<C>, &DecisionTable<C>),
    found: &mut Found<'_>,
) -> Option<Grid> {
    let mut axes = Axes::default();
    axes.space(pair.old, old.space());
    axes.space(pair.new, new.space());
    let grid = Grid::new(axes);
    if grid.is_none() {
        found.too_large(about.part, about.subject);
    }
    grid
}

impl Found<'_> {
    /// Reports a table that is too large to be compared as a difference.
    pub(super) fn too_large(&mut self, part: Part, subject: &str) {
        let state = |says: &str| Statement { says: says.to_owned(), rule: None };
        self.differences.push(Difference {
            part,
            subject: subject.to_owned(),
            situation: Vec::new(),
            old: state("not compared"),
            new: state("not compared: both spaces together have too many cells"),
            class: Class::Verdict,
            direction: Direction::Neutral,
            cells: 0,
            off_default: Vec::new(),
        });
    }

    /// Compares an entry of a list.
    pub(super) fn entry(
        &mut self,
        (part, subject): (Part, &str),
        (class, direction): (Class, Direction),
        old: impl Into<String>,
        new: impl Into<String>,
    ) {
        let (old, new) = (old.into(), new.into());
        if let Some(probe) = &mut self.probe {
            return probe.entry((part, subject), &new);
        }
        if old == new {
            return;
        }
        self.differences.push(Difference {
            part,
            subject: subject.to_owned(),
            situation: Vec::new(),
            old: Statement { says: old, rule: None },
            new: Statement { says: new, rule: None },
            class,
            direction,
            cells: 0,
            off_default: Vec::new(),
        });
    }
}

/// Every protection of either edition.
pub(super) fn protections(pair: &Pair<'_>, found: &mut Found<'_>) {
    for protection in &pair.old.protections {
        let other = pair.new.protections.iter().find(|other| other.name == protection.name);
        if let Some(other) = other {
            both(pair, protection, other, found);
            if let Some(probe) = &mut found.probe {
                probe.entry((Part::Protection, &other.name), &in_brief(other));
            }
            continue;
        }
        let (summary, absent) = (in_brief(protection), "no such protection");
        let subject = (Part::Protection, protection.name.as_str());
        found.entry(subject, (Class::Presence, Direction::Worse), summary, absent);
        found.shown[0].extend(protection.table.rows().iter().map(|row| row.rule));
    }
    for protection in &pair.new.protections {
        if pair.old.protections.iter().all(|old| old.name != protection.name) {
            let summary = in_brief(protection);
            let subject = (Part::Protection, protection.name.as_str());
            found.entry(
                subject,
                (Class::Presence, Direction::Better),
                "no such protection",
                summary,
            );
            found.shown[1].extend(protection.table.rows().iter().map(|row| row.rule));
        }
    }
}

/// The summary of a protection: `holds against scale-in, health-check`.
fn in_brief(protection: &Protection) -> String {
    let space = protection.table.space();
    let axis = space.axes().iter().position(|axis| axis.over == Over::Column(Column::Trigger));
    let mut held: Vec<u8> = (0..space.cells())
        .filter(|cell| protection.table.row(*cell).is_some_and(|row| row.says == Verdict::Held))
        .filter_map(|cell| axis.map(|axis| space.word(cell, axis)))
        .collect();
    held.sort_unstable();
    held.dedup();
    let words = Column::Trigger.words();
    let words: Vec<&str> = held.into_iter().map(|word| words[usize::from(word)]).collect();
    let cells = (0..space.cells()).filter(|cell| protection.table.row(*cell).is_some()).count();
    let rules = protection.table.rows().len();
    match words.as_slice() {
        [] => format!("holds against nothing ({rules} rules, {cells} cells)"),
        words => format!("holds against {} ({rules} rules, {cells} cells)", words.join(", ")),
    }
}

fn both(pair: &Pair<'_>, old: &Protection, new: &Protection, found: &mut Found<'_>) {
    let about = GridSubject { part: Part::Protection, subject: &old.name, class: Class::Verdict };
    if let Some(grid) = union(pair, &about, (&old.table, &new.table), found) {
        let say = |protection: &Protection, row: &crate::policy::table::TableRow<Verdict>| {
            let inert = protection.works_when.as_ref().is_some_and(|(rule, _)| *rule == row.rule);
            let word = if inert { "inert" } else { row.says.word() };
            Conclusion {
                word: word.into(),
                rule: Some(row.rule),
                // A protection that is not consulted is as bad as one that is overridden.
                good: i64::from(row.says == Verdict::Held),
                loses: row.says == Verdict::Overridden,
            }
        };
        let a = TableAnswers::new(&grid, pair.old, &old.table, |row| say(old, row));
        let b = TableAnswers::new(&grid, pair.new, &new.table, |row| say(new, row));
        grid.compare(pair, &about, |cell| (a.answer_in(cell), b.answer_in(cell)), found);
    }
    let subject = (Part::Protection, old.name.as_str());
    let setting = (Class::Setting, Direction::Neutral);
    let attribute = |p: &Protection| format!("called {}", p.attribute.as_deref().unwrap_or("-"));
    found.entry(subject, setting, attribute(old), attribute(new));
    found.entry(subject, setting, format!("set on: {}", old.of), format!("set on: {}", new.of));
    let occasions = |p: &Protection| {
        let mut words: Vec<&str> = p.occasions.iter().map(|at| at.word()).collect();
        words.sort_unstable();
        format!("settable: {}", words.join(", "))
    };
    found.entry(subject, setting, occasions(old), occasions(new));
    if found.probe.is_some() || !pair.same_sources(&old.settable, &new.settable) {
        let says =
            |policy, sources: &[usize]| format!("settable by {}", keys(policy, sources).join(", "));
        let (a, b) = (says(pair.old, &old.settable), says(pair.new, &new.settable));
        found.entry(subject, (Class::Source, Direction::Neutral), a, b);
    }
    let standby = |p: &Protection| {
        if p.standby { "a standby state" } else { "no standby state" }
    };
    found.entry(subject, setting, standby(old), standby(new));
    let in_model = |p: &Protection| {
        if p.in_model { "a part of the instance's model" } else { "no part of a model" }
    };
    found.entry(subject, setting, in_model(old), in_model(new));
    let about = |p: &Protection| p.about.clone().unwrap_or_default();
    found.entry(subject, (Class::Wording, Direction::Neutral), about(old), about(new));
}

/// Compares two tables of one question.
fn table<C: ConclusionWord>(
    pair: &Pair<'_>,
    part: Part,
    subject: &str,
    tables: (&DecisionTable<C>, &DecisionTable<C>),
    found: &mut Found<'_>,
) {
    let about = GridSubject { part, subject, class: Class::Verdict };
    let Some(grid) = union(pair, &about, tables, found) else { return };
    let say = |row: &crate::policy::table::TableRow<C>| Conclusion {
        word: row.says.word().into(),
        rule: Some(row.rule),
        good: row.says.worth(),
        loses: row.says.worth() < 0,
    };
    let a = TableAnswers::new(&grid, pair.old, tables.0, say);
    let b = TableAnswers::new(&grid, pair.new, tables.1, say);
    grid.compare(pair, &about, |cell| (a.answer_in(cell), b.answer_in(cell)), found);
}

/// Compares every table except those of protections.
pub(super) fn others(pair: &Pair<'_>, found: &mut Found<'_>) {
    let (old, new) = (&pair.old.tables, &pair.new.tables);
    macro_rules! compare {
        ($($section:ident { $(
            $(#[doc = $doc:literal])+
            $key:literal $(as $name:literal)?
                => $field:ident: $word:ident in $space:ident, $part:ident;
        )* })*) => {
            $($(
                let name = table_name!($key $($name)?);
                table(pair, Part::$part, name, (&old.$field, &new.$field), found);
            )*)*
        };
    }
    questions!(compare);
    old.defaults.beside(&new.defaults, &mut DefaultsComparison { pair, found });
}

/// Compares the defaults.
struct DefaultsComparison<'a, 'p, 'k> {
    pair: &'a Pair<'p>,
    found: &'a mut Found<'k>,
}

impl CompareDefaults for DefaultsComparison<'_, '_, '_> {
    fn default<V: DefaultValue>(
        &mut self,
        name: &'static str,
        old: &DecisionTable<V>,
        new: &DecisionTable<V>,
    ) {
        let Self { pair, found } = self;
        let about = GridSubject { part: Part::Default, subject: name, class: Class::Setting };
        let Some(grid) = union(pair, &about, (old, new), found) else { return };
        let say = |policy: &Policy, row: &crate::policy::table::TableRow<V>| Conclusion {
            word: row.says.text(&policy.orders).into(),
            rule: Some(row.rule),
            good: 0,
            loses: false,
        };
        let a = TableAnswers::new(&grid, pair.old, old, |row| say(pair.old, row));
        let b = TableAnswers::new(&grid, pair.new, new, |row| say(pair.new, row));
        grid.compare(pair, &about, |cell| (a.answer_in(cell), b.answer_in(cell)), found);
    }
}
