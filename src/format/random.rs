//! Random sources of events as a file states them.

use std::num::NonZero;

use serde_json::{Value as Json, json};

use super::decimal::UnsignedDecimal;
use super::distribution::{WrittenDistribution, check_gaps};
use super::read::Read;
use super::read_time::When;
use super::record::{Fields, canonical_key};
use super::schema::{Schemas, Shared};
use super::tree::{Entry, Node, Style, Value};
use super::verb_schemas::{TARGETS, VerbContext, or_never, verb_schemas};
use super::verbs::{VERBS, WrittenVerb, verb_keys, verb_needs};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned};
use crate::words::words;

words! {
    /// Which of the selected instances a random event is about.
    Pick: "one of `one` and `all`" {
        /// One of them, with equal probabilities.
        One = "one",
        /// All of them, in one request.
        All = "all",
    }
}

/// A random source of events. Mistakes have been reported.
#[derive(Debug, Clone)]
pub struct WrittenRandomSource {
    /// The distribution of the gaps between occurrences.
    pub every: Option<Spanned<WrittenDistribution>>,
    /// The start of the first gap.
    pub from: Since,
    /// The last instant at which it can occur.
    pub until: Option<Spanned<When>>,
    /// Largest number of occurrences; `None` if there is no limit.
    pub at_most: Option<NonZero<u32>>,
    /// The alternatives, of which each occurrence draws one.
    pub alternatives: Vec<WrittenAlternative>,
    /// The follow-up events of an occurrence.
    pub then: Vec<WrittenThen>,
    /// Whether the source has no mistake.
    pub whole: bool,
}

/// The start of the first gap.
#[derive(Debug, Clone, Copy)]
pub enum Since {
    /// The start of the scenario.
    Start,
    /// A given time.
    At(Spanned<When>),
    /// `never`: the source is left out.
    Never,
}

/// One of the alternatives of a source.
#[derive(Debug, Clone)]
pub struct WrittenAlternative {
    /// The weight; probabilities are in proportion to weights.
    pub weight: u32,
    /// Whether an occurrence is about one or all of the selected instances.
    pub pick: Option<Spanned<Pick>>,
    /// The verb with its keys.
    pub call: WrittenCall,
}

/// A follow-up event of an occurrence.
#[derive(Debug, Clone)]
pub struct WrittenThen {
    /// The distribution of the delay after the occurrence.
    pub after: Spanned<WrittenDistribution>,
    /// The probability, at most 1.
    pub probability: UnsignedDecimal,
    /// The verb with its keys.
    pub call: WrittenCall,
}

/// A verb with its keys. Everything but the targets has been checked.
#[derive(Debug, Clone)]
pub struct WrittenCall {
    /// The verb.
    pub verb: Spanned<Box<str>>,
    /// The value of the verb.
    pub node: Node,
    /// Accounts or groups, of which one is drawn; `None` if the verb does not name several.
    pub several: Option<Several>,
}

/// Accounts or groups, of which one is drawn.
#[derive(Debug, Clone)]
pub struct Several {
    /// The key: `account` or `group`.
    pub key: &'static str,
    /// Names, ranges and globs.
    pub names: Vec<Spanned<String>>,
}

