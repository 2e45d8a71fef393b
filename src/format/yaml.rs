//! A strict subset of YAML 1.2, which every YAML parser reads in the same way.
//!
//! Tabs, duplicate keys, anchors, aliases, tags, merge keys, several documents, and very deep
//! nesting are refused with a hint.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as ParserSpan, options,
};

use super::format_line::FORMATS;
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::is_unseen;
use crate::diagnostics::{Code, Problem, Problems};
use crate::diagnostics::{FileId, Sources, Span, Spanned};

/// Longest key on one line, in characters, as YAML defines it.
const LONGEST_KEY: usize = 1_024;

/// Largest text, in bytes.
pub const LARGEST: usize = 16 << 20;

/// Deepest nesting that is read.
const DEPTH: usize = 64;

/// Reads a file as a tree; `None` if it is not valid YAML, which is reported.
///
/// Only the first syntax error is reported, because later ones could be its consequences. All other
/// mistakes are reported.
pub fn parse_yaml(sources: &Sources, file: FileId, problems: &mut Problems) -> Option<Node> {
    let text = sources.text(file);
    if text.len() > LARGEST {
        let title = format!("the file is larger than {} MiB", LARGEST >> 20);
        let problem = Problem::at(Code::Unreadable, point(file, 0), title, "").unquoted();
        let help = "put large fleets and long event lists in CSV files; see `file:`";
        problems.add(problem.help(help));
        return None;
    }
    if text.trim().is_empty() {
        problems.add(empty(sources.whole(file)));
        return None;
    }
    let is_binary = |c: char| c == '\0' || (c.is_control() && !"\n\r\t".contains(c));
    if let Some((index, control)) = text.char_indices().find(|(_, c)| is_binary(*c)) {
        let span = point(file, index);
        let title = "the file contains control characters, so it is not a text file";
        let control = control.escape_default();
        let help = format!("save the file as UTF-8, without the character `{control}`");
        problems.add(Problem::at(Code::Syntax, span, title, "").help(help));
        return None;
    }
    Builder { file, text, stack: Vec::new(), root: None }.build(problems)
}

/// Whether a text without quotes stands for no value.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A block scalar on one line, so that no report contains line breaks of a file.
fn one_line(text: &str) -> Box<str> {
    text.split_whitespace().collect::<Vec<_>>().join(" ").into()
}

/// The problem with an invisible character, which could change how a report is displayed.
pub(super) fn hidden(span: Span, unseen: char) -> Problem {
    let what = match unseen {
        '\n' | '\r' => "a line break",
        c if c.is_control() => "a control character",
        _ => "a character that hides or reorders the text around it",
    };
    let title = format!("a text contains {what} (`{}`)", unseen.escape_default());
    Problem::at(Code::Refused, span, title, "not allowed in a text").help("remove it")
}

/// A tree under construction.
struct Builder<'t> {
    file: FileId,
    text: &'t str,
    stack: Vec<OpenNode>,
    root: Option<Node>,
}

/// A list or mapping whose end has not been read.
struct OpenNode {
    start: Span,
    value: Value,
    key: Option<Spanned<Box<str>>>,
    /// The keys so far, with their spans.
    keys: BTreeMap<Box<str>, Span>,
}

