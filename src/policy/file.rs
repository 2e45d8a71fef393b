//! A policy file as written: its fixed parts as records, its rules as parts.
//!
//! Nothing is resolved here except words; names of sources and switches stay text.

use super::defaults::WrittenDefaults;
use super::facts::Column;
use super::overlay::listed;
use super::remedy_part::WrittenRemedy;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{
    Entry, Fields, Map, Name, Node, OneOrMany, Read, Value, expected_kind, read_word, record,
};
use crate::time::{CalendarSpan, SimSpan, UtcOffset};
use crate::words::{
    Billing, ClockAction, Confidence, Criterion, Extreme, HookResult, Occasion, Subject, Trigger,
    words,
};

record! {
    /// One edition of a provider's rules about protections.
    PolicyFile: "a policy" {
        /// The format: `policy/1`.
        required "stayput" => format: Spanned<String>,
        /// The provider's product.
        required "policy" => policy: Spanned<String>,
        /// The date of the documents, or a name of your own; together: `POLICY@EDITION`.
        required "edition" => edition: Spanned<String>,
        /// What it is, in a line.
        required "title" => title: String,
        /// Another edition to start from; what this file says replaces or joins what that one says.
        optional "extends" => extends: Spanned<String>,
        /// Keys of the extended edition to leave out, as dotted paths.
        default "drops" => drops: Vec<Spanned<String>>,
        /// Where days and months are counted.
        default "calendar" => calendar: UtcOffset,
        /// The documents that rules name.
        default "sources" => sources: Map<WrittenCitation>,
        /// The decision space: the columns that protections look at, and their words.
        required "space" => space: Node,
        /// Cells that cannot occur, each with its reason.
        default "impossible" => impossible: Vec<Node>,
        /// Settings meant to keep an instance, each with its decision table.
        default "protections" => protections: Map<WrittenProtection>,
        /// Refusals that are no protection; the first one that fits answers.
        default "preconditions" => preconditions: Map<Node>,
        /// What a group asks of a member, by how it came in.
        default "members" => members: Map<Node>,
        /// Which counts where a protection holds and a refusal fits as well.
        default "check-order" => check_order: Map<Node>,
        /// How the instances of one request hang together.
        default "batches" => batches: Map<Node>,
        /// Scheduled releases.
        optional "schedule" => schedule: WrittenSchedule,
        /// What paying does to instances that the arrears had stopped.
        default "settling" => settling: Map<Node>,
        /// What a conversion of the billing does to protections.
        default "conversions" => conversions: Map<Node>,
        /// What a health check does to a member that does not run.
        default "health-checks" => health: Map<Node>,
        /// What a stop that is to save money does.
        default "economical-stops" => economical: Map<Node>,
        /// From when a renewed term counts.
        default "renewals" => renewals: Map<Node>,
        /// Spans that run by themselves once begun.
        default "clocks" => clocks: Map<StepNodes>,
        /// What becomes of a request that would take a group across one of its bounds.
        default "bounds" => bounds: Map<Node>,
        /// How a group chooses when it shrinks.
        optional "scale-in" => scale_in: WrittenScaleIn,
        /// How a new model reaches the members of a group.
        default "roll-outs" => roll_outs: Map<Node>,
        /// What setting a protection that is `in-model` does to an instance besides.
        default "flag-changes" => flag_changes: Map<Node>,
        /// How a group makes up for members that have gone.
        default "refills" => refills: Map<Node>,
        /// How long a group may wait before it repairs a member.
        optional "repairs" => repairs: WrittenRepairs,
        /// What may hold up members that come or go.
        optional "hooks" => hooks: WrittenHooks,
        /// What an instance's things survive.
        default "effects" => effects: Map<Node>,
        /// What the provider sets where nobody says otherwise.
        default "defaults" => defaults: WrittenDefaults,
        /// Questions that the documents leave open.
        default "switches" => switches: Map<WrittenSwitch>,
        /// Statements of the documents that no rule can carry.
        default "notes" => notes: Map<WrittenNote>,
    }
}

record! {
    /// A document that rules name.
    WrittenCitation: "a source" {
        /// Its title.
        required "title" => title: String,
        /// The part of it.
        optional "section" => section: String,
        /// Its date, as far as it is known.
        optional "dated" => dated: Spanned<String>,
        /// Where it is: an address, https://…
        optional "at" => at: Spanned<String>,
        /// The answers that stand in it, by their codes: what a rule may cite it for.
        default "answers" => answers: Vec<String>,
    }
}

