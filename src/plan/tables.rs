//! The other files of a scenario: rows of tables become events and instances, and replies of
//! providers become parts of the fleet.

use std::collections::BTreeSet;
use std::io;

use super::fleet_builder::{Existence, FleetBuilder, Named};
use super::listing::Listing;
use super::resolver::Resolver;
use super::script_builder::Listed;
use crate::diagnostics::{
    Code, FileId, Problem, Problems, Severity, Sources, Span, Spanned, Stream, Suggestion,
};
use crate::fleet::Fleet;
use crate::format::{
    Due, Entry, Name, Node, Pieces, Read, VERBS, Value, WrittenEvent, WrittenEvents,
    WrittenScenario, WrittenVerb, count, rows, verb_keys,
};
use crate::format::{
    MetricStep, WrittenAccount, WrittenFleet, WrittenImport, WrittenInstance, WrittenInstances,
    WrittenMetrics, value_name,
};
use crate::run_header::UNNAMED;
use crate::time::SimTime;
use crate::words::{Channel, PolicyId};

/// A table that a scenario names.
#[derive(Debug, Clone)]
pub enum InputTable {
    /// A table that was read whole.
    Text(FileId),
    /// A table that is read row by row.
    Stream(Stream),
    /// A table that is read in pieces to report its mistakes; its events are not kept.
    Pieces(Pieces),
}

/// The fast reader cannot read a table. The number is that of the row that is the reason, from 1; 0
/// if it is the table itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedsFullRead(pub usize);

/// A table that the fast reader cannot read, and the reason.
pub struct LeftOver {
    /// The table.
    pub table: Stream,
    /// The number of the row that is the reason, from 1; 0 if it is the table itself.
    pub row: usize,
}

impl LeftOver {
    /// The table, with the result of its reader.
    pub fn of(table: &Stream, NeedsFullRead(row): NeedsFullRead) -> Self {
        Self { table: table.clone(), row }
    }
}

impl From<io::Error> for NeedsFullRead {
    fn from(_: io::Error) -> Self {
        Self(0)
    }
}

/// Reads the instances of a table row by row and returns the SHA-256 of the table.
pub type ReadInstances = fn(&mut FleetBuilder<'_, '_>, &Stream) -> Result<String, NeedsFullRead>;

/// The files that a case needs.
pub struct Texts {
    /// The table of instances; `None` if the scenario names none.
    pub instances: Option<InputTable>,
    /// The reader of a table of instances that is read row by row.
    pub read_instances: ReadInstances,
    /// The table of events; `None` if the scenario names none.
    pub events: Option<InputTable>,
    /// The table of metrics; `None` if the scenario names none.
    pub metrics: Option<FileId>,
    /// The replies of each import.
    pub imports: Vec<Vec<FileId>>,
}

impl Texts {
    /// Notes which names may be in files that could not be read: they are not reported as unknown.
    pub fn note_unread(&self, written: &WrittenScenario, resolver: &mut Resolver<'_>) {
        let fleet = &written.fleet;
        let of_file = matches!(fleet.instances, Some(WrittenInstances::File(_)));
        let is_whole =
            |(import, texts): (&WrittenImport, &Vec<FileId>)| import.files.len() == texts.len();
        let imports_are_whole = fleet.import.iter().zip(&self.imports).all(is_whole);
        let events_are_unread =
            matches!(written.events, WrittenEvents::File(_)) && self.events.is_none();
        // Events create instances, too.
        let is_open =
            (of_file && self.instances.is_none()) || !imports_are_whole || events_are_unread;
        resolver.doubtful |= is_open;
        resolver.mentioned.fleet.is_open |= is_open;
        resolver.mentioned.is_open |= events_are_unread;
    }

    /// The events of the scenario or of their file; empty if the file is read row by row or in
    /// pieces.
    pub fn events(
        &self,
        written: &WrittenScenario,
        sources: &Sources,
        resolver: &mut Resolver<'_>,
    ) -> Vec<WrittenEvent> {
        if let WrittenEvents::Here(events) = &written.events {
            return events.clone();
        }
        let Some(InputTable::Text(file)) = self.events else { return Vec::new() };
        let known = columns_of_events();
        let mut events = Vec::new();
        let problems = &mut *resolver.problems;
        let before = problems.count(Severity::Error);
        if let Some(mut rows) = rows(sources, file, &known, &["at", "verb"], problems) {
            while let Some(row) = rows.next_row(problems) {
                events.extend(checked_event(row, problems));
            }
        } else {
            resolver.doubtful = true;
            resolver.mentioned.fleet.is_open = true;
        }
        resolver.mentioned.is_open |= problems.count(Severity::Error) > before;
        events
    }
}

