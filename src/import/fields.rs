//! The fields of an object, each read as what it has to be.
//!
//! What is absent, `null` or an empty text is not there: nobody knows it. What
//! is there and is not valid is reported in its place, and then counts as not
//! there; such a reply is refused, so nothing is made of it. The client prints
//! some numbers and flags in quotes, and both ways are read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::{Piece, Shape, shown};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::Name;
use crate::time::{SimTime, TimeError};

/// A text of a reply and its place.
pub(super) type RowText<'t> = Spanned<Cow<'t, str>>;

/// An object of a reply.
pub(super) struct Row<'t> {
    /// Where it opens.
    pub(super) span: Span,
    fields: BTreeMap<Cow<'t, str>, Piece<'t>>,
}

impl<'t> Row<'t> {
    /// Opens a piece that has to be `what`, such as "an instance", as an object.
    pub(super) fn open(piece: Piece<'t>, what: &str, problems: &mut Problems) -> Option<Self> {
        let span = piece.span();
        let shape = piece.shape();
        let Shape::Object(fields) = shape else {
            let problem = wrong(what, piece, "an object", &shape);
            problems.add(problem.help("write it in braces, `{ … }`, or take it out"));
            return None;
        };
        for (key, second) in &fields.again {
            let title = format!("`{}` stands twice in {what}", shown(key));
            let mut problem = Problem::at(Code::Twice, second.span(), title, "second value");
            if let Some(first) = fields.first.get(key) {
                problem = problem.and_at(first.span(), "first value");
            }
            problems.add(problem.help("keep one of them"));
        }
        Some(Self { span, fields: fields.first })
    }

    /// Every field's name.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(AsRef::as_ref)
    }

    /// A field as it stands.
    pub(super) fn piece(&self, key: &str) -> Option<Piece<'t>> {
        self.fields.get(key).copied()
    }

    /// Whether a field says nothing.
    pub(super) fn is_silent(&self, key: &str) -> bool {
        self.said(key).is_none()
    }

    /// Whether there is no such field, or one that holds `null`: nobody knows. A field that
    /// holds an empty text says that there is nothing.
    pub(super) fn is_missing(&self, key: &str) -> bool {
        self.piece(key).is_none_or(|piece| matches!(piece.shape(), Shape::Null))
    }

    /// A field that says something.
    fn said(&self, key: &str) -> Option<(Piece<'t>, Shape<'t>)> {
        let piece = self.piece(key)?;
        Some((piece, piece.shape())).filter(|(_, shape)| !shape.is_silent())
    }

    /// A text.
    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<RowText<'t>> {
        text(key, self.piece(key)?, problems)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> Option<Spanned<bool>> {
        let (piece, shape) = self.said(key)?;
        match shape.single() {
            Some("true") => Some(Spanned::new(true, piece.span())),
            Some("false") => Some(Spanned::new(false, piece.span())),
            _ => {
                let problem = wrong(&quoted(key), piece, "`true` or `false`", &shape);
                let help = "write `true` or `false`; leave it out if it is unknown";
                problems.add(problem.help(help));
                None
            }
        }
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str, problems: &mut Problems) -> Option<Spanned<u32>> {
        let (piece, shape) = self.said(key)?;
        let digits = shape.single().unwrap_or_default();
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| plain);
        if number.is_none() {
            let what = format!("a whole number from 0 to {}", u32::MAX);
            let problem = wrong(&quoted(key), piece, &what, &shape);
            problems.add(problem.help("write digits alone, such as `12`"));
        }
        number.map(|number| Spanned::new(number, piece.span()))
    }

    /// An instant; minutes will do.
    pub(super) fn time(&self, key: &str, problems: &mut Problems) -> Option<Spanned<SimTime>> {
        let (piece, shape) = self.said(key)?;
        let text = if let Shape::Text(text) = &shape { text.as_ref() } else { "" };
        let fault = match SimTime::parse(text) {
            Ok(at) => return Some(Spanned::new(at, piece.span())),
            Err(fault) => fault,
        };
        let what = match fault {
            TimeError::NoOffset => "a time with its offset from UTC",
            TimeError::Fraction => "a time in whole seconds",
            TimeError::NoUnit | TimeError::OutOfRange | TimeError::Malformed => "a time",
        };
        let problem = wrong(&quoted(key), piece, what, &shape);
        problems.add(problem.help("write it as the provider does, such as `2026-06-01T00:00Z`"));
        None
    }

    /// One of a few words, as what it means.
    pub(super) fn word<W: Copy>(
        &self,
        key: &str,
        words: &[(&str, W)],
        problems: &mut Problems,
    ) -> Option<Spanned<W>> {
        let (piece, shape) = self.said(key)?;
        let text = if let Shape::Text(text) = &shape { text.as_ref() } else { "" };
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
            return Some(Spanned::new(*meant, piece.span()));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let problem = wrong(&quoted(key), piece, "one of its words", &shape);
        let problem = problem.did_you_mean(&closest(text, known.iter().copied()));
        problems.add(problem.note(format!("one of: {}", known.join(", "))));
        None
    }

    /// What a report may print in a cell.
    pub(super) fn name(&self, key: &str, problems: &mut Problems) -> Option<Spanned<Name>> {
        harmless(&self.text(key, problems)?, problems)
    }

    /// The name that an object cannot do without.
    pub(super) fn id(&self, key: &str, problems: &mut Problems) -> Option<Spanned<Name>> {
        let (span, title) = match self.piece(key) {
            None => (self.span, format!("there is no `{key}` here")),
            Some(piece) if self.is_silent(key) => {
                (piece.span(), format!("`{key}` is {}", piece.shape().kind()))
            }
            Some(_) => return self.name(key, problems),
        };
        let problem = Problem::at(Code::BadReply, span, title, "no name");
        let help = "write what the provider calls it, or take the whole object out";
        problems.add(problem.help(help));
        None
    }

    /// An object behind a key.
    pub(super) fn row(&self, key: &str, problems: &mut Problems) -> Option<Self> {
        let (piece, _) = self.said(key)?;
        Self::open(piece, &format!("`{key}`"), problems)
    }

    /// The items of a list, which may be wrapped once more: `{"Tag": [ … ]}`. None, if it
    /// is not there.
    pub(super) fn list(&self, key: &str, item: &str, problems: &mut Problems) -> Vec<Piece<'t>> {
        let Some((piece, shape)) = self.said(key) else { return Vec::new() };
        if matches!(shape, Shape::Object(fields) if fields.first.is_empty()) {
            return Vec::new();
        }
        items(key, piece, item, problems).unwrap_or_default()
    }
}

