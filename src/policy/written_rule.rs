//! A rule as written: conditions, conclusion and basis.

use super::facts::Column;
use super::written::{WrittenText, read_line, read_sources, words_written};
use super::written_condition::{Test, is_negated, read_words};
use super::written_remedy::WrittenRemedy;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, Suggestion};
use crate::format::{Entry, Fields, Map, Node, OneOrMany, Read, expected_kind};
use crate::words::Confidence;

/// The keys of every rule besides its conditions and its conclusion.
const BASIS: &[&str] =
    &["if", "source", "confidence", "because", "remedy", "answer", "unreachable"];

/// An answer as written: a code, or `{ code, source, confidence }`.
#[derive(Debug, Clone)]
pub struct WrittenAnswer {
    /// The answer of the provider.
    pub code: String,
    /// The documents that contain it; empty if they are those of the rule.
    pub sources: Vec<Spanned<String>>,
    /// The confidence; `None` if it is that of the rule.
    pub confidence: Option<Spanned<Confidence>>,
    /// Its location.
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
    /// The columns that it tests.
    pub when: Vec<Test>,
    /// The switches that it tests, with the positions that match.
    pub assuming: Vec<(WrittenText, Vec<WrittenText>)>,
    /// The documents that it cites.
    pub sources: Vec<Spanned<String>>,
    /// The confidence; `None` for `documented`.
    pub confidence: Option<Spanned<Confidence>>,
    /// The reason; `None` if none is written.
    pub because: Option<String>,
    /// The remedies that it proposes.
    pub remedy: WrittenRemedy,
    /// Its conditions and conclusions as written: keys and words.
    pub says: Vec<(Box<str>, String)>,
    /// The answer of the provider; `None` if none is written.
    pub answer: Option<WrittenAnswer>,
    /// Why no run reaches it; `None` if runs can.
    pub unreachable: Option<String>,
    /// Its location.
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

    /// Reads an answer that several rules share.
    pub fn read_answer(node: &Node, problems: &mut Problems) -> Option<WrittenAnswer> {
        WrittenAnswer::read(node, problems)
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

/// The conditions and conclusions of a rule, without its basis.
pub(super) fn as_written(entries: &[Entry]) -> Vec<(Box<str>, String)> {
    let says = entries.iter().filter(|Entry { key, .. }| {
        let key: &str = key;
        key != "id" && !key.starts_with("x-") && (key == "if" || !BASIS.contains(&key))
    });
    says.map(|Entry { key, value }| (key.value.clone(), words_written(value))).collect()
}

fn unknown_key(key: &Spanned<Box<str>>, conclusion: &[&str]) -> Problem {
    let columns = Column::ALL.iter().map(|column| column.name());
    let all: Vec<&str> =
        conclusion.iter().copied().chain(BASIS.iter().copied()).chain(columns).collect();
    let title = format!("unknown key `{}` in a rule", **key);
    Problem::at(Code::UnknownKey, key.span, title, "neither a column nor a key of a rule")
        .suggest(&Suggestion::of(key, None, all))
        .note(format!(
            "a rule accepts columns and: {}, {}",
            conclusion.join(", "),
            BASIS.join(", ")
        ))
}
