//! A scenario as written: names, not ids; nothing resolved, nothing checked twice.

use serde_json::{Value as Json, json};

use super::expect::{DecisionPart, ExpectPart};
use super::random::SourcePart;
use super::verbs::{VERBS, WrittenVerb, verb_schemas};
use crate::fleet::{AccountPart, GroupPart, InstancePart, Level};
use crate::text::{
    Code, Entry, Fields, Map, Name, Node, Place, Problem, Problems, Read, Spanned, Value, When,
    closest, expected_kind, object_schema, record,
};
use crate::time::SimSpan;

record! {
    /// A fleet, what happens to it, and what is expected.
    Written: "a scenario" {
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
        required "fleet" => fleet: FleetPart,
        /// Levels over time that autoscale looks at, by name, or `{ file: metrics.csv }`.
        default "metrics" => metrics: MetricsPart,
        /// What happens, in the order written.
        default "events" => events: EventsPart,
        /// What happens by chance: sources of events, by name.
        default "random" => random: Map<SourcePart>,
        /// Decisions to count in each replication, by a name of yours. Only `--replications` and
        /// `--until-halfwidth` look at it.
        default "counts" => counts: Map<DecisionPart>,
        /// What is expected. Only `test` looks at it.
        default "expect" => expect: ExpectPart,
    }
}

record! {
    /// What there is.
    FleetPart: "a fleet" {
        /// Accounts; one called `default`, if none is named.
        default "accounts" => accounts: Map<AccountPart>,
        /// Scaling groups and scale sets.
        default "groups" => groups: Map<GroupPart>,
        /// What holds for instances that do not say otherwise.
        optional "defaults" => defaults: InstancePart,
        /// Instances by name, or `{ file: fleet.csv }`. A name may be a range: `web-1..4`.
        optional "instances" => instances: InstancesPart,
        /// Real fleets, as providers' command lines print them.
        default "import" => import: Vec<ImportPart>,
    }
}

record! {
    /// A real fleet.
    ImportPart: "an import" {
        /// Whose replies they are.
        required "from" => from: Spanned<String>,
        /// The files, in any order.
        required "files" => files: Vec<Spanned<String>>,
        /// Who pays for the instances; the only account, if it does not say.
        optional "account" => account: Spanned<Name>,
    }
}

record! {
    /// A list in a CSV file, whose columns are the keys.
    FilePart: "a file" {
        /// Its path, relative to the scenario.
        required "file" => file: Spanned<String>,
    }
}

/// Instances, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum InstancesPart {
    /// Here, by name.
    Here(Map<InstancePart>),
    /// In a file.
    File(Spanned<String>),
}

impl Read for InstancesPart {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        Map::read(node, problems).map(Self::Here)
    }

    fn schema() -> Json {
        json!({ "anyOf": [FilePart::schema(), Map::<InstancePart>::schema()] })
    }
}

/// Whether a node is `{ file: … }`.
fn is_file(node: &Node) -> bool {
    node.get("file").is_some_and(|file| file.scalar().is_some())
}

fn read_file(node: &Node, problems: &mut Problems) -> Option<Spanned<String>> {
    FilePart::read(node, problems).map(|part| part.file)
}

record! {
    /// A level of a metric, which holds until the next.
    MetricStep: "a step of a metric" {
        /// Since when.
        required "at" => at: Spanned<When>,
        /// The level, or `unknown` where it cannot be read.
        required "value" => value: MetricLevel,
    }
}

/// A level, or `unknown`.
#[derive(Debug, Clone, Copy)]
pub struct MetricLevel(pub Option<Level>);

impl Read for MetricLevel {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("unknown") => Some(Self(None)),
            _ => Level::read(node, problems).map(|level| Self(Some(level))),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "unknown" }, Level::schema()] })
    }
}

/// Metrics, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum MetricsPart {
    /// Here, by name.
    Here(Map<Vec<MetricStep>>),
    /// In a file with the columns `metric`, `at` and `value`.
    File(Spanned<String>),
}

impl Default for MetricsPart {
    fn default() -> Self {
        Self::Here(Map::default())
    }
}

impl Read for MetricsPart {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        Map::read(node, problems).map(Self::Here)
    }

    fn schema() -> Json {
        json!({ "anyOf": [FilePart::schema(), Map::<Vec<MetricStep>>::schema()] })
    }
}

/// Events, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum EventsPart {
    /// Here, in the order written.
    Here(Vec<EventPart>),
    /// In a file.
    File(Spanned<String>),
}

impl Default for EventsPart {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

impl Read for EventsPart {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        let Value::List(items) = &node.value else {
            problems.add(expected_kind(node, "a list of events"));
            return None;
        };
        let events: Vec<_> =
            items.iter().filter_map(|item| EventPart::read(item, problems)).collect();
        Some(Self::Here(events))
    }

    fn schema() -> Json {
        json!({ "anyOf": [FilePart::schema(), { "type": "array", "items": EventPart::schema() }] })
    }
}

/// One event: when, its id, and exactly one verb.
#[derive(Debug, Clone)]
pub struct EventPart {
    /// When.
    pub at: Due,
    /// What expectations and reports call it.
    pub id: Option<Spanned<Name>>,
    /// What it does; `None` if that could not be read, which has been told.
    pub verb: Option<WrittenVerb>,
    /// Where it stands.
    pub place: Place,
}

/// When an event happens.
#[derive(Debug, Clone, Copy)]
pub enum Due {
    /// At a time.
    At(Spanned<When>),
    /// `never`: it is left out.
    Never,
    /// Somebody made a mistake here, which has been told.
    Told,
}

impl Read for EventPart {
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
            fields.required("at", problems).map_or(Due::Told, Due::At)
        };
        let id = fields.optional("id", problems);
        let verb = match verbs.as_slice() {
            [Entry { key, value }] => WrittenVerb::read(key, value, problems),
            [] => None,
            [first, second, ..] => {
                let count = verbs.len();
                let title = format!("an event does one thing; this one does {count}");
                problems.add(
                    Problem::at(Code::OneVerb, second.key.place, title, "second verb")
                        .and_at(first.key.place, "first verb")
                        .help("make it two events with the same `at`; the one written first happens first"),
                );
                None
            }
        };
        Some(Self { at, id, verb, place: node.place })
    }

    fn schema() -> Json {
        let mut keys = vec![
            ("at", "when it happens; `never` leaves it out", When::schema(), true),
            ("id", "what expectations and reports call it", Name::schema(), false),
        ];
        keys.extend(verb_schemas());
        object_schema("An event: when it happens, and exactly one verb.", keys)
    }
}

fn no_verb(node: &Node, entries: &[Entry]) -> Problem {
    let verbs = format!("verbs: {}", VERBS.join(", "));
    let unknown = entries.iter().find(|entry| !["at", "id"].contains(&&*entry.key.value));
    let Some(Entry { key, .. }) = unknown else {
        let mut place = node.place;
        place.end = entries.first().map_or(place.start + 1, |entry| entry.key.place.end);
        let title = "an event does one thing; this one does nothing";
        return Problem::at(Code::OneVerb, place, title, "no verb").note(verbs);
    };
    Problem::at(Code::OneVerb, key.place, format!("`{}` is not a verb", **key), "unknown verb")
        .did_you_mean(&closest(key, VERBS.iter().copied()))
        .note(verbs)
}
