//! A step of a clock as written.

use super::clock::Rounding;
use super::written::listed;
use super::written_rule::{WrittenRule, as_written};
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::format::{Node, Read, Value, read_word};
use crate::time::CalendarSpan;
use crate::words::{ClockAction, Trigger};

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