impl Read for WrittenRandomSource {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let keys =
            keys_with(node, &["every", "from", "until", "at-most", "one-of", "pick", "then"]);
        let fields = Fields::open(node, "a random source", &keys, problems)?;
        check_keys(node, problems);
        let every: Option<Spanned<WrittenDistribution>> = fields.required("every", problems);
        if let Some(Spanned { value: WrittenDistribution::Here(distribution), span }) = &every {
            check_gaps(distribution, *span, problems);
        }
        let from = match fields.node("from") {
            Some(at) if at.scalar() == Some("never") => Since::Never,
            Some(at) => Spanned::read(at, problems).map_or(Since::Start, Since::At),
            None => Since::Start,
        };
        let alternatives = read_alternatives(node, &fields, problems);
        let then: Option<Vec<WrittenThen>> =
            fields.node("then").map_or(Some(Vec::new()), |node| Vec::read(node, problems));
        Some(Self {
            whole: alternatives.is_some() && then.is_some(),
            every,
            from,
            until: fields.optional("until", problems),
            at_most: fields.optional("at-most", problems),
            alternatives: alternatives.unwrap_or_default(),
            then: then.unwrap_or_default(),
        })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a random source", |schemas| {
            let distribution = Spanned::<WrittenDistribution>::schema(schemas);
            let then = Vec::<WrittenThen>::schema(schemas);
            let mut one_of = Vec::<WrittenAlternative>::schema(schemas);
            one_of["minItems"] = 1.into();
            let from = "The start of the first gap; the start of the scenario if not given. `never` \
                       leaves the source out.";
            let keys = vec![
               ("every", "The distribution of the gaps between occurrences.", distribution, true),
               ("from", from, or_never(schemas), false),
               ("until", "The last instant of an occurrence.", When::schema(schemas), false),
               ("at-most", "The largest number of occurrences.", NonZero::schema(schemas), false),
               ("one-of", "The alternatives, of which one is drawn by weight.", one_of, false),
               ("pick", PICK, Pick::schema(schemas), false),
               ("then", "The follow-up events of an occurrence.", then, false),
            ];
            let about = "A random source of events: its gaps, and one verb or several under \
                         `one-of`.";
            let verbs = random_verbs(schemas);
            let mut source = schemas.sharing(&verbs, about, keys);
            Schemas::exactly_one(&mut source, possible().chain(["one-of"]));
            source["dependentSchemas"] = json!({ "one-of": { "properties": { "pick": false } } });
            source
        })
    }
}

/// The verbs of random sources.
fn random_verbs(schemas: &mut Schemas) -> Shared {
    schemas.share("a verb of a random source", |schemas| {
        verb_schemas(VerbContext::RandomSource, schemas)
    })
}

const PICK: &str = "Whether an occurrence is about `one` of the selected instances, or about \
                   `all` in one request; `one` if not given.";

/// The alternatives of a source: one verb beside its other keys, or several under `one-of`.
fn read_alternatives(
    node: &Node,
    fields: &Fields<'_>,
    problems: &mut Problems,
) -> Option<Vec<WrittenAlternative>> {
    let verbs = verbs_of(node);
    let Some(list) = fields.node("one-of") else {
        let entry = only_verb(node, &verbs, "a random source", problems)?;
        let pick = fields.optional("pick", problems);
        let call = WrittenCall::read(entry, VerbContext::RandomSource, problems)?;
        return Some(vec![WrittenAlternative { weight: 1, pick, call }]);
    };
    if let Some(verb) = verbs.first() {
        let title = "a source has one verb or `one-of`; this one has both";
        let problem = Problem::at(Code::OneVerb, verb.key.span, title, "beside `one-of`");
        problems.add(problem.help("move it into the list of `one-of`"));
    }
    if let Some(pick) = fields.node("pick") {
        let title = "`pick` belongs to one verb, and there are several here";
        let problem = Problem::at(Code::UnknownKey, pick.span, title, "unclear verb");
        problems.add(problem.help("write it beside the verbs in the list of `one-of`"));
    }
    let alternatives: Vec<WrittenAlternative> = Vec::read(list, problems)?;
    if alternatives.iter().all(|alternative| alternative.weight == 0) {
        let what = if alternatives.is_empty() { "an empty list" } else { "every weight is 0" };
        let title = "no alternative of this source can be drawn";
        problems.add(Problem::at(Code::BadNumber, list.span, title, what));
    }
    Some(alternatives)
}

impl Read for WrittenAlternative {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let keys = keys_with(node, &["weight", "pick"]);
        let fields = Fields::open(node, "an alternative", &keys, problems)?;
        check_keys(node, problems);
        let weight = fields.optional("weight", problems).unwrap_or(1);
        let pick = fields.optional("pick", problems);
        let entry = only_verb(node, &verbs_of(node), "an alternative", problems)?;
        WrittenCall::read(entry, VerbContext::RandomSource, problems).map(|call| Self {
            weight,
            pick,
            call,
        })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an alternative", |schemas| {
            let weight = "The weight; probabilities are in proportion to weights. 1 if not given.";
            let keys = vec![
                ("weight", weight, u32::schema(schemas), false),
                ("pick", PICK, Pick::schema(schemas), false),
            ];
            let about = "One of the alternatives of a source: exactly one verb.";
            let verbs = random_verbs(schemas);
            let mut alternative = schemas.sharing(&verbs, about, keys);
            Schemas::exactly_one(&mut alternative, possible());
            alternative
        })
    }
}

