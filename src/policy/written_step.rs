//! A step of a clock as written.

use serde_json::{Value as Json, json};

use super::clock::Rounding;
use super::rule_node::{RuleKind, RuleNode};
use super::written::listed;
use super::written_rule::{WrittenRule, as_written};
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::format::{Map, Name, Node, Read, SchemaKey, Schemas, Value, read_word};
use crate::time::CalendarSpan;
use crate::words::{ClockAction, ClockKind, Trigger};

/// The clocks of a policy, each by the word for its start.
#[derive(Debug, Clone, Default)]
pub struct WrittenClocks(pub Vec<(Spanned<Name>, StepNodes)>);

impl Read for WrittenClocks {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        Map::read(node, problems).map(|clocks| Self(clocks.0))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let mut clocks = Map::<StepNodes>::schema(schemas);
        clocks["propertyNames"] = ClockKind::schema(schemas);
        clocks
    }
}

/// The steps of a clock, each with its id: a list, or a mapping from ids.
#[derive(Debug, Clone, Default)]
pub struct StepNodes(pub Vec<RuleNode<WrittenStep>>);

impl Read for StepNodes {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        Vec::read(&listed(node), problems).map(Self)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let step = RuleNode::<WrittenStep>::schema(schemas);
        let list = json!({ "type": "array", "items": step });
        json!({ "anyOf": [list, { "type": "object", "additionalProperties": step }] })
    }
}

impl RuleKind for WrittenStep {
    fn what() -> String {
        "a clock step".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        let text = String::schema(schemas);
        let [after, since, at, trigger] = [
            "The time after the step or start from which it counts; zero if not given.",
            "The step from which it counts; the start of the clock if not given.",
            "How the instant is rounded; `exact` if not given.",
            "The trigger of the request; that of the clock if not given.",
        ];
        vec![
            ("id", "Its id.", text.clone(), false),
            ("after", after, CalendarSpan::schema(schemas), false),
            (
                "plus",
                "`grace`: the grace period of the account is added.",
                json!({ "const": "grace" }),
                false,
            ),
            ("since", since, text, false),
            ("at", at, Rounding::schema(schemas), false),
            ("action", "The requested action.", ClockAction::schema(schemas), true),
            ("trigger", trigger, Trigger::schema(schemas), false),
        ]
    }
}

/// A step of a clock as written.
#[derive(Debug, Clone)]
pub struct WrittenStep {
    /// Its conditions and its basis.
    pub rule: WrittenRule,
    /// Span after the start or the earlier step.
    pub after: CalendarSpan,
    /// Whether the grace period of the account is added.
    pub plus_grace: bool,
    /// The earlier step from which it counts; `None` to count from the start.
    pub since: Option<Spanned<String>>,
    /// How its instant is rounded.
    pub rounding: Rounding,
    /// The requested action.
    pub action: ClockAction,
    /// The trigger; `None` for the trigger of the clock.
    pub trigger: Option<Trigger>,
}

/// The keys of a step besides conditions and basis.
const STEP: &[&str] = &["id", "after", "plus", "since", "at", "action", "trigger"];

impl WrittenStep {
    /// Reads a step; `name` is its id if it has none.
    pub fn read(name: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
        let id = match node.get("id") {
            Some(id) => String::read(id, problems)?,
            None => name.to_owned(),
        };
        let mut start = node.span;
        start.end = start.start + 1;
        let span = node.get("id").map_or(start, |id| id.span);
        // The action and the trigger of a step are conclusions, not conditions.
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
            let title = "missing key `action` in a step of a clock";
            problems.add(Problem::at(Code::MissingKey, span, title, "no `action` here"));
            return None;
        };
        let plus_grace = match node.get("plus") {
            None => false,
            Some(plus) if plus.scalar() == Some("grace") => true,
            Some(plus) => {
                let title = "`plus` of a step accepts only `grace`";
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
