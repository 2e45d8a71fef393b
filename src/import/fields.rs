//! Typed access to the fields of an object in a reply.
//!
//! A field that is absent, `null` or an empty text counts as missing. A field with an invalid value
//! is reported and counts as missing; a reply with errors is refused as a whole. The client prints
//! some numbers and flags in quotes; both forms are read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::{JsonValue, ObjectFields, Piece, shown};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::Name;
use crate::time::{SimTime, TimeError};

/// A text of a reply with its span.
pub(super) type FieldText<'t> = Spanned<Cow<'t, str>>;

/// An object of a reply.
pub(super) struct ReplyObject<'t> {
    /// The span of its opening brace.
    pub(super) span: Span,
    fields: BTreeMap<Cow<'t, str>, Piece<'t>>,
}

impl<'t> ReplyObject<'t> {
    /// Reads a value as an object; `what` names it in messages, such as "an instance".
    pub(super) fn open(piece: Piece<'t>, what: &str, problems: &mut Problems) -> Option<Self> {
        let span = piece.span();
        let shape = piece.shape();
        let JsonValue::Object(fields) = shape else {
            let problem = wrong(what, piece, "an object", &shape);
            problems.add(problem.help("write an object `{ … }`, or remove it"));
            return None;
        };
        report_again(what, &fields, problems);
        let mut fields = fields.first;
        // A resource as the API gives it keeps most of its fields one level deeper.
        if let Some(inner) = fields.get("properties")
            && let JsonValue::Object(inner) = inner.shape()
        {
            report_again(&format!("`properties` of {what}"), &inner, problems);
            for (key, value) in inner.first {
                fields.entry(key).or_insert(value);
            }
        }
        Some(Self { span, fields })
    }

