//! The key `remedy` of a rule as written.
//!
//! A remedy names an act, so that the program can check that it helps: `settle`, or
//! `{ do: settle, says: … }`, or `{ set: PROTECTION }`, or a list of these in order of
//! preference. A sentence is advice, which is not checked.

use serde_json::{Value as Json, json};

use super::written::{WrittenText, read_line};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{Fields, Name, Node, Read, Schemas, Value, expected_kind, read_word};
use crate::words::{Act, Word};

/// The remedies of a rule.
#[derive(Debug, Clone, Default)]
pub struct WrittenRemedy {
    /// Acts, the preferred one first.
    pub acts: Vec<WrittenAct>,
    /// Advice in a sentence; `None` if there is none.
    pub text: Option<String>,
}

/// An act as written.
#[derive(Debug, Clone)]
pub struct WrittenAct {
    /// The act or protection.
    pub what: WrittenWhat,
    /// The wording; `None` for the default wording.
    pub says: Option<String>,
    /// Its location.
    pub span: Span,
}

/// An act: set a protection, or another act.
#[derive(Debug, Clone)]
pub enum WrittenWhat {
    /// Set the protection with this name or attribute.
    Set(WrittenText),
    /// Perform this act.
    Do(Act),
}

/// The keys of an act.
const KEYS: &[&str] = &["do", "set", "says"];

impl WrittenRemedy {
    /// Most acts; a loss states the number of its act in 8 bits.
    const MOST: usize = u8::MAX as usize;

    /// Reads a remedy; its mistakes are added to `problems`.
    pub fn read(node: &Node, problems: &mut Problems) -> Self {
        match &node.value {
            Value::List(items) => {
                if let Some(item) = items.get(Self::MOST) {
                    let title = format!("a rule has at most {} remedies", Self::MOST);
                    problems.add(Problem::at(Code::BadNumber, item.span, title, "one too many"));
                }
                let acts = items.iter().filter_map(|item| WrittenAct::read(item, problems));
                Self { acts: acts.collect(), text: None }
            }
            Value::Map(_) => {
                Self { acts: WrittenAct::read(node, problems).into_iter().collect(), text: None }
            }
            Value::Empty | Value::Scalar(..) => match node.scalar() {
                // Acts are single words; advice is a sentence.
                Some(text) if text.contains(' ') => {
                    Self { acts: Vec::new(), text: read_line(node, problems) }
                }
                _ => Self {
                    acts: WrittenAct::read(node, problems).into_iter().collect(),
                    text: None,
                },
            },
        }
    }
}

impl WrittenAct {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let span = node.span;
        if node.scalar().is_some() {
            let act = read_act(node, problems)?;
            return Some(Self { what: WrittenWhat::Do(act), says: None, span });
        }
        if node.entries().is_none() {
            problems.add(expected_kind(node, "an act, as a word or a mapping"));
            return None;
        }
        let fields = Fields::open(node, "an act", KEYS, problems)?;
        let says = fields.node("says").and_then(|node| read_line(node, problems));
        let what = match (fields.node("do"), fields.node("set")) {
            (Some(act), None) => WrittenWhat::Do(read_act(act, problems)?),
            (None, Some(name)) => {
                let name = Spanned::<Name>::read(name, problems)?;
                WrittenWhat::Set(name.map(|name| name.0))
            }
            _ => {
                let title = "a remedy needs exactly one of `do` and `set`";
                let problem = Problem::at(Code::MissingKey, span, title, "needs `do` or `set`");
                problems
                    .add(problem.help("write `{ do: settle }` or `{ set: NAME-OF-A-PROTECTION }`"));
                return None;
            }
        };
        Some(Self { what, says, span })
    }
}

/// The schema of a remedy.
pub(super) fn remedy_schema(schemas: &mut Schemas) -> Json {
    let act = schemas.define::<WrittenAct>("a remedy that is checked", |schemas| {
        let name = Name::schema(schemas);
        let keys = vec![
            ("do", "An act.", Act::schema(schemas), false),
            ("set", "A protection to set, by name or attribute.", name, false),
            ("says", "Its wording in reports.", String::schema(schemas), false),
        ];
        let mut mapping = schemas.object("An act, or a protection to set.", keys);
        mapping["type"] = "object".into();
        mapping["oneOf"] = json!([{ "required": ["do"] }, { "required": ["set"] }]);
        json!({ "anyOf": [Act::schema(schemas), mapping] })
    });
    schemas.define::<WrittenRemedy>("a remedy", |_| {
        let sentence = json!({
            "description": "Advice outside of the policy, which is not checked.",
            "type": "string",
            "pattern": " ",
        });
        let about = "The act that would have prevented the loss.";
        json!({ "description": about, "anyOf": [act, { "type": "array", "items": act }, sentence] })
    })
}

fn read_act(node: &Node, problems: &mut Problems) -> Option<Act> {
    let text = node.scalar().unwrap_or_default();
    if let Some(act) = Act::spelled(text) {
        return Some(act);
    }
    if text.is_empty() {
        return read_word(node, problems);
    }
    let words: Vec<&str> = Act::ALL.iter().map(|act| act.word()).collect();
    let title = format!("unknown act `{text}`");
    let problem = Problem::at(Code::UnknownWord, node.span, title, "unknown act");
    let problem = problem.did_you_mean(&closest(text, words.iter().copied()));
    problems.add(
        problem.note(format!("one of: {}", words.join(", "))).help(
            "to set a protection, write `{ set: NAME }`; a full sentence is unchecked advice",
        ),
    );
    None
}