impl Read for WrittenThen {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let keys = keys_with(node, &["after", "probability"]);
        let fields = Fields::open(node, "a follow-up event", &keys, problems)?;
        check_keys(node, problems);
        let after = fields.required("after", problems);
        let probability: Option<Spanned<UnsignedDecimal>> =
            fields.optional("probability", problems);
        if let Some(Spanned { span, .. }) = probability.filter(|p| p.value > UnsignedDecimal::ONE) {
            let title = "a probability is at most 1";
            problems.add(Problem::at(Code::BadNumber, span, title, "greater than 1"));
        }
        let entry = only_verb(node, &verbs_of(node), "a follow-up event", problems)?;
        let call = WrittenCall::read(entry, VerbContext::FollowUp, problems);
        let probability = probability.map_or(UnsignedDecimal::ONE, |p| p.value);
        Some(Self { after: after?, probability, call: call? })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a follow-up event", |schemas| {
            let distribution = Spanned::<WrittenDistribution>::schema(schemas);
            let mut probability = UnsignedDecimal::schema(schemas);
            probability["maximum"] = 1.into();
            let mut keys = vec![
                (
                    "after",
                    "The distribution of the delay after the occurrence.",
                    distribution,
                    true,
                ),
                ("probability", "The probability; 1 if not given.", probability, false),
            ];
            keys.extend(verb_schemas(VerbContext::FollowUp, schemas));
            let about = "A follow-up event of an occurrence: exactly one verb. If it names no \
                        target, its target is that of the occurrence; otherwise it is about \
                        everything that it names, like an event.";
            let mut then = schemas.object(about, keys);
            Schemas::exactly_one(&mut then, possible());
            then
        })
    }
}

impl WrittenCall {
    /// Reads a verb. A stand-in replaces the target if the verb names several targets or none.
    fn read(entry: &Entry, context: VerbContext, problems: &mut Problems) -> Option<Self> {
        let (verb, node) = (&entry.key, &with_canonical_keys(&entry.key, &entry.value));
        if &*verb.value == "create" {
            let title =
                "a random source cannot have the verb `create`: an instance is created once";
            let problem = Problem::at(Code::OneVerb, verb.span, title, "not allowed here");
            problems.add(problem.help("write it under `events`, or use `scale-out`"));
            return None;
        }
        let mut several = None;
        let mut filled = node.clone();
        if context == VerbContext::FollowUp {
            for key in left_open(verb, node, |_| true) {
                filled = with(&filled, key, "x");
            }
        } else if let Some(key) = ["account", "group"].into_iter().find(|k| is_several(node.get(k)))
        {
            several = Some(Several { key, names: names(node.get(key)?, problems)? });
            filled = with(&filled, key, "x");
        }
        WrittenVerb::read(verb, &filled, problems)?;
        Some(Self { verb: verb.clone(), node: node.clone(), several })
    }
}

/// The value of a verb, with each key in its main spelling.
fn with_canonical_keys(verb: &str, node: &Node) -> Node {
    let mut node = node.clone();
    if let Value::Map(entries) = &mut node.value {
        for entry in entries {
            let key: &str = canonical_key(&entry.key, verb_keys(verb));
            entry.key.value = key.into();
        }
    }
    node
}

/// Whether a node names several accounts or groups.
fn is_several(node: Option<&Node>) -> bool {
    node.is_some_and(|node| match &node.value {
        Value::List(_) => true,
        Value::Scalar(text, _) => text.contains(['*', '?']) || text.contains(".."),
        Value::Empty | Value::Map(_) => false,
    })
}

fn names(node: &Node, problems: &mut Problems) -> Option<Vec<Spanned<String>>> {
    let Value::List(items) = &node.value else {
        return Spanned::read(node, problems).map(|name| vec![name]);
    };
    if items.is_empty() {
        let title = "an empty list names no target";
        problems.add(Problem::at(Code::MatchesNothing, node.span, title, "empty"));
        return None;
    }
    Vec::read(node, problems)
}

/// The target keys that a verb leaves out and that are to be filled. These are its required keys
/// and, if it names no target at all, also the keys for which `can` returns `true`.
pub(crate) fn left_open(verb: &str, node: &Node, can: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let (keys, needs) = (verb_keys(verb), verb_needs(verb));
    let is_given = TARGETS.iter().any(|key| node.get(key).is_some());
    let mut open: Vec<&'static str> = Vec::new();
    for key in TARGETS.into_iter().filter(|key| keys.contains(key) && node.get(key).is_none()) {
        // A verb that can be about instances or about a group is about the instances.
        let rather = key == "group" && open.contains(&"instance");
        if needs.contains(&key) || (!is_given && !rather && can(key)) {
            open.push(key);
        }
    }
    open
}