record! {
    /// A setting meant to keep an instance.
    WrittenProtection: "a protection" {
        /// What the provider calls it.
        optional "attribute" => attribute: Spanned<String>,
        /// What it is, in a sentence.
        optional "about" => about: String,
        /// What it is set on: `instance` or `group`.
        optional "of" => of: Spanned<Subject>,
        /// Whether it is the state that `enter-standby` enters and `exit-standby` leaves.
        default "standby" => standby: bool,
        /// Whether it is a part of the instance's own model, so that `flag-changes` apply.
        default "in-model" => in_model: bool,
        /// When it can be switched.
        optional "settable" => settable: WrittenSettable,
        /// Where it can work; elsewhere it is inert.
        optional "works-when" => works_when: Node,
        /// Its decision table, keyed by the ids of the rules.
        required "rules" => rules: Map<Node>,
    }
}

record! {
    /// When a protection can be switched.
    WrittenSettable: "`settable`" {
        /// The occasions.
        required "at" => at: Vec<Occasion>,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// How well they are founded, where that is said.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// Scheduled releases: limits, and what becomes of them.
    WrittenSchedule: "a schedule" {
        /// Times are cut down to a multiple of this.
        optional "granularity" => granularity: SimSpan,
        /// How soon one may be set.
        optional "earliest" => earliest: Spanned<CalendarSpan>,
        /// How far ahead one may be set.
        optional "latest" => latest: Spanned<CalendarSpan>,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// How well they are founded, where that is said.
        optional "confidence" => confidence: Confidence,
        /// What becomes of one that is due.
        default "due" => due: Map<Node>,
        /// What becomes of one that has waited, once the account settles.
        default "settled" => settled: Map<Node>,
    }
}

record! {
    /// How a group chooses when it shrinks.
    WrittenScaleIn: "a scale-in" {
        /// The orders that a group may name, by the provider's words for them.
        required "orders" => orders: Map<WrittenOrder>,
        /// How members are numbered; not at all, if it does not say.
        default "numbers" => numbers: Map<Node>,
        /// Which of several equal members goes.
        default "ties" => ties: Map<Node>,
        /// What zones have to do with it.
        default "zones" => zones: Map<Node>,
        /// What happens when all members of a zone are protected.
        default "zone-held" => zone_held: Map<Node>,
        /// What happens when too few members may go.
        default "shortfall" => shortfall: Map<Node>,
        /// What a group is meant to have after that.
        default "desired-after-shortfall" => desired_after: Map<Node>,
    }
}

record! {
    /// How long a group may wait before it repairs a member.
    WrittenRepairs: "limits on repairs" {
        /// At least.
        optional "shortest" => shortest: SimSpan,
        /// At most.
        optional "longest" => longest: SimSpan,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// How well they are founded, where that is said.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// What may hold up members that come or go.
    WrittenHooks: "hooks" {
        /// How long at least.
        optional "shortest" => shortest: SimSpan,
        /// How long at most.
        optional "longest" => longest: SimSpan,
        /// How it may end.
        required "results" => results: Vec<Spanned<HookResult>>,
        /// Whether those of a group that may go wait for those that may not yet.
        default "together" => together: bool,
        /// For which billings; all, if it does not say.
        default "billing" => billing: Vec<Billing>,
        /// How often it can be prolonged.
        default "heartbeats" => heartbeats: u32,
        /// How long at most with all that.
        optional "in-all" => in_all: SimSpan,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// How well they are founded, where that is said.
        optional "confidence" => confidence: Confidence,
        /// Which members wait.
        default "holds" => holds: Map<Node>,
    }
}

record! {
    /// An order of members.
    WrittenOrder: "an order" {
        /// What members are ordered by.
        required "by" => by: Criterion,
        /// Which end goes first.
        required "first" => first: Extreme,
        /// Whether the fullest fault domain of a zone goes before that.
        default "fault-domains" => fault_domains: bool,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// How well they are founded, where that is said.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// A question that the documents leave open.
    WrittenSwitch: "a switch" {
        /// The positions that one may take.
        required "one-of" => one_of: Vec<Spanned<String>>,
        /// The position of a scenario that takes none; without it, each must.
        optional "default" => default: Spanned<String>,
        /// The position at which protections are worth least: the default, unless a source
        /// speaks for another.
        optional "cautious" => cautious: Spanned<String>,
        /// How well that position is founded.
        optional "confidence" => confidence: Spanned<Confidence>,
        /// The question, and why it is open.
        optional "because" => because: String,
        /// What speaks for it.
        optional "source" => source: OneOrMany<Spanned<String>>,
    }
}

record! {
    /// A statement that no rule can carry.
    WrittenNote: "a note" {
        /// What the document says, in our words.
        required "says" => says: String,
        /// Where.
        required "source" => source: OneOrMany<Spanned<String>>,
    }
}

words! {
    /// What a step of a clock is counted from.
    Rounding: "a rounding" {
        /// The exact second.
        Exact = "exact",
        /// The start of the day, by the policy's calendar.
        DayStart = "day-start",
    }
}

/// What every rule may say besides its conditions and its conclusion.
const BASIS: &[&str] =
    &["if", "source", "confidence", "because", "remedy", "answer", "unreachable"];

/// A name as written.
pub type Written = Spanned<Box<str>>;

/// A column that a rule tests.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    /// Which.
    pub column: Column,
    /// Where it stands.
    pub span: Span,
    /// The words that it takes, as a mask.
    pub words: u32,
    /// Whether it names those that it does not take: then it may reach beyond the space.
    pub negated: bool,
}

/// An answer as written: a code, or `{ code, source, confidence }`.
#[derive(Debug, Clone)]
pub struct WrittenAnswer {
    /// What the provider answers.
    pub code: String,
    /// The documents that have it, if not those of the rule.
    pub sources: Vec<Spanned<String>>,
    /// How well it is founded, if not as the rule.
    pub confidence: Option<Spanned<Confidence>>,
    /// Where it stands.
    pub span: Span,
}

impl WrittenAnswer {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let alone =
            Self { code: String::new(), sources: Vec::new(), confidence: None, span: node.span };
        let Some(_) = node.entries() else {
            return Some(Self { code: read_line(node, problems)?, ..alone });
        };
        let fields = Fields::open(node, "an answer", &["code", "source", "confidence"], problems)?;
        let sources = fields.optional("source", problems);
        let confidence = fields.optional("confidence", problems);
        let code: Node = fields.node("code").cloned().or_else(|| {
            let _: Option<String> = fields.required("code", problems);
            None
        })?;
        Some(Self {
            code: read_line(&code, problems)?,
            sources: sources.map(|many: OneOrMany<_>| many.0).unwrap_or_default(),
            confidence,
            span: code.span,
        })
    }
}

/// A rule as written.
#[derive(Debug, Clone)]
pub struct WrittenRule {
    /// Its id.
    pub id: Spanned<Box<str>>,
    /// The columns it tests, with the words it takes.
    pub when: Vec<Test>,
    /// The switches it tests, with the values it takes.
    pub assuming: Vec<(Written, Vec<Written>)>,
    /// The documents it names.
    pub sources: Vec<Spanned<String>>,
    /// How well it is founded; documented where it does not say.
    pub confidence: Option<Spanned<Confidence>>,
    /// Why.
    pub because: Option<String>,
    /// What would have prevented the loss.
    pub remedy: WrittenRemedy,
    /// What it tests and what it concludes, as written: keys and words.
    pub says: Vec<(Box<str>, String)>,
    /// What the provider answers.
    pub answer: Option<WrittenAnswer>,
    /// Why no run can come to it.
    pub unreachable: Option<String>,
    /// Where it stands.
    pub span: Span,
}

impl WrittenRule {
    /// Reads a rule. `conclusion` names the keys that its table reads itself.
    ///
    /// A rule without an `id` of its own in the text gets `id`.
    pub fn read(
        id: Spanned<Box<str>>,
        node: &Node,
        conclusion: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(entries) = node.entries() else {
            problems.add(expected_kind(node, "a rule, as a mapping"));
            return None;
        };
        let mut part = Self {
            span: Span { end: id.span.end, ..id.span },
            id,
            when: Vec::new(),
            assuming: Vec::new(),
            sources: Vec::new(),
            confidence: None,
            because: None,
            remedy: WrittenRemedy::default(),
            says: as_written(entries),
            answer: None,
            unreachable: None,
        };
        for Entry { key, value } in entries {
            let name: &str = key;
            if let Some(column) = Column::named(name) {
                if let Some(words) = read_words(column, value, problems) {
                    let span = key.span;
                    part.when.push(Test { column, span, words, negated: is_negated(value) });
                }
            } else if BASIS.contains(&name) {
                part.read_basis(name, value, problems);
            } else if !conclusion.contains(&name) && !name.starts_with("x-") {
                problems.add(unknown_key(key, conclusion));
            }
        }
        Some(part)
    }