/// A text, of a field or of an item of a list.
pub(super) fn text<'t>(
    key: &str,
    piece: Piece<'t>,
    problems: &mut Problems,
) -> Option<RowText<'t>> {
    let shape = piece.shape();
    if shape.is_silent() {
        return None;
    }
    let Shape::Text(text) = shape else {
        let problem = wrong(&quoted(key), piece, "a text", &shape);
        problems.add(problem.help("write a text in double quotes, or take it out"));
        return None;
    };
    Some(Spanned::new(text, piece.span()))
}

/// The items of a list that must be there; reported if they are not.
pub(super) fn items<'t>(
    key: &str,
    piece: Piece<'t>,
    item: &str,
    problems: &mut Problems,
) -> Option<Vec<Piece<'t>>> {
    let shape = piece.shape();
    if let Shape::List(items) = shape {
        return Some(items);
    }
    let problem = if let Shape::Object(fields) = &shape {
        if let Some(inner) = fields.first.get(item) {
            let shape = inner.shape();
            if let Shape::List(items) = shape {
                return Some(items);
            }
            wrong(&quoted(item), *inner, "a list", &shape)
        } else {
            let title = format!("`{key}` holds no list `{item}`");
            Problem::at(Code::BadReply, piece.span(), title, "not in here")
        }
    } else {
        wrong(&quoted(key), piece, &format!("an object with a list `{item}`"), &shape)
    };
    let help = format!("write `\"{key}\": {{ \"{item}\": [ … ] }}`, as the client prints it");
    problems.add(problem.help(help));
    None
}

/// A text that can stand in a report as a name; reported if it would do harm there.
pub(super) fn harmless(text: &RowText<'_>, problems: &mut Problems) -> Option<Spanned<Name>> {
    if let Some(harm) = Name::harm(text) {
        let problem = Name::problem(text, &harm, text.span);
        problems.add(problem.help("write another name, or take it out; a report would carry it"));
        return None;
    }
    Some(Spanned::new(Name(text.value.as_ref().into()), text.span))
}

/// The message that something, such as a field, must be `what`.
fn wrong(it: &str, piece: Piece<'_>, what: &str, found: &Shape<'_>) -> Problem {
    let title = format!("{it} must be {what}, and this is {}", found.kind());
    Problem::at(Code::BadReply, piece.span(), title, format!("not {what}"))
}

fn quoted(key: &str) -> String {
    format!("`{key}`")
}