/// A copy of a mapping in which a key has this value.
pub(crate) fn with(node: &Node, key: &'static str, text: &str) -> Node {
    let mut node = node.clone();
    let span = node.get(key).map_or(node.span, |node| node.span);
    let value = Node { value: Value::Scalar(text.into(), Style::Plain), span };
    if matches!(node.value, Value::Empty) {
        node.value = Value::Map(Vec::new());
    }
    if let Some(found) = node.get_mut(key) {
        *found = value;
    } else if let Value::Map(entries) = &mut node.value {
        let key = Spanned::new(key.into(), span);
        entries.push(Entry { key, value: value.into() });
    }
    node
}

/// The given keys and the verbs, and keys that are present and have a special message.
fn keys_with(node: &Node, own: &[&'static str]) -> Vec<&'static str> {
    let reported = ["create", "at", "id"].into_iter().filter(|key| node.get(key).is_some());
    own.iter().copied().chain(possible()).chain(reported).collect()
}

/// The verbs that a random source can have.
fn possible() -> impl Iterator<Item = &'static str> {
    VERBS.iter().copied().filter(|verb| *verb != "create")
}

/// Reports keys of events that random sources do not have.
fn check_keys(node: &Node, problems: &mut Problems) {
    let entries = node.entries().unwrap_or_default();
    for Entry { key, .. } in entries {
        let (title, help) = match &*key.value {
            "at" => (
                "a random source has no fixed time",
                "use `from`, `until` and `every`, or write an event",
            ),
            "id" => (
                "a source needs no `id`",
                "its key under `random` is its name in expectations and reports",
            ),
            _ => continue,
        };
        let problem = Problem::at(Code::UnknownKey, key.span, title, "not a key here");
        problems.add(problem.help(help));
    }
}

fn verbs_of(node: &Node) -> Vec<&Entry> {
    let entries = node.entries().unwrap_or_default();
    entries.iter().filter(|entry| VERBS.contains(&&*entry.key.value)).collect()
}

/// The only verb of an entry; `None` if it has none or several, which is reported.
fn only_verb<'n>(
    node: &Node,
    verbs: &[&'n Entry],
    what: &str,
    problems: &mut Problems,
) -> Option<&'n Entry> {
    match verbs {
        [entry] => Some(entry),
        [] => {
            // An unknown verb has been reported as an unknown key.
            let entries = node.entries().unwrap_or_default();
            let known = |key: &str| OWN.contains(&key) || key.starts_with("x-");
            if entries.iter().all(|entry| known(&entry.key)) {
                let span = first_key(node);
                let title = format!("{what} needs exactly one verb; this one has none");
                let problem = Problem::at(Code::OneVerb, span, title, "no verb");
                problems.add(
                    problem.note(format!("verbs: {}", possible().collect::<Vec<_>>().join(", "))),
                );
            }
            None
        }
        [first, second, ..] => {
            let title = format!("{what} needs exactly one verb; this one has {}", verbs.len());
            let problem = Problem::at(Code::OneVerb, second.key.span, title, "second verb");
            let problem = problem.and_at(first.key.span, "first verb");
            problems.add(problem.help(match what {
                "a follow-up event" => "write two items of `then`",
                "an alternative" => "write two alternatives",
                _ => "list them under `one-of`, or write two sources",
            }));
            None
        }
    }
}

/// The keys beside verbs.
const OWN: [&str; 12] = [
    "at",
    "id",
    "every",
    "from",
    "until",
    "at-most",
    "one-of",
    "pick",
    "then",
    "weight",
    "after",
    "probability",
];

/// The span of the first key of a mapping, instead of all its lines.
fn first_key(node: &Node) -> Span {
    let mut span = node.entries().and_then(<[_]>::first).map_or(node.span, |e| e.key.span);
    span.end = span.end.max(span.start + 1);
    span
}

impl WrittenRandomSource {
    /// The files that its distributions name.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Spanned<String>> {
        let distributions = self.every.iter().chain(self.then.iter().map(|then| &then.after));
        distributions.filter_map(|distribution| match &distribution.value {
            WrittenDistribution::File(path) => Some(path),
            WrittenDistribution::Here(_) => None,
        })
    }
}