impl Builder<'_> {
    fn build(mut self, problems: &mut Problems) -> Option<Node> {
        let options = options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            disallow_directives: true,
        };
        for next in Parser::new_from_str_with_options(self.text, options) {
            match next {
                Ok((event, marks)) => self.event(&event, marks, problems)?,
                Err(error) => {
                    problems.add(self.syntax(&error));
                    return None;
                }
            }
        }
        if self.root.is_none() {
            problems.add(empty(Span { file: self.file, start: 0, end: 1 }));
        }
        self.root
    }

    /// Handles one event of the parser; `None` ends the reading. A refused construct is reported
    /// and left out of the tree, so that later mistakes are reported as well.
    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
    fn event(&mut self, event: &Event, marks: ParserSpan, problems: &mut Problems) -> Option<()> {
        let span = self.span(marks);
        match event {
            Event::DocumentStart(..) if self.root.is_none() => return Some(()),
            Event::DocumentStart(..) => {
                let title = "a second document begins here";
                let problem = Problem::at(Code::Refused, span, title, "second document");
                problems.add(problem.help("put it in a separate file"));
                return None;
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                problems.add(refused(span, "aliases (`*name`) are not allowed here"));
                problems.value_is_unknown(span);
                self.place_value(Node { value: Value::Empty, span }, problems);
                return Some(());
            }
            Event::Anchor(..) => {
                problems.add(refused(span, "anchors (`&name`) are not allowed here"));
                return Some(());
            }
            Event::Scalar(text, style, _, tag) => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let text = if block { one_line(text) } else { text.as_ref().into() };
                if let Some(unseen) = text.chars().find(|c| is_unseen(*c)) {
                    let note = "a long text may be written after `>` and is read as one line";
                    problems.add(hidden(span, unseen).note(note));
                }
                let plain = *style == ScalarStyle::Plain;
                let style = if plain { Style::Plain } else { Style::Quoted };
                let value = if style == Style::Plain && is_null(&text) {
                    Value::Empty
                } else {
                    Value::Scalar(text, style)
                };
                self.place_value(Node { value, span }, problems);
                if tag.is_some() {
                    self.tagged(span, problems);
                }
                return Some(());
            }
            Event::SequenceStart(_, _, tag) => {
                self.open(span, Value::List(Vec::new()), problems)?;
                if tag.is_some() {
                    self.tagged(span, problems);
                }
                return Some(());
            }
            Event::MappingStart(_, _, tag) => {
                self.open(span, Value::Map(Vec::new()), problems)?;
                if tag.is_some() {
                    self.tagged(span, problems);
                }
                return Some(());
            }
            Event::SequenceEnd | Event::MappingEnd => {}
            _ => return Some(()),
        }
        let Some(OpenNode { start, value, .. }) = self.stack.pop() else { return Some(()) };
        let last = match &value {
            Value::List(items) => items.last().map(|item| item.span),
            Value::Map(entries) => entries.last().map(|entry| entry.value.span),
            Value::Empty | Value::Scalar(..) => None,
        };
        // A flow collection ends with its bracket, a block collection with its last item.
        let end = if span.start < span.end { span } else { last.unwrap_or(start) };
        self.place_value(Node { value, span: start.to(end) }, problems);
        Some(())
    }

    fn open(&mut self, start: Span, value: Value, problems: &mut Problems) -> Option<()> {
        if self.stack.len() >= DEPTH {
            problems.add(too_deep(start));
            return None;
        }
        self.stack.push(OpenNode { start, value, key: None, keys: BTreeMap::new() });
        Some(())
    }

    /// Adds a complete node to the tree, as a key, a value, a list item, or the root.
    fn place_value(&mut self, node: Node, problems: &mut Problems) {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some(key) => {
                    match open.keys.entry(key.value.clone()) {
                        // The first value is used, and the rest of the file is read.
                        Slot::Occupied(first) => problems.add(twice(&key, *first.get())),
                        Slot::Vacant(slot) => {
                            slot.insert(key.span);
                            entries.push(Entry { key, value: node.into() });
                        }
                    }
                }
                None => self.key(node, problems),
            },
            Value::Empty | Value::Scalar(..) => {}
        }
    }

    fn key(&mut self, node: Node, problems: &mut Problems) {
        let span = node.span;
        let text = match node.value {
            Value::Scalar(text, Style::Plain) if &*text == "<<" => {
                problems.add(refused(span, "merge keys (`<<`) are not allowed here"));
                problems.value_is_unknown(span);
                text
            }
            Value::Scalar(text, _) => text,
            Value::Empty | Value::List(_) | Value::Map(_) => {
                let kind = node.kind();
                let title = format!("a key must be a single value, and this is {kind}");
                problems.add(Problem::at(Code::WrongKind, span, title, "not a key"));
                problems.value_is_unknown(span);
                "".into()
            }
        };
        if let Some(open) = self.stack.last_mut() {
            open.key = Some(Spanned::new(text, span));
        }
    }

    fn span(&self, marks: ParserSpan) -> Span {
        let range = marks.byte_range().unwrap_or(0..0);
        // The parser's range of a block scalar includes the white space up to the next token.
        let text = self.text.get(range.clone()).unwrap_or_default().trim_end();
        let end = range.start + text.len().max(usize::from(range.len() == 1));
        Span { start: narrow(range.start), end: narrow(end.min(range.end)), file: self.file }
    }

    /// The index of a tab in the indentation of the line that starts at `line`, or of the next
    /// line.
    fn tab_in_indentation(&self, line: usize) -> Option<usize> {
        let next = self.text[line..].find('\n').map(|n| line + n + 1);
        [Some(line), next].into_iter().flatten().find_map(|start| {
            let line = self.text[start..].lines().next().unwrap_or_default();
            let indent = &line[..line.len() - line.trim_start().len()];
            indent.find('\t').map(|tab| start + tab)
        })
    }

    /// Reports a tag, which stands before the span of its value.
    fn tagged(&self, span: Span, problems: &mut Problems) {
        let before = self.text[..span.range().start].trim_end();
        let start = before.rfind(char::is_whitespace).map_or(0, |index| index + 1);
        let tag = Span { start: narrow(start), end: narrow(before.len()), ..span };
        let span = if before[start..].starts_with('!') { tag } else { span };
        problems.add(refused(span, "tags (`!name`) are not allowed here"));
    }

    /// The help line about a key without a value, on the line that starts at an index or on the
    /// line above.
    fn key_without_value(&self, line: usize) -> String {
        let above = self.text[..line].trim_end_matches(['\n', '\r']);
        let above = above.rfind('\n').map_or(0, |end| end + 1);
        let lines = [line, above].map(|start| self.text[start..].lines().next());
        for (key, value) in lines.into_iter().flatten().filter_map(|line| line.split_once(':')) {
            match value.chars().next() {
                Some(' ' | '\t' | '/') | None => {}
                Some(space) if space.is_whitespace() => {
                    let space = space.escape_default();
                    return format!(
                        "the `:` is followed by the character `{space}`; write a space instead"
                    );
                }
                Some(_) => return format!("write a space after the `:` of `{}`", shown_key(key)),
            }
            if key.chars().count() > LONGEST_KEY {
                return format!("shorten the key: it has at most {LONGEST_KEY} characters");
            }
        }
        "a `:` is missing after a key on this line or on the line above".to_owned()
    }

    /// The problem of a syntax error, with a help line for common mistakes.
    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
    fn syntax(&self, error: &ScanError) -> Problem {
        let index = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let mut span = point(self.file, index);
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return too_deep(span);
        }
        let line = self.text[..index].rfind('\n').map_or(0, |n| n + 1);
        if let Some(tab) = self.tab_in_indentation(line) {
            span = point(self.file, tab);
            return Problem::at(Code::Refused, span, "a tab is used for indentation", "tab")
                .help("indent with spaces, two for each level");
        }
        let problem = Problem::at(Code::Syntax, span, "this is not YAML", "reading stopped here");
        match error.kind() {
            ErrorKind::MappingValueNotAllowed => problem.help(
                "a `:` begins a value here: check the indentation of this line, or put the text in quotes",
            ),
            ErrorKind::InvalidQuotedScalarIndent => {
                problem.help("a quote was opened on a line above and is not closed there")
            }
            ErrorKind::InvalidColonPlacement => {
                problem.help("a `[` or `{` was opened on a line above and is not closed there")
            }
            ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofImplicitFlowMapping => {
                problem.help("a `,` or the closing `]` or `}` is missing before this")
            }
            ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
                problem.help(self.key_without_value(line))
            }
            ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => problem
                .help("the indentation of this line differs from its neighbours, or its `-` is missing"),
            ErrorKind::UnclosedFlowCollection { .. } => {
                problem.help("close the bracket that begins here with `]` or `}`")
            }
            ErrorKind::UnclosedQuotedScalar => problem.help("close the quote that begins here"),
            ErrorKind::DirectiveDisallowed => {
                problem.help("remove this line: directives (`%NAME`) are not allowed here")
            }
            _ => problem
                .help("check the quotes, the brackets and the indentation of this line")
                .note(format!("the YAML parser reports: {}", error.info())),
        }
    }
}

