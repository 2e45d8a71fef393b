//! What stands in files beside a scenario: rows of tables become events and
//! instances, providers' replies become parts of the fleet.

use std::collections::BTreeSet;
use std::io;

use super::fleet_builder::{FleetBuilder, Named};
use super::resolver::Resolver;
use super::script_builder::Listed;
use super::written::{WrittenEvent, WrittenEvents, WrittenScenario};
use crate::diagnostics::{
    Code, FileId, Problem, Problems, Severity, Sources, Span, Spanned, Stream, Suggestion,
};
use crate::fleet::Fleet;
use crate::format::{Entry, Name, Node, Pieces, Read, VERBS, Value, WrittenVerb, rows, verb_keys};
use crate::format::{
    MetricStep, WrittenAccount, WrittenFleet, WrittenInstance, WrittenInstances, WrittenMetrics,
    value_name,
};
use crate::import;
use crate::time::SimTime;
use crate::words::{Channel, PolicyId};

/// A table that a scenario names.
#[derive(Debug, Clone)]
pub enum Table {
    /// It was read whole.
    Text(FileId),
    /// It is to be read row by row.
    Stream(Stream),
    /// It is read in pieces, for its mistakes alone: no event of it is kept.
    Pieces(Pieces),
}

/// A table that has to be read whole, and the row that is the reason, counted from 1; 0 for the
/// table itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedsFullRead(pub usize);

/// That table, and that row.
pub struct LeftOver {
    /// The table.
    pub table: Stream,
    /// The row; 0 for the table itself.
    pub row: usize,
}

impl LeftOver {
    /// That table, with what its reader gives.
    pub fn of(table: &Stream, NeedsFullRead(row): NeedsFullRead) -> Self {
        Self { table: table.clone(), row }
    }
}

impl From<io::Error> for NeedsFullRead {
    fn from(_: io::Error) -> Self {
        Self(0)
    }
}

/// Reads the instances of a table row by row; gives the SHA-256 of the table.
pub type ReadInstances = fn(&mut FleetBuilder<'_, '_>, &Stream) -> Result<String, NeedsFullRead>;

/// The files that a case needs.
pub struct Texts {
    /// The table of instances.
    pub instances: Option<Table>,
    /// What reads that table, if it is to be read row by row.
    pub read_instances: ReadInstances,
    /// The table of events.
    pub events: Option<Table>,
    /// The table of metrics.
    pub metrics: Option<FileId>,
    /// The replies behind each import.
    pub imports: Vec<Vec<FileId>>,
}

impl Texts {
    /// The events, from here or from their file; none of those that are read row by row.
    pub fn events(
        &self,
        written: &WrittenScenario,
        sources: &Sources,
        problems: &mut Problems,
    ) -> Vec<WrittenEvent> {
        if let WrittenEvents::Here(events) = &written.events {
            return events.clone();
        }
        let Some(Table::Text(file)) = self.events else { return Vec::new() };
        let known = columns_of_events();
        let mut events = Vec::new();
        let Some(mut rows) = rows(sources, file, &known, &["at", "verb"], problems) else {
            return events;
        };
        while let Some(row) = rows.next_row(problems) {
            events.extend(checked_event(row, problems));
        }
        events
    }
}

/// What has to be known of a table of events before its rows are resolved.
#[derive(Debug, Default)]
pub struct Ahead {
    /// The events that create instances.
    pub creating: Vec<WrittenEvent>,
    /// The ids that look like the name of an event without one.
    pub taken: BTreeSet<String>,
}

impl Ahead {
    /// Looks through a table; mistakes are left to [`script_in_pieces`].
    pub fn of(pieces: &Pieces, sources: &mut Sources) -> Self {
        let known = columns_of_events();
        let mut ahead = Self::default();
        let mut unheard = Problems::default();
        let mut reading = pieces.read(&known, &["at", "verb"]);
        while let Some(rows) = reading.next(sources, &mut unheard, &["create", "event-"]) {
            for row in rows {
                let cell = |key| row.get(key).and_then(Node::scalar).unwrap_or_default();
                if cell("id").starts_with("event-") {
                    ahead.taken.insert(cell("id").to_owned());
                }
                if cell("verb") == "create" {
                    ahead.creating.extend(event_of_row(row, &mut unheard));
                }
            }
        }
        ahead
    }
}