    /// The names of all fields.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(AsRef::as_ref)
    }

    /// Some fields as facts, each as `key: value`; those that are blank are left out.
    pub(super) fn facts(&self, keys: &[&str]) -> Vec<String> {
        let fact = |key: &&str| {
            let (_, shape) = self.value(key)?;
            Some(format!("{key}: {}", shape.single()?))
        };
        keys.iter().filter_map(fact).collect()
    }

    /// The fields that are texts, numbers or flags, by their keys as written.
    pub(super) fn texts(&self) -> Vec<(Spanned<String>, String)> {
        let single = |(key, piece): (&Cow<'t, str>, &Piece<'t>)| {
            let shape = piece.shape();
            let value = shape.single()?.to_owned();
            Some((Spanned::new(key.to_string(), piece.span()), value))
        };
        self.fields.iter().filter_map(single).collect()
    }

    /// The value of a field: by its key, or by the key as an SDK spells it, with the first letter
    /// in the other case or in snake case.
    pub(super) fn piece(&self, key: &str) -> Option<Piece<'t>> {
        let found = self.fields.get(key).or_else(|| self.fields.get(other_case(key).as_str()));
        found.or_else(|| self.fields.get(snake_case(key).as_str())).copied()
    }

    /// The type of resource that the id names, in lower case: the words of its path without the
    /// names, such as `microsoft.compute/virtualmachinescalesets/virtualmachines`.
    pub(super) fn resource_type(&self) -> Option<String> {
        let mut ignored = Problems::default();
        let id = self.text("id", &mut ignored)?.to_lowercase();
        let (_, path) = id.rsplit_once("/providers/")?;
        let mut parts = path.split('/');
        let mut kind = parts.next()?.to_owned();
        for word in parts.step_by(2) {
            kind.push('/');
            kind.push_str(word);
        }
        Some(kind)
    }

    /// Whether a field is absent, `null` or an empty text.
    pub(super) fn is_blank(&self, key: &str) -> bool {
        self.value(key).is_none()
    }

    /// Whether a field is absent or `null`, so that its value is unknown. An empty text instead
    /// means that there is no value.
    pub(super) fn is_missing(&self, key: &str) -> bool {
        self.piece(key).is_none_or(|piece| matches!(piece.shape(), JsonValue::Null))
    }

    /// A field that is not blank.
    fn value(&self, key: &str) -> Option<(Piece<'t>, JsonValue<'t>)> {
        let piece = self.piece(key)?;
        Some((piece, piece.shape())).filter(|(_, shape)| !shape.is_blank())
    }

    /// A field as a text.
    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<FieldText<'t>> {
        text(key, self.piece(key)?, problems)
    }

    /// A field as `true` or `false`.
    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> Option<Spanned<bool>> {
        let (piece, shape) = self.value(key)?;
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

    /// A field as a whole number.
    pub(super) fn number(&self, key: &str, problems: &mut Problems) -> Option<Spanned<u32>> {
        let (piece, shape) = self.value(key)?;
        let digits = shape.single().unwrap_or_default();
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| plain);
        if number.is_none() {
            let what = format!("a whole number from 0 to {}", u32::MAX);
            let problem = wrong(&quoted(key), piece, &what, &shape);
            problems.add(problem.help("write only digits, such as `12`"));
        }
        number.map(|number| Spanned::new(number, piece.span()))
    }

    /// A field as an instant, with or without seconds.
    pub(super) fn time(&self, key: &str, problems: &mut Problems) -> Option<Spanned<SimTime>> {
        let (piece, shape) = self.value(key)?;
        let text = if let JsonValue::Text(text) = &shape { text.as_ref() } else { "" };
        let fault = match SimTime::parse_reply(text) {
            Ok(at) => return Some(Spanned::new(at, piece.span())),
            Err(fault) => fault,
        };
        let what = match fault {
            TimeError::NoOffset => "a time with its offset from UTC",
            TimeError::Fraction => "a time in whole seconds",
            TimeError::NoUnit
            | TimeError::LeapSecond
            | TimeError::Offset
            | TimeError::ZoneName
            | TimeError::OutOfRange
            | TimeError::Malformed => "a time",
        };
        let problem = wrong(&quoted(key), piece, what, &shape);
        problems.add(problem.help("write it as the provider does, such as `2026-06-01T00:00Z`"));
        None
    }

    /// A field as one of `words`, in upper or lower case, mapped to its meaning.
    ///
    /// # Errors
    /// A warning if it is any other text; the value is then unknown.
    pub(super) fn word<W: Copy>(
        &self,
        key: &str,
        words: &[(&str, W)],
        problems: &mut Problems,
    ) -> Result<Option<Spanned<W>>, Box<Problem>> {
        let Some((piece, shape)) = self.value(key) else { return Ok(None) };
        let JsonValue::Text(text) = &shape else {
            let problem = wrong(&quoted(key), piece, "a text", &shape);
            problems.add(problem.help("write a text in double quotes, or remove it"));
            return Ok(None);
        };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return Ok(Some(Spanned::new(*meaning, piece.span())));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let title = format!("`{}` is not a known word of `{key}`", shown(text));
        let problem = Problem::at(Code::LeftOut, piece.span(), title, "taken as unknown");
        let problem = problem.did_you_mean(&closest(text, known.iter().copied()));
        Err(Box::new(problem.note(format!("known are: {}", known.join(", ")))))
    }

    /// A field as a name that reports can print.
    pub(super) fn name(&self, key: &str, problems: &mut Problems) -> Option<Spanned<Name>> {
        safe_name(&self.text(key, problems)?, problems)
    }

    /// A required field as a name; reported if it is missing.
    pub(super) fn id(&self, key: &str, problems: &mut Problems) -> Option<Spanned<Name>> {
        let (span, title) = match self.piece(key) {
            None => (self.span, format!("missing key `{key}`")),
            Some(piece) if self.is_blank(key) => {
                (piece.span(), format!("`{key}` is {}", piece.shape().kind()))
            }
            Some(_) => return self.name(key, problems),
        };
        let problem = Problem::at(Code::BadReply, span, title, "no name");
        let help = "write the provider's id, or remove the whole object";
        problems.add(problem.help(help));
        None
    }

    /// A field as an object.
    pub(super) fn object(&self, key: &str, problems: &mut Problems) -> Option<Self> {
        let (piece, _) = self.value(key)?;
        Self::open(piece, &format!("`{key}`"), problems)
    }

    /// A field as a list, which may be wrapped in an object: `{"Tag": [ … ]}`; empty if the field
    /// is missing.
    pub(super) fn list(&self, key: &str, item: &str, problems: &mut Problems) -> Vec<Piece<'t>> {
        let Some((piece, shape)) = self.value(key) else { return Vec::new() };
        if matches!(shape, JsonValue::Object(fields) if fields.first.is_empty()) {
            return Vec::new();
        }
        items(key, piece, item, problems).unwrap_or_default()
    }
}