/// The end of a key for a message, without the list marks before it.
fn shown_key(key: &str) -> &str {
    key.rsplit([' ', '{', '[', ',']).next().unwrap_or_default()
}

fn point(file: FileId, index: usize) -> Span {
    let start = narrow(index);
    Span { file, start, end: start + 1 }
}

/// An offset as 32 bits. It fits, because [`Sources`] refuses larger texts.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn empty(span: Span) -> Problem {
    let mut formats: Vec<String> =
        FORMATS.iter().map(|format| format!("`stayput: {format}`")).collect();
    let last = formats.pop().unwrap_or_default();
    Problem::at(Code::Syntax, span, "the file is empty", "")
        .help(format!("a file begins with its format: {} or {last}", formats.join(", ")))
}

fn refused(span: Span, title: &str) -> Problem {
    Problem::at(Code::Refused, span, title, "not here").help("write the value itself")
}

fn too_deep(span: Span) -> Problem {
    let title = format!("more than {DEPTH} levels of lists and mappings");
    Problem::at(Code::Refused, span, title, "too deep")
}

fn twice(key: &Spanned<Box<str>>, first: Span) -> Problem {
    Problem::at(Code::Twice, key.span, format!("`{}` is defined twice", **key), "second definition")
        .and_at(first, "first definition")
        .help("keep one of them")
}