/// Resolves the events of a table piece by piece and reports their mistakes; none is kept, only
/// their names.
pub fn script_in_pieces(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    pieces: &Pieces,
    taken: &BTreeSet<String>,
    sources: &mut Sources,
    end: (SimTime, Span),
) -> Listed {
    let known = columns_of_events();
    let mut listed = Listed::default();
    let mut reading = pieces.read(&known, &["at", "verb"]);
    while let Some(rows) = reading.next(sources, resolver.problems, &[]) {
        for row in rows {
            if let Some(event) = checked_event(row, resolver.problems) {
                listed.take(resolver, fleet, &event, |name| taken.contains(name), end);
                listed.events.clear();
            }
        }
    }
    listed
}

fn checked_event(row: Node, problems: &mut Problems) -> Option<WrittenEvent> {
    check_cells(&row, problems);
    event_of_row(row, problems)
}

impl Texts {
    /// The steps of metrics by name, from here or from their file.
    pub fn metrics(
        &self,
        written: &WrittenScenario,
        sources: &Sources,
        problems: &mut Problems,
    ) -> Vec<(Spanned<String>, MetricStep)> {
        if let WrittenMetrics::Here(metrics) = &written.metrics {
            let named = metrics.0.iter().flat_map(|(name, steps)| {
                steps
                    .iter()
                    .map(|step| (name.clone().map(|name| name.0.into_string()), step.clone()))
            });
            return named.collect();
        }
        let Some(file) = self.metrics else { return Vec::new() };
        let columns = ["metric", "at", "value"];
        let mut steps = Vec::new();
        let Some(mut rows) = rows(sources, file, &columns, &columns, problems) else {
            return steps;
        };
        while let Some(mut row) = rows.next_row(problems) {
            let Value::Map(entries) = &mut row.value else { continue };
            let at = entries.iter().position(|entry| &*entry.key.value == "metric");
            let name = at.map(|at| entries.remove(at).value);
            let name = name.and_then(|name| Spanned::<Name>::read(&name, problems));
            let step = MetricStep::read(&row, problems);
            if let (Some(name), Some(step)) = (name, step) {
                steps.push((name.map(|name| name.0.into_string()), step));
            }
        }
        steps
    }
}

/// The columns that a table of events may have.
pub fn columns_of_events() -> Vec<&'static str> {
    let mut known = vec!["at", "id", "verb"];
    known.extend(VERBS.iter().flat_map(|verb| verb_keys(verb)));
    known.sort_unstable();
    known.dedup();
    known
}

/// Values of a case reach the scenario, not the tables beside it.
fn check_cells(row: &Node, problems: &mut Problems) {
    for entry in row.entries().unwrap_or_default() {
        if let Some(name) = entry.value.scalar().and_then(value_name) {
            let title =
                format!("`${name}` stands for a value of the case, which tables do not have");
            let problem = Problem::at(Code::UnknownCase, entry.value.span, title, "in a table");
            problems
                .add(problem.help("write the event into the scenario, or one table for each case"));
        }
    }
}

/// A row `at,id,verb,…` as the event that YAML would write `{ at, id, <verb>: {…} }`.
fn event_of_row(row: Node, problems: &mut Problems) -> Option<WrittenEvent> {
    let span = row.span;
    let Value::Map(entries) = row.value else { return None };
    let (mut outer, mut inner, mut verb) = (Vec::new(), Vec::new(), None);
    for entry in entries {
        match &*entry.key.value {
            "at" | "id" => outer.push(entry),
            "verb" => verb = Some(entry),
            _ => inner.push(entry),
        }
    }
    let Some(verb) = verb else {
        let title = "this row has no verb";
        problems.add(Problem::at(Code::OneVerb, span, title, "the cell `verb` is empty"));
        return None;
    };
    let name = verb.value.scalar().unwrap_or_default();
    if !VERBS.contains(&name) {
        let title = format!("`{name}` is not a verb");
        let problem = Problem::at(Code::OneVerb, verb.value.span, title, "unknown verb");
        let suggestion = Suggestion::of(name, None, VERBS.iter().copied());
        let problem = problem.did_you_mean(&suggestion.words);
        problems.add(problem.note(format!("verbs: {}", VERBS.join(", "))));
        return None;
    }
    outer.push(Entry {
        key: Spanned::new(name.into(), verb.value.span),
        value: Node { value: Value::Map(inner), span },
    });
    WrittenEvent::read(&Node { value: Value::Map(outer), span }, problems)
}

