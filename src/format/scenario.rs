//! A scenario as a file states it: names, not ids.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::expect::{WrittenDecision, WrittenExpect};
use super::format_line::ScenarioFormat;
use super::house::WrittenHouseRule;
use super::principals::WrittenPrincipal;
use super::random::WrittenRandomSource;
use super::read::{Map, Name, Read, expected_kind};
use super::read_time::When;
use super::record::{Fields, record, sections_as_meant};
use super::schema::Schemas;
use super::sections::{WrittenFile, WrittenFleet, WrittenMetrics, is_file, read_file};
use super::tree::{Entry, Node, Value};
use super::verb_schemas::{VerbContext, or_never, verb_schemas};
use super::verbs::{VERBS, WrittenVerb};
use super::warning_code::WarningCode;
use super::watch::WrittenWatcher;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, Suggestion};
use crate::money::Currency;
use crate::time::{SimSpan, SimTime};

record! {
    /// A scenario: a fleet, events, and expectations.
    WrittenScenario: "a scenario" {
        /// The format: `scenario/1`.
        required "stayput" => format: ScenarioFormat,
        /// The name of the scenario in reports.
        required "name" => name: Spanned<Name>,
        /// A description of the scenario.
        optional "about" => about: String,
        /// The policy of accounts without their own policy: a built-in edition, or a file.
        optional "policy" => policy: Spanned<String>,
        /// The start; the time at which the fleet was listed if not given. Reports for people show
        /// times at its offset.
        optional "start" => start: Spanned<SimTime>,
        /// The length of the scenario.
        required "for" => length: Spanned<SimSpan>,
        /// The currency of all prices, as its code of ISO 4217; needed as soon as there is a price.
        optional "currency" => currency: Spanned<Currency>,
        /// The seed of all random numbers; 0 if not given.
        optional "seed" => seed: u64,
        /// Codes of warnings that are not reported.
        default "allow" => allow: Vec<Spanned<WarningCode>>,
        /// Positions of switches, which stand for questions that the provider's documents leave
        /// open.
        default "assume" => assume: Map<Spanned<String>>,
        /// Cases. The scenario runs once for each case; `$name` stands for a value of the case, and
        /// `$$name` for the text `$name`.
        optional "cases" => cases: Map<Map<Node>>,
        /// The permissions of callers, by the names in `by`; everybody may do everything if not
        /// given.
        optional "principals" => principals: Map<WrittenPrincipal>,
        /// Permissions that several principals share, by name.
        default "roles" => roles: Map<WrittenPrincipal>,
        /// House rules, by name: demands on the fleet at the start and after every change.
        default "house" => house: Map<WrittenHouseRule>,
        /// Watches, by name: the calls and changes that raise alerts.
        default "watch" => watch: Map<WrittenWatcher>,
        /// The fleet.
        required "fleet" => fleet: WrittenFleet,
        /// Metrics for autoscale rules, by name, or `{ file: metrics.csv }`.
        default "metrics" => metrics: WrittenMetrics,
        /// The events, in the order of the file, or `{ file: events.csv }`.
        default "events" => events: WrittenEvents,
        /// Random sources of events, by name.
        default "random" => random: Map<WrittenRandomSource>,
        /// Decisions to count in each replication, by a name that you choose. Only `--replications`
        /// and `--until-halfwidth` use it.
        default "counts" => counts: Map<WrittenDecision>,
        /// The expected results. Only `test` checks them.
        default "expect" => expect: WrittenExpect,
    }
}

impl WrittenScenario {
    /// A scenario or an overlay in which each section with a misspelt key is reported and has the
    /// key that was probably meant.
    pub fn sections_as_meant<'n>(tree: &'n Node, problems: &mut Problems) -> Cow<'n, Node> {
        sections_as_meant(tree, "a scenario", Self::KEYS, problems)
    }
}

/// Events, in the scenario or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenEvents {
    /// Events in the scenario, in the order of the file.
    Here(Vec<WrittenEvent>),
    /// The path of a CSV file.
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
            let problem = expected_kind(node, "a list of events");
            problems.add(problem.help("write each event as an item: `- { at: +1h, VERB: { … } }`"));
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

/// One event: its time, its id, and exactly one verb.
#[derive(Debug, Clone)]
pub struct WrittenEvent {
    /// The time of the event.
    pub at: Due,
    /// The name of the event in expectations and reports; `None` if it is named by its position.
    pub id: Option<Spanned<Name>>,
    /// The verb; `None` if it has a mistake, which has been reported.
    pub verb: Option<WrittenVerb>,
    /// The span of the event.
    pub span: Span,
}

/// The time of an event.
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
                        .help("write two events with the same `at`; they happen in the order of the file"),
                );
                None
            }
        };
        Some(Self { at, id, verb, span: node.span })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an event", |schemas| {
            let mut keys = vec![
                ("at", "The time of the event; `never` leaves it out.", or_never(schemas), true),
                (
                    "id",
                    "The name of the event in expectations and reports.",
                    Name::schema(schemas),
                    false,
                ),
            ];
            keys.extend(verb_schemas(VerbContext::Event, schemas));
            let about = "An event: its time, and exactly one verb.";
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