/// Reports the keys that an object has twice.
fn report_again(what: &str, fields: &ObjectFields<'_>, problems: &mut Problems) {
    for (key, second) in &fields.again {
        let title = format!("the key `{}` occurs twice in {what}", shown(key));
        let mut problem = Problem::at(Code::Twice, second.span(), title, "second value");
        if let Some(first) = fields.first.get(key) {
            problem = problem.and_at(first.span(), "first value");
        }
        problems.add(problem.help("keep one of them"));
    }
}

/// The text of a field or of an item of a list; `None` if it is blank or not a text.
pub(super) fn text<'t>(
    key: &str,
    piece: Piece<'t>,
    problems: &mut Problems,
) -> Option<FieldText<'t>> {
    let shape = piece.shape();
    if shape.is_blank() {
        return None;
    }
    let JsonValue::Text(text) = shape else {
        let problem = wrong(&quoted(key), piece, "a text", &shape);
        problems.add(problem.help("write a text in double quotes, or remove it"));
        return None;
    };
    Some(Spanned::new(text, piece.span()))
}

/// The items of a required list; reported if it is missing.
pub(super) fn items<'t>(
    key: &str,
    piece: Piece<'t>,
    item: &str,
    problems: &mut Problems,
) -> Option<Vec<Piece<'t>>> {
    let shape = piece.shape();
    if let JsonValue::List(items) = shape {
        return Some(items);
    }
    let is_wrapped = key != item;
    let problem = if let JsonValue::Object(fields) = &shape {
        let inner = fields.first.get(item);
        if let Some(inner) = inner.or_else(|| fields.first.get(other_case(item).as_str())) {
            let shape = inner.shape();
            if let JsonValue::List(items) = shape {
                return Some(items);
            }
            wrong(&quoted(item), *inner, "a list", &shape)
        } else {
            let title = format!("`{key}` contains no list `{item}`");
            Problem::at(Code::BadReply, piece.span(), title, "no such list")
        }
    } else {
        let what = format!("an object with a list `{item}`");
        wrong(&quoted(key), piece, if is_wrapped { &what } else { "a list" }, &shape)
    };
    let list = if is_wrapped { format!("{{ \"{item}\": [ … ] }}") } else { "[ … ]".to_owned() };
    problems.add(problem.help(format!("write `\"{key}\": {list}`, as the client prints it")));
    None
}

/// A text as a name that reports can print; reported if it is not safe there.
pub(super) fn safe_name(text: &FieldText<'_>, problems: &mut Problems) -> Option<Spanned<Name>> {
    if let Some(harm) = Name::harm(text) {
        let problem = Name::problem(text, &harm, text.span);
        problems.add(problem.help("write another name, or remove it; reports print it"));
        return None;
    }
    Some(Spanned::new(Name(text.value.as_ref().into()), text.span))
}

/// The message that `subject`, such as a field, must be `what`.
fn wrong(subject: &str, piece: Piece<'_>, what: &str, found: &JsonValue<'_>) -> Problem {
    let title = format!("{subject} must be {what}, found {}", found.kind());
    Problem::at(Code::BadReply, piece.span(), title, format!("not {what}"))
}

/// A key with its first letter in the other case: `instanceId` for `InstanceId`.
fn other_case(key: &str) -> String {
    let mut letters = key.chars();
    let first = letters.next().map(|first| {
        if first.is_ascii_uppercase() {
            first.to_ascii_lowercase()
        } else {
            first.to_ascii_uppercase()
        }
    });
    first.into_iter().chain(letters).collect()
}

/// A key in snake case: `instance_id` for `InstanceId`.
fn snake_case(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut after_small = false;
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && after_small {
            out.push('_');
        }
        after_small = !letter.is_ascii_uppercase();
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn quoted(key: &str) -> String {
    format!("`{key}`")
}