/// Fills the fleet: accounts, groups, instances written here or in a file, real
/// ones, and those that events create. Gives it with the digest of a table that was read row
/// by row.
///
/// # Errors
/// That table, if it has to be read with more care.
pub fn populate(
    resolver: &mut Resolver<'_>,
    part: &WrittenFleet,
    events: &[WrittenEvent],
    texts: &Texts,
    sources: &mut Sources,
    policy_of: impl Fn(&WrittenAccount) -> PolicyId,
    read: &mut Vec<String>,
) -> Result<(Fleet, Option<String>), LeftOver> {
    let defaults = part.defaults.clone().unwrap_or_else(WrittenInstance::blank);
    let mut population =
        FleetBuilder { resolver, fleet: Fleet::default(), defaults, created_via: Channel::None };
    population.accounts(&part.accounts, policy_of);
    for (name, group) in &part.groups.0 {
        population.group(&name.value, name.span, group, Named::Here);
    }
    if let Some(WrittenInstances::Here(instances)) = &part.instances
        && population.has_room(instances.0.iter().map(|(name, _)| name))
    {
        for (name, instance) in &instances.0 {
            population.instances(name, instance);
        }
    }
    let before = population.resolver.problems.count(Severity::Error);
    let mut digest = None;
    match &texts.instances {
        Some(Table::Text(file)) => instances_of_file(&mut population, *file, sources),
        Some(Table::Pieces(pieces)) => {
            instances_in_pieces(&mut population, pieces, sources);
        }
        Some(Table::Stream(table)) => {
            let read = (texts.read_instances)(&mut population, table);
            digest = Some(read.map_err(|whole| LeftOver::of(table, whole))?);
        }
        None => {}
    }
    for (import, texts) in part.import.iter().zip(&texts.imports) {
        let found = import::import(&import.from, texts, sources, population.resolver.problems);
        read.extend(found.read);
        for (name, mut group) in found.groups {
            group.account = group.account.or_else(|| import.account.clone());
            population.group(&name, name.span, &group, Named::Elsewhere);
        }
        for (name, mut instance) in found.instances {
            instance.account = instance.account.or_else(|| import.account.clone());
            population.imported(&name, &instance, &import.from);
        }
    }
    // A name that is missing may well stand in what could not be read.
    let resolver = &mut *population.resolver;
    resolver.doubtful |= resolver.problems.count(Severity::Error) > before;
    for event in events {
        if let Some(WrittenVerb::Create(create)) = &event.verb {
            let blank = WrittenInstance::blank();
            let like = create.like.as_ref().unwrap_or(&blank);
            let name = &create.instance;
            population.created_via = create.via.unwrap_or(Channel::None);
            population.instance(&name.value, name.span, like, true);
        }
    }
    Ok((population.fleet, digest))
}

fn columns_of_instances() -> Vec<&'static str> {
    let mut known = vec!["instance"];
    known.extend(WrittenInstance::KEYS);
    known
}

fn instances_of_file(population: &mut FleetBuilder<'_, '_>, file: FileId, sources: &Sources) {
    let known = columns_of_instances();
    let Some(mut rows) = rows(sources, file, &known, &["instance"], population.resolver.problems)
    else {
        return;
    };
    while let Some(row) = rows.next_row(population.resolver.problems) {
        instance_of_row(population, row);
    }
}

fn instances_in_pieces(
    population: &mut FleetBuilder<'_, '_>,
    pieces: &Pieces,
    sources: &mut Sources,
) {
    let known = columns_of_instances();
    let mut reading = pieces.read(&known, &["instance"]);
    while let Some(rows) = reading.next(sources, population.resolver.problems, &[]) {
        rows.into_iter().for_each(|row| instance_of_row(population, row));
    }
}

fn instance_of_row(population: &mut FleetBuilder<'_, '_>, mut row: Node) {
    check_cells(&row, population.resolver.problems);
    let Value::Map(entries) = &mut row.value else { return };
    let Some(at) = entries.iter().position(|entry| &*entry.key.value == "instance") else {
        let title = "this row names no instance";
        let problem =
            Problem::at(Code::MissingKey, row.span, title, "the cell `instance` is empty");
        return population.resolver.problems.add(problem);
    };
    let name = entries.remove(at).value;
    let text = name.scalar().unwrap_or_default().to_owned();
    if let Some(part) = WrittenInstance::read(&row, population.resolver.problems) {
        population.instance(&text, name.span, &part, false);
    }
}
