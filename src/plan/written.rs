//! A scenario as written: names, not ids; nothing resolved, nothing checked twice.

use serde_json::Value as Json;

use super::random_written::WrittenRandomSource;
use super::verb_schemas::{Place, or_never, verb_schemas};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, Suggestion};
use crate::format::{
    Entry, Fields, Map, Name, Node, Read, Schemas, VERBS, Value, When, WrittenDecision,
    WrittenExpect, WrittenFile, WrittenFleet, WrittenMetrics, WrittenVerb, expected_kind, is_file,
    read_file, record,
};
use crate::time::SimSpan;

record! {
    /// A fleet, what happens to it, and what is expected.
    WrittenScenario: "a scenario" {
        /// The format: `scenario/1`.
        required "stayput" => format: Spanned<String>,
        /// Its name, as reports print it.
        required "name" => name: Spanned<Name>,
        /// What it is about.
        optional "about" => about: String,
        /// The policy of accounts that name none: an edition of the program's, or a file.
        optional "policy" => policy: Spanned<String>,
        /// When it begins. People read its times in this offset.
        required "start" => start: Spanned<When>,
        /// How long it runs.
        required "for" => length: Spanned<SimSpan>,
        /// The seed of everything random.
        optional "seed" => seed: u64,
        /// Warnings that are meant, by their codes.
        default "allow" => allow: Vec<Spanned<Code>>,
        /// Positions where the provider's documents are silent.
        default "assume" => assume: Map<Spanned<String>>,
        /// The whole file runs once for each of these; `$name` stands for a value of the case.
        optional "cases" => cases: Map<Map<Node>>,
        /// What there is.
        required "fleet" => fleet: WrittenFleet,
        /// Levels over time that autoscale looks at, by name, or `{ file: metrics.csv }`.
        default "metrics" => metrics: WrittenMetrics,
        /// What happens, in the order written.
        default "events" => events: WrittenEvents,
        /// What happens by chance: sources of events, by name.
        default "random" => random: Map<WrittenRandomSource>,
        /// Decisions to count in each replication, by a name of your choice. Only
        /// `--replications` and `--until-halfwidth` look at it.
        default "counts" => counts: Map<WrittenDecision>,
        /// What is expected. Only `test` looks at it.
        default "expect" => expect: WrittenExpect,
    }
}

/// Events, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenEvents {
    /// Here, in the order written.
    Here(Vec<WrittenEvent>),
    /// In a file.
    File(Spanned<String>),
}

impl Default for WrittenEvents {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

impl Read for WrittenEvents {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        let Value::List(items) = &node.value else {
            problems.add(expected_kind(node, "a list of events"));
            return None;
        };
        let events: Vec<_> =
            items.iter().filter_map(|item| WrittenEvent::read(item, problems)).collect();
        Some(Self::Here(events))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let event = WrittenEvent::schema(schemas);
        let here = schemas.list(&event);
        Schemas::file_or(&WrittenFile::schema(schemas), &here)
    }
}

/// One event: when, its id, and exactly one verb.
#[derive(Debug, Clone)]
pub struct WrittenEvent {
    /// When.
    pub at: Due,
    /// What expectations and reports call it.
    pub id: Option<Spanned<Name>>,
    /// What it does; `None` if that could not be read, which has been reported.
    pub verb: Option<WrittenVerb>,
    /// Where it stands.
    pub span: Span,
}

/// When an event happens.
#[derive(Debug, Clone, Copy)]
pub enum Due {
    /// At a time.
    At(Spanned<When>),
    /// `never`: it is left out.
    Never,
    /// A mistake that has been reported.
    AlreadyReported,
}

impl Read for WrittenEvent {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let entries = node.entries().unwrap_or_default();
        let verbs: Vec<&Entry> =
            entries.iter().filter(|entry| VERBS.contains(&&*entry.key.value)).collect();
        let mut keys = vec!["at", "id"];
        keys.extend(VERBS);
        if verbs.is_empty() && node.entries().is_some() {
            problems.add(no_verb(node, entries));
            keys.extend(entries.iter().map(|entry| &*entry.key.value));
        }
        let fields = Fields::open(node, "an event", &keys, problems)?;
        let never = fields.node("at").and_then(Node::scalar) == Some("never");
        let at = if never {
            Due::Never
        } else {
            fields.required("at", problems).map_or(Due::AlreadyReported, Due::At)
        };
        let id = fields.optional("id", problems);
        let verb = match verbs.as_slice() {
            [Entry { key, value }] => WrittenVerb::read(key, value, problems),
            [] => None,
            [first, second, ..] => {
                let count = verbs.len();
                let title = format!("an event needs exactly one verb; this one has {count}");
                problems.add(
                    Problem::at(Code::OneVerb, second.key.span, title, "second verb")
                        .and_at(first.key.span, "first verb")
                        .help("make it two events with the same `at`; the one written first happens first"),
                );
                None
            }
        };
        Some(Self { at, id, verb, span: node.span })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an event", |schemas| {
            let mut keys = vec![
                ("at", "when it happens; `never` leaves it out", or_never(schemas), true),
                ("id", "what expectations and reports call it", Name::schema(schemas), false),
            ];
            keys.extend(verb_schemas(Place::Event, schemas));
            let about = "An event: when it happens, and exactly one verb.";
            let mut event = schemas.object(about, keys);
            Schemas::exactly_one(&mut event, VERBS.iter().copied());
            event
        })
    }
}

fn no_verb(node: &Node, entries: &[Entry]) -> Problem {
    let verbs = format!("verbs: {}", VERBS.join(", "));
    let unknown = entries.iter().find(|entry| !["at", "id"].contains(&&*entry.key.value));
    let Some(Entry { key, .. }) = unknown else {
        let mut span = node.span;
        span.end = entries.first().map_or(span.start + 1, |entry| entry.key.span.end);
        let title = "an event needs exactly one verb; this one has none";
        return Problem::at(Code::OneVerb, span, title, "no verb").note(verbs);
    };
    Problem::at(Code::OneVerb, key.span, format!("`{}` is not a verb", **key), "unknown verb")
        .suggest(&Suggestion::of(key, None, VERBS.iter().copied()))
        .note(verbs)
}
