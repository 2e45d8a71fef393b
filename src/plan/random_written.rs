//! Random sources as written.

use std::num::NonZero;

use serde_json::{Value as Json, json};

use super::distribution::{Thousandths, WrittenLaw, check_gaps};
use super::random::Pick;
use super::verb_schemas::{Place, TARGETS, or_never, verb_schemas};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned};
use crate::format::{
    Entry, Fields, Node, Read, Schemas, Shared, Style, VERBS, Value, When, WrittenVerb,
    canonical_key, verb_keys, verb_needs,
};

/// A source of events as written. What could not be read has been reported.
#[derive(Debug, Clone)]
pub struct WrittenRandomSource {
    /// The gaps between its occurrences.
    pub every: Option<Spanned<WrittenLaw>>,
    /// When the first gap begins.
    pub from: Since,
    /// The last instant at which it can occur.
    pub until: Option<Spanned<When>>,
    /// How often it occurs at most.
    pub at_most: Option<NonZero<u32>>,
    /// What it does: one of these.
    pub alternatives: Vec<WrittenAlternative>,
    /// What follows an occurrence.
    pub then: Vec<WrittenThen>,
    /// Whether everything could be read.
    pub whole: bool,
}

/// When the first gap begins.
#[derive(Debug, Clone, Copy)]
pub enum Since {
    /// At the start.
    Start,
    /// At a time.
    At(Spanned<When>),
    /// `never`: the source is left out.
    Never,
}

/// One of the actions of a source.
#[derive(Debug, Clone)]
pub struct WrittenAlternative {
    /// How likely it is, beside the others.
    pub weight: u32,
    /// Whether it is about one or all of those that are selected.
    pub pick: Option<Spanned<Pick>>,
    /// What it asks.
    pub call: WrittenCall,
}

/// What follows an occurrence.
#[derive(Debug, Clone)]
pub struct WrittenThen {
    /// How long after the occurrence.
    pub after: Spanned<WrittenLaw>,
    /// How likely it is.
    pub probability: Thousandths,
    /// What it asks.
    pub call: WrittenCall,
}

/// A verb and what stands behind it, which makes sense but for the target.
#[derive(Debug, Clone)]
pub struct WrittenCall {
    /// The verb.
    pub verb: Spanned<Box<str>>,
    /// What stands behind it.
    pub node: Node,
    /// Accounts or groups of which one is drawn.
    pub several: Option<Several>,
}