    fn read_basis(&mut self, key: &str, node: &Node, problems: &mut Problems) {
        match key {
            "source" => self.sources = read_sources(node, problems),
            "confidence" => self.confidence = Spanned::read(node, problems),
            "because" => self.because = read_line(node, problems),
            "remedy" => self.remedy = WrittenRemedy::read(node, problems),
            "answer" => self.answer = WrittenAnswer::read(node, problems),
            "unreachable" => self.unreachable = read_line(node, problems),
            _ => {
                for (switch, values) in
                    Map::<OneOrMany<Spanned<String>>>::read(node, problems).unwrap_or_default().0
                {
                    let values = values.0.into_iter().map(|v| v.map(String::into_boxed_str));
                    self.assuming.push((switch.map(|name| name.0), values.collect()));
                }
            }
        }
    }
}

/// What a rule tests and concludes, its basis apart.
fn as_written(entries: &[Entry]) -> Vec<(Box<str>, String)> {
    let says = entries.iter().filter(|Entry { key, .. }| {
        let key: &str = key;
        key != "id" && !key.starts_with("x-") && (key == "if" || !BASIS.contains(&key))
    });
    says.map(|Entry { key, value }| (key.value.clone(), words_written(value))).collect()
}

/// A value in a line: `manual or expiry`, `not remove`, `flag-on-spot works`.
fn words_written(node: &Node) -> String {
    match &node.value {
        Value::Empty => String::new(),
        Value::Scalar(text, _) => text.to_string(),
        Value::List(items) => items.iter().map(words_written).collect::<Vec<_>>().join(" or "),
        Value::Map(entries) => {
            let each = entries.iter().map(|e| format!("{} {}", *e.key, words_written(&e.value)));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A text that reports print in a cell.
pub(super) fn read_line(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = String::read(node, problems)?;
    if let Some(harm) = Name::harm(&text) {
        let title = "this text could do harm in a report";
        problems.add(Problem::at(Code::BadName, node.span, title, harm));
        return None;
    }
    Some(text)
}

/// The documents that a key `source` names.
pub fn read_sources(node: &Node, problems: &mut Problems) -> Vec<Spanned<String>> {
    OneOrMany::read(node, problems).map(|many: OneOrMany<_>| many.0).unwrap_or_default()
}

/// Whether a condition is `{ not: … }`.
fn is_negated(node: &Node) -> bool {
    matches!(node.entries(), Some([Entry { key, .. }]) if &*key.value == "not")
}

/// The words of a condition on a column, as a mask; `None` if it cannot be read.
pub fn words_of(column: Column, node: &Node) -> Option<u32> {
    read_words(column, node, &mut Problems::default())
}

/// The words of a condition on a column, as a mask: a word, a list, or `{ not: … }`.
fn read_words(column: Column, node: &Node, problems: &mut Problems) -> Option<u32> {
    if let (true, Some([Entry { value, .. }])) = (is_negated(node), node.entries()) {
        let all = u32::MAX >> (32 - column.words().len());
        return read_words(column, value, problems).map(|words| all & !words);
    }
    let one = std::slice::from_ref(node);
    let items: &[Node] = match &node.value {
        Value::List(items) => items,
        Value::Empty | Value::Scalar(..) | Value::Map(_) => one,
    };
    if items.is_empty() {
        let title = "an empty list takes nothing: this rule would never apply";
        problems.add(Problem::at(Code::MatchesNothing, node.span, title, "no word"));
        return None;
    }
    let choices = column.choices();
    let mut mask = 0;
    let mut good = true;
    for item in items {
        let Some(text) = item.scalar() else {
            problems.add(expected_kind(item, "a word or a list of words"));
            return None;
        };
        if let Some((_, taken)) = choices.iter().find(|(word, _)| *word == text) {
            mask |= taken;
        } else {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let title = format!("`{text}` is no word of the column `{}`", column.name());
            let problem = Problem::at(Code::UnknownWord, item.span, title, "unknown word");
            let problem = problem.did_you_mean(&closest(text, words.iter().copied()));
            problems.add(problem.note(format!("one of: {}", words.join(", "))));
            good = false;
        }
    }
    good.then_some(mask)
}

fn unknown_key(key: &Spanned<Box<str>>, conclusion: &[&str]) -> Problem {
    let columns = Column::ALL.iter().map(|column| column.name());
    let all: Vec<&str> =
        conclusion.iter().copied().chain(BASIS.iter().copied()).chain(columns).collect();
    let title = format!("unknown key `{}` in a rule", **key);
    Problem::at(Code::UnknownKey, key.span, title, "neither a column nor a key of a rule")
        .did_you_mean(&closest(key, all))
        .note(format!(
            "besides columns, a rule has: {}, {}",
            conclusion.join(", "),
            BASIS.join(", ")
        ))
}

/// The columns of a `space:` and the words each has there.
pub fn read_space(node: &Node, problems: &mut Problems) -> Vec<(Column, Vec<u8>)> {
    let Some(entries) = node.entries() else {
        problems.add(expected_kind(node, "a mapping from columns to words"));
        return Vec::new();
    };
    let mut columns = Vec::new();
    for Entry { key, value } in entries {
        let Some(column) = Column::named(key) else {
            let names = Column::ALL.iter().map(|column| column.name());
            let title = format!("there is no column `{}`", **key);
            let problem = Problem::at(Code::UnknownWord, key.span, title, "unknown column");
            problems.add(problem.did_you_mean(&closest(key, names)));
            continue;
        };
        if let Some(mut mask) = read_words(column, value, problems) {
            if !is_negated(value) {
                // A set of locks that a space does not list is in no cell of it.
                let others = column.choices().into_iter().filter(|(_, taken)| taken & !mask != 0);
                mask &= !others.fold(0, |others, (_, taken)| others | taken);
            }
            columns.push((column, (0..32).filter(|word| mask >> word & 1 == 1).collect()));
        }
    }
    columns.sort_by_key(|(column, _)| *column);
    columns
}

/// The steps of a clock, each with its id: a list, or a mapping from ids.
#[derive(Debug, Clone, Default)]
pub struct StepNodes(pub Vec<Node>);

impl Read for StepNodes {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        Vec::read(&listed(node), problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        let step = serde_json::json!({ "type": "object" });
        serde_json::json!({
            "anyOf": [
                { "type": "array", "items": step.clone() },
                { "type": "object", "additionalProperties": step },
            ],
        })
    }
}

/// A step of a clock as written.
#[derive(Debug, Clone)]
pub struct WrittenStep {
    /// Its conditions and its basis.
    pub rule: WrittenRule,
    /// How long after what it counts from.
    pub after: CalendarSpan,
    /// Whether the account's grace comes on top.
    pub plus_grace: bool,
    /// The step it counts from; the start of the clock where it does not say.
    pub since: Option<Spanned<String>>,
    /// Whether the instant is moved.
    pub rounding: Rounding,
    /// What it asks.
    pub action: ClockAction,
    /// As what cause it asks, where that is judged.
    pub trigger: Option<Trigger>,
}

/// The keys of a step besides conditions and basis.
const STEP: &[&str] = &["id", "after", "plus", "since", "at", "action", "trigger"];

impl WrittenStep {
    /// Reads a step; `name` is what it is called if it has no id.
    pub fn read(name: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
        let id = match node.get("id") {
            Some(id) => String::read(id, problems)?,
            None => name.to_owned(),
        };
        let mut start = node.span;
        start.end = start.start + 1;
        let span = node.get("id").map_or(start, |id| id.span);
        // A step's action and trigger are what it asks, not what it tests.
        let tested = Node {
            value: Value::Map(
                node.entries()
                    .unwrap_or_default()
                    .iter()
                    .filter(|entry| !["action", "trigger"].contains(&&**entry.key))
                    .cloned()
                    .collect(),
            ),
            span: node.span,
        };
        let mut rule = WrittenRule::read(Spanned::new(id.into(), span), &tested, STEP, problems)?;
        rule.says = as_written(node.entries().unwrap_or_default());
        let Some(action) = node.get("action") else {
            let title = "a step of a clock needs the key `action`";
            problems.add(Problem::at(Code::MissingKey, span, title, "no `action` here"));
            return None;
        };
        let plus_grace = match node.get("plus") {
            None => false,
            Some(plus) if plus.scalar() == Some("grace") => true,
            Some(plus) => {
                let title = "the only thing that a step may add is `grace`";
                problems.add(Problem::at(Code::UnknownWord, plus.span, title, "not `grace`"));
                false
            }
        };
        let read = |key: &str| node.get(key);
        Some(Self {
            rule,
            after: read("after")
                .map_or(Some(CalendarSpan::default()), |node| CalendarSpan::read(node, problems))?,
            plus_grace,
            since: read("since").and_then(|node| Spanned::read(node, problems)),
            rounding: read("at")
                .map_or(Some(Rounding::Exact), |node| Rounding::read(node, problems))?,
            action: read_word(action, problems)?,
            trigger: read("trigger").and_then(|node| read_word(node, problems)),
        })
    }
}
