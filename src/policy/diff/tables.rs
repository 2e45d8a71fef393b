//! Comparison of the verdicts of protections and of all other tables.

use super::difference::{Absence, Class, Difference, Direction, Part, Statement};
use super::found::Found;
use super::grid::{Axes, CellAnswer, Conclusion, Grid, GridSubject};
use super::grid_words::WordTest;
use super::pair::{Pair, keys};
use crate::diagnostics::many;
use crate::policy::defaults::{CompareDefaults, DefaultValue};
use crate::policy::edition::{Policy, Protection};
use crate::policy::facts::Column;
use crate::policy::questions::{questions, table_name};
use crate::policy::rule_node::ConclusionWord;
use crate::policy::space::{Over, Space};
use crate::policy::table::{DecisionTable, TableRow};
use crate::words::{Verdict, Word};

/// The answers of a table.
struct TableAnswers<'p> {
    policy: &'p Policy,
    space: &'p Space,
    /// For each cell of the table, the index of its answer.
    kinds: Vec<u16>,
    /// The answers: those of the rows, then the two of cells without a row.
    says: Vec<CellAnswer>,
}

impl<'p> TableAnswers<'p> {
    fn new<C: Clone>(
        policy: &'p Policy,
        table: &'p DecisionTable<C>,
        say: impl Fn(&TableRow<C>) -> Conclusion,
    ) -> Self {
        let space = table.space();
        let occurs = space.occurring(policy.impossible.iter().map(|(when, _)| when));
        let rows = table.rows().iter().map(|row| CellAnswer::Conclusion(say(row)));
        let says = rows.chain([CellAnswer::Never, CellAnswer::Unknown]).collect();
        let never = u16::try_from(table.rows().len()).unwrap_or(u16::MAX);
        let kinds = table.row_numbers().zip(occurs).map(|(row, occurs)| match row {
            Some(row) => row,
            None if !occurs => never,
            None => never + 1,
        });
        Self { policy, space, kinds: kinds.collect(), says }
    }

    /// The tests that its answers depend on.
    fn tests(&self, grid: &Grid) -> Vec<WordTest> {
        grid.tests_of_space(self.policy, self.space, &self.kinds)
    }

    /// The answers in the cells of a grid.
    fn in_cells(&self, grid: &Grid) -> impl Fn(usize) -> CellAnswer {
        let own = grid.project(self.policy, self.space);
        move |cell| {
            let kind = own[cell].map(|own| usize::from(self.kinds[own]));
            kind.map_or(CellAnswer::Unknown, |kind| self.says[kind].clone())
        }
    }
}

/// Compares two tables in the union of their spaces. If the union is too large, this is reported as
/// a difference.
fn compare_tables(
    pair: &Pair<'_>,
    about: &GridSubject<'_>,
    [old, new]: [&TableAnswers<'_>; 2],
    found: &mut Found<'_>,
) {
    let mut axes = Axes::default();
    axes.space(pair.old, old.space);
    axes.space(pair.new, new.space);
    let grid = match Grid::new(axes) {
        Ok(grid) => grid,
        Err(why) => return found.not_compared(about.part, about.subject, &why),
    };
    let tests = [old.tests(&grid), new.tests(&grid), found.places(&grid, about)].concat();
    let grid = grid.joined(tests);
    let (old, new) = (old.in_cells(&grid), new.in_cells(&grid));
    grid.compare(pair, about, |cell| (old(cell), new(cell)), found);
}

impl Found<'_> {
    /// Reports as a difference that a subject is not compared, and why.
    pub(super) fn not_compared(&mut self, part: Part, subject: &str, why: &str) {
        self.differences.push(Difference {
            part,
            subject: subject.to_owned(),
            situation: Vec::new(),
            old: "not compared".into(),
            new: format!("not compared: {why}").into(),
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
        old: impl Into<Statement>,
        new: impl Into<Statement>,
    ) {
        let (old, new) = (old.into(), new.into());
        if let Some(probe) = &mut self.probe {
            return probe.entry((part, subject), &new.says);
        }
        if old == new {
            return;
        }
        self.differences.push(Difference {
            part,
            subject: subject.to_owned(),
            situation: Vec::new(),
            old,
            new,
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
        let subject = (Part::Protection, protection.name.as_str());
        let class = (Class::Presence, Direction::Worse);
        found.entry(subject, class, in_brief(protection), Absence::Protection);
        found.shown[0].extend(protection.table.rows().iter().map(|row| row.rule));
    }
    for protection in &pair.new.protections {
        if pair.old.protections.iter().all(|old| old.name != protection.name) {
            let subject = (Part::Protection, protection.name.as_str());
            let class = (Class::Presence, Direction::Better);
            found.entry(subject, class, Absence::Protection, in_brief(protection));
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
    let (rules, cells) = (many(protection.table.rows().len(), "rule"), many(cells, "cell"));
    match words.as_slice() {
        [] => format!("holds against nothing ({rules}, {cells})"),
        words => format!("holds against {} ({rules}, {cells})", words.join(", ")),
    }
}

fn both(pair: &Pair<'_>, old: &Protection, new: &Protection, found: &mut Found<'_>) {
    let about = GridSubject { part: Part::Protection, subject: &old.name, class: Class::Verdict };
    let say = |protection: &Protection, row: &TableRow<Verdict>| {
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
    let a = TableAnswers::new(pair.old, &old.table, |row| say(old, row));
    let b = TableAnswers::new(pair.new, &new.table, |row| say(new, row));
    compare_tables(pair, &about, [&a, &b], found);
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
    let say = |row: &TableRow<C>| Conclusion {
        word: row.says.word().into(),
        rule: Some(row.rule),
        good: row.says.worth(),
        loses: row.says.worth() < 0,
    };
    let a = TableAnswers::new(pair.old, tables.0, say);
    let b = TableAnswers::new(pair.new, tables.1, say);
    compare_tables(pair, &about, [&a, &b], found);
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
        let say = |policy: &Policy, row: &TableRow<V>| Conclusion {
            word: row.says.text(&policy.orders).into(),
            rule: Some(row.rule),
            good: 0,
            loses: false,
        };
        let a = TableAnswers::new(pair.old, old, |row| say(pair.old, row));
        let b = TableAnswers::new(pair.new, new, |row| say(pair.new, row));
        compare_tables(pair, &about, [&a, &b], found);
    }
}