/// The parts of a table of events that are needed before its rows are resolved.
#[derive(Debug, Default)]
pub struct Ahead {
    /// The events that create instances.
    pub creating: Vec<WrittenEvent>,
    /// Ids that have the form of an event's name by position.
    pub taken: BTreeSet<String>,
    /// Whether the table could not be read, or its header has a mistake.
    pub is_unread: bool,
}

impl Ahead {
    /// Reads a table for these parts; mistakes are reported by [`script_in_pieces`].
    pub fn of(pieces: &Pieces, sources: &mut Sources) -> Self {
        let known = columns_of_events();
        let mut ahead = Self::default();
        let mut ignored = Problems::default();
        let mut reading = pieces.read(&known, &["at", "verb"]);
        while let Some(rows) = reading.next(sources, &mut ignored, &["create", UNNAMED]) {
            for row in rows {
                let cell = |key| row.get(key).and_then(Node::scalar).unwrap_or_default();
                if cell("id").starts_with(UNNAMED) {
                    ahead.taken.insert(cell("id").to_owned());
                }
                if cell("verb") == "create" {
                    ahead.creating.extend(event_of_row(row, &mut ignored));
                }
            }
        }
        ahead.is_unread = !reading.is_read();
        ahead
    }
}

/// Resolves the events of a table piece by piece, to report their mistakes. Only the names of the
/// events are kept.
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
    loop {
        let before = resolver.problems.count(Severity::Error);
        let rows = reading.next(sources, resolver.problems, &[]);
        resolver.mentioned.is_open |= resolver.problems.count(Severity::Error) > before;
        let Some(rows) = rows else { break };
        for row in rows {
            let event = checked_event(row, resolver.problems);
            resolver.mentioned.is_open |= event.is_none();
            if let Some(event) = event {
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
    /// The steps of metrics by name, from the scenario or from their file.
    pub fn metrics(
        &self,
        written: &WrittenScenario,
        sources: &Sources,
        resolver: &mut Resolver<'_>,
    ) -> Vec<(Spanned<String>, MetricStep)> {
        if let WrittenMetrics::Here(metrics) = &written.metrics {
            let named = metrics.0.iter().flat_map(|(name, steps)| {
                steps
                    .iter()
                    .map(|step| (name.clone().map(|name| name.0.into_string()), step.clone()))
            });
            return named.collect();
        }
        let problems = &mut *resolver.problems;
        let before = problems.count(Severity::Error);
        let steps = self.metrics.map(|file| metric_steps(file, sources, problems));
        resolver.lacks_metrics = steps.is_none() || problems.count(Severity::Error) > before;
        steps.unwrap_or_default()
    }
}

/// The steps of a table of metrics.
fn metric_steps(
    file: FileId,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<(Spanned<String>, MetricStep)> {
    let columns = ["metric", "at", "value"];
    let mut steps = Vec::new();
    let Some(mut rows) = rows(sources, file, &columns, &columns, problems) else { return steps };
    while let Some(mut row) = rows.next_row(problems) {
        let Value::Map(entries) = &mut row.value else { continue };
        let index = entries.iter().position(|entry| &*entry.key.value == "metric");
        let name = index.map(|index| entries.remove(index).value);
        let name = name.and_then(|name| Spanned::<Name>::read(&name, problems));
        let step = MetricStep::read(&row, problems);
        if let (Some(name), Some(step)) = (name, step) {
            steps.push((name.map(|name| name.0.into_string()), step));
        }
    }
    steps
}

/// The columns that a table of events may have.
pub fn columns_of_events() -> Vec<&'static str> {
    let mut known = vec!["at", "id", "verb"];
    known.extend(VERBS.iter().flat_map(|verb| verb_keys(verb)));
    known.sort_unstable();
    known.dedup();
    known
}

/// Reports `$name` in a table: values of a case are replaced in the scenario only.
fn check_cells(row: &Node, problems: &mut Problems) {
    for entry in row.entries().unwrap_or_default() {
        if let Some(name) = entry.value.scalar().and_then(value_name) {
            let title =
                format!("`${name}` stands for a value of the case, which tables do not have");
            let problem = Problem::at(Code::UnknownCase, entry.value.span, title, "in a table");
            problems.add(
                problem.help("write the event in the scenario, or use one table for each case"),
            );
            problems.value_is_unknown(entry.value.span);
        }
    }
}

/// The event of a row `at,id,verb,…`, which is `{ at, id, <verb>: {…} }` in YAML.
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
        value: Node { value: Value::Map(inner), span }.into(),
    });
    WrittenEvent::read(&Node { value: Value::Map(outer), span }, problems)
}