/// Accounts or groups of which one is drawn.
#[derive(Debug, Clone)]
pub struct Several {
    /// `account` or `group`.
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
        let every: Option<Spanned<WrittenLaw>> = fields.required("every", problems);
        if let Some(Spanned { value: WrittenLaw::Here(law), span }) = &every {
            check_gaps(law, *span, problems);
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
            let law = Spanned::<WrittenLaw>::schema(schemas);
            let then = Vec::<WrittenThen>::schema(schemas);
            let mut one_of = Vec::<WrittenAlternative>::schema(schemas);
            one_of["minItems"] = 1.into();
            let from = "since when gaps are counted, the start if not given; `never` leaves it out";
            let keys = vec![
                ("every", "the gaps between its occurrences", law, true),
                ("from", from, or_never(schemas), false),
                ("until", "the last instant at which it can occur", When::schema(schemas), false),
                ("at-most", "how often it occurs at most", NonZero::schema(schemas), false),
                ("one-of", "what it does, by weights", one_of, false),
                ("pick", PICK, Pick::schema(schemas), false),
                ("then", "what follows an occurrence", then, false),
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
    schemas.share("a verb of a random source", |schemas| verb_schemas(Place::Among, schemas))
}

const PICK: &str = "whether it is about `one` of those that are selected, as if not given, \
                    or about `all` in one request";

/// What a source does: a verb beside its other keys, or several under `one-of`.
fn read_alternatives(
    node: &Node,
    fields: &Fields<'_>,
    problems: &mut Problems,
) -> Option<Vec<WrittenAlternative>> {
    let verbs = verbs_of(node);
    let Some(list) = fields.node("one-of") else {
        let entry = only_verb(node, &verbs, "a random source", problems)?;
        let pick = fields.optional("pick", problems);
        let call = WrittenCall::read(entry, Aimed::Among, problems)?;
        return Some(vec![WrittenAlternative { weight: 1, pick, call }]);
    };
    if let Some(verb) = verbs.first() {
        let title = "a source has one verb or `one-of`; this one has both";
        let problem = Problem::at(Code::OneVerb, verb.key.span, title, "beside `one-of`");
        problems.add(problem.help("move it into the list of `one-of`"));
    }
    if let Some(pick) = fields.node("pick") {
        let title = "`pick` is said of a verb, and there are several";
        let problem = Problem::at(Code::UnknownKey, pick.span, title, "of which?");
        problems.add(problem.help("write it beside the verbs in the list of `one-of`"));
    }
    let alternatives: Vec<WrittenAlternative> = Vec::read(list, problems)?;
    if alternatives.iter().all(|alternative| alternative.weight == 0) {
        let what = if alternatives.is_empty() { "an empty list" } else { "every weight is 0" };
        let title = "there is nothing that this source could do";
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
        WrittenCall::read(entry, Aimed::Among, problems).map(|call| Self { weight, pick, call })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an alternative", |schemas| {
            let weight = "how likely it is beside the others; 1, if not given";
            let keys = vec![
                ("weight", weight, u32::schema(schemas), false),
                ("pick", PICK, Pick::schema(schemas), false),
            ];
            let about = "One of the actions of a source: exactly one verb.";
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
        let fields = Fields::open(node, "what follows", &keys, problems)?;
        check_keys(node, problems);
        let after = fields.required("after", problems);
        let probability: Option<Spanned<Thousandths>> = fields.optional("probability", problems);
        if let Some(Spanned { span, .. }) = probability.filter(|p| p.value > Thousandths::ONE) {
            let title = "a probability is at most 1";
            problems.add(Problem::at(Code::BadNumber, span, title, "more than always"));
        }
        let entry = only_verb(node, &verbs_of(node), "what follows", problems)?;
        let call = WrittenCall::read(entry, Aimed::Alike, problems);
        let probability = probability.map_or(Thousandths::ONE, |p| p.value);
        Some(Self { after: after?, probability, call: call? })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("what follows", |schemas| {
            let law = Spanned::<WrittenLaw>::schema(schemas);
            let mut probability = Thousandths::schema(schemas);
            probability["maximum"] = 1.into();
            let mut keys = vec![
                ("after", "how long after the occurrence", law, true),
                ("probability", "how likely it is; 1, if not given", probability, false),
            ];
            keys.extend(verb_schemas(Place::Alike, schemas));
            let about = "What follows an occurrence: exactly one verb. Without a target of its \
                         own it is about the target of the occurrence; otherwise it is about all \
                         that it names, as an event is.";
            let mut then = schemas.object(about, keys);
            Schemas::exactly_one(&mut then, possible());
            then
        })
    }
}

/// Whom a verb is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aimed {
    /// One of those that it names.
    Among,
    /// What it does not say is as in the occurrence.
    Alike,
}

impl WrittenCall {
    /// Reads a verb. Where it names several, or nothing, a name stands in for the target.
    fn read(entry: &Entry, aimed: Aimed, problems: &mut Problems) -> Option<Self> {
        let (verb, node) = (&entry.key, &with_canonical_keys(&entry.key, &entry.value));
        if &*verb.value == "create" {
            let title = "`create` cannot be left to chance: an instance is created once";
            let problem = Problem::at(Code::OneVerb, verb.span, title, "not here");
            problems
                .add(problem.help("write it under `events`, or let a group grow with `scale-out`"));
            return None;
        }
        let mut several = None;
        let mut filled = node.clone();
        if aimed == Aimed::Alike {
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

/// The keys of a verb, each in its first spelling.
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

/// The keys by which a verb could say what it is about, and does not: those that it needs,
/// and, if it says nothing at all, every one that `can` be filled.
pub(crate) fn left_open(verb: &str, node: &Node, can: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let (keys, needs) = (verb_keys(verb), verb_needs(verb));
    let is_given = TARGETS.iter().any(|key| node.get(key).is_some());
    let mut open: Vec<&'static str> = Vec::new();
    for key in TARGETS.into_iter().filter(|key| keys.contains(key) && node.get(key).is_none()) {
        // What can be about instances or about a group is about the instances.
        let rather = key == "group" && open.contains(&"instance");
        if needs.contains(&key) || (!is_given && !rather && can(key)) {
            open.push(key);
        }
    }
    open
}

/// A mapping in which a key says that.
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
        entries.push(Entry { key: Spanned::new(key.into(), span), value });
    }
    node
}

/// Its own keys and the verbs; and those with a message of their own, where they are written.
fn keys_with(node: &Node, own: &[&'static str]) -> Vec<&'static str> {
    let reported = ["create", "at", "id"].into_iter().filter(|key| node.get(key).is_some());
    own.iter().copied().chain(possible()).chain(reported).collect()
}

/// The verbs that can be left to chance.
fn possible() -> impl Iterator<Item = &'static str> {
    VERBS.iter().copied().filter(|verb| *verb != "create")
}

/// Keys that an event has, and nothing that is left to chance.
fn check_keys(node: &Node, problems: &mut Problems) {
    let entries = node.entries().unwrap_or_default();
    for Entry { key, .. } in entries {
        let (title, help) = match &*key.value {
            "at" => (
                "what is left to chance has no fixed time",
                "say with `from`, `until` and `every` when it can occur, or write an event",
            ),
            "id" => (
                "a source needs no `id`",
                "its key under `random` is what expectations and reports call it",
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

/// The verb of an entry that must have exactly one.
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
                let title = format!("{what} needs exactly one verb; this has none");
                let problem = Problem::at(Code::OneVerb, span, title, "no verb");
                problems.add(
                    problem.note(format!("verbs: {}", possible().collect::<Vec<_>>().join(", "))),
                );
            }
            None
        }
        [first, second, ..] => {
            let title = format!("{what} needs exactly one verb; this has {}", verbs.len());
            let problem = Problem::at(Code::OneVerb, second.key.span, title, "second verb");
            let problem = problem.and_at(first.key.span, "first verb");
            problems.add(problem.help(match what {
                "what follows" => "make it two items of `then`",
                "an alternative" => "make it two alternatives",
                _ => "list them under `one-of`, or make it two sources",
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

/// Where a mapping begins, not all of its lines.
fn first_key(node: &Node) -> Span {
    let mut span = node.entries().and_then(<[_]>::first).map_or(node.span, |e| e.key.span);
    span.end = span.end.max(span.start + 1);
    span
}

impl WrittenRandomSource {
    /// The files that its laws name.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Spanned<String>> {
        let laws = self.every.iter().chain(self.then.iter().map(|then| &then.after));
        laws.filter_map(|law| match &law.value {
            WrittenLaw::File(path) => Some(path),
            WrittenLaw::Here(_) => None,
        })
    }
}