/// Builds the fleet from accounts, groups, instances of the scenario or of a table, imported
/// instances, and instances that events create. Returns it with the digest of a table that was read
/// row by row.
///
/// # Errors
/// If the fast reader cannot read the table; the error is the table.
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
    let start = resolver.start;
    let mut builder = FleetBuilder {
        resolver,
        fleet: Fleet::default(),
        defaults,
        created_via: Channel::None,
        listing: part.captured.map(|at| Listing::seen_at(at.from(start).min(start))),
    };
    builder.accounts(&part.accounts, policy_of);
    for (name, group) in &part.groups.0 {
        builder.group(&name.value, name.span, group, Named::Here);
    }
    if let Some(WrittenInstances::Here(instances)) = &part.instances
        && builder.has_room(instances.0.iter().map(|(name, _)| name))
    {
        for (name, instance) in &instances.0 {
            builder.instances(name, instance);
        }
    }
    let before = builder.resolver.problems.count(Severity::Error);
    let mut digest = None;
    match &texts.instances {
        Some(InputTable::Text(file)) => instances_of_file(&mut builder, *file, sources),
        Some(InputTable::Pieces(pieces)) => {
            instances_in_pieces(&mut builder, pieces, sources);
        }
        Some(InputTable::Stream(table)) => {
            let read = (texts.read_instances)(&mut builder, table);
            digest = Some(read.map_err(|whole| LeftOver::of(table, whole))?);
        }
        None => {}
    }
    for (import, texts) in part.import.iter().zip(&texts.imports) {
        let seen = import.captured.map_or(start, |at| at.from(start).min(start));
        builder.listing.get_or_insert(Listing::seen_at(seen)).seen = seen;
        builder.import(import, texts, sources, read);
    }
    if let Some(listing) = builder.listing.take() {
        listing.report(builder.resolver.problems);
    }
    // An unknown name may be defined in a part that could not be read.
    let resolver = &mut *builder.resolver;
    if resolver.problems.count(Severity::Error) > before {
        resolver.hides_names();
    }
    for event in events {
        if let Some(WrittenVerb::Create(create)) = &event.verb {
            let blank = WrittenInstance::blank();
            let like = create.like.as_ref().unwrap_or(&blank);
            let name = &create.instance;
            builder.created_via = create.via.unwrap_or(Channel::None);
            let at = if let Due::At(at) = event.at { at.from(start) } else { start };
            builder.instance(&name.value, name.span, like, Existence::At(at));
        }
    }
    Ok((builder.fleet, digest))
}

fn columns_of_instances() -> Vec<&'static str> {
    let mut known = vec!["instance"];
    known.extend(WrittenInstance::KEYS);
    known
}

fn instances_of_file(builder: &mut FleetBuilder<'_, '_>, file: FileId, sources: &Sources) {
    let known = columns_of_instances();
    let Some(mut rows) = rows(sources, file, &known, &["instance"], builder.resolver.problems)
    else {
        return;
    };
    while let Some(row) = rows.next_row(builder.resolver.problems) {
        instance_of_row(builder, row);
    }
}

fn instances_in_pieces(builder: &mut FleetBuilder<'_, '_>, pieces: &Pieces, sources: &mut Sources) {
    let known = columns_of_instances();
    let mut reading = pieces.read(&known, &["instance"]);
    while let Some(rows) = reading.next(sources, builder.resolver.problems, &[]) {
        rows.into_iter().for_each(|row| instance_of_row(builder, row));
    }
}

fn instance_of_row(builder: &mut FleetBuilder<'_, '_>, mut row: Node) {
    check_cells(&row, builder.resolver.problems);
    let Value::Map(entries) = &mut row.value else { return };
    let Some(index) = entries.iter().position(|entry| &*entry.key.value == "instance") else {
        let title = "this row names no instance";
        let problem =
            Problem::at(Code::MissingKey, row.span, title, "the cell `instance` is empty");
        return builder.resolver.problems.add(problem);
    };
    let name = entries.remove(index).value;
    let text = name.scalar().unwrap_or_default().to_owned();
    let names = count(&text);
    if names > 1 {
        let title = format!("`{text}` is a range, and a row is about one instance");
        let problem = Problem::at(Code::BadName, name.span, title, "not a name");
        let help = format!("write one row for each of its {names} names");
        return builder.resolver.problems.add(problem.help(help));
    }
    if let Some(part) = WrittenInstance::read(&row, builder.resolver.problems) {
        builder.instance(&text, name.span, &part, Existence::AtStart);
    }
}
