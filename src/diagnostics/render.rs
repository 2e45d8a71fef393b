//! Rendering of problems as text.

use std::fmt::Display;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problem::{Problem, Problems, SHOWN, Severity};
use super::span::{FileId, Sources, Span};
use super::visible::{is_unseen, visible};
use crate::words::Word;

/// Labels that are further apart, in bytes, are shown in separate snippets.
const APART: usize = 1 << 14;

/// The most bytes of a long line that are shown on either side of a label.
const ASIDE: usize = 1 << 10;

/// At most twenty problems as text, errors first, in the order of their places.
pub fn render(problems: &Problems, sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let sorted = problems.sorted();
    let mut shown: Vec<String> =
        sorted.iter().take(SHOWN).map(|problem| one(problem, sources, &renderer)).collect();
    let all = problems.count(Severity::Error) + problems.count(Severity::Warning);
    if all > SHOWN {
        shown.push(format!("… and {} more", all - SHOWN));
    }
    shown.join("\n\n")
}

/// The counts in one line: `2 errors, 1 warning`.
pub fn summary(problems: &Problems) -> String {
    let count = |severity, word: &str| {
        let n = problems.count(severity);
        (n > 0).then(|| many(n, word))
    };
    let parts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A count of any integer type with its noun: `1 event`, `2 events`.
pub fn many<N: Copy + Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let ending = by_count(count, "", "s");
    format!("{count} {what}{ending}")
}

/// The word that agrees with a count: `one` for 1, else `several`.
pub fn by_count<'w, N>(count: N, one: &'w str, several: &'w str) -> &'w str
where
    N: Copy + PartialEq + From<u8>,
{
    if count == N::from(1) { one } else { several }
}

fn one(problem: &Problem, sources: &Sources, renderer: &Renderer) -> String {
    let level = match problem.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // A title may name a file, and names of files may contain anything.
    let title = visible(&problem.title);
    let mut group = Group::with_title(level.primary_title(&*title).id(problem.code.word()));
    let mut spans = Vec::new();
    let origins: Vec<(&str, (usize, usize))> = if problem.unquoted {
        let spans = problem.labels.iter().map(|(span, _)| *span);
        spans.map(|span| (sources.path(span.file), sources.line_column(span))).collect()
    } else {
        Vec::new()
    };
    for (path, (line, column)) in &origins {
        group = group.element(Origin::path(*path).line(*line).char_column(*column));
    }
    // A problem of a whole file whose title does not name it.
    let whole = problem.path.as_deref().filter(|path| !problem.title.contains(path));
    if let Some(path) = whole.filter(|_| problem.labels.is_empty()) {
        group = group.element(Origin::path(path));
    }
    for file in files(problem).into_iter().filter(|_| !problem.unquoted) {
        for labels in clusters(problem, file) {
            let (snippet, span) = snippet(&labels, problem, sources);
            group = group.element(snippet);
            spans.extend(span);
        }
    }
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &problem.helps {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let text = without_controls(renderer.render(&[group]));
    spans.iter().fold(text, |text, (printed, real)| text.replacen(printed, real, 1))
}

/// The text with `�` for invisible characters that the renderer prints as they are. It writes the
/// escape character only to set colours.
fn without_controls(text: String) -> String {
    let is_raw = |c: char| is_unseen(c) && !['\n', '\u{1b}'].contains(&c);
    if text.contains(is_raw) { text.replace(is_raw, "\u{fffd}") } else { text }
}

/// The files of a problem's places, that of the main place first.
fn files(problem: &Problem) -> Vec<FileId> {
    let mut files = Vec::new();
    for (span, _) in &problem.labels {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files
}

/// The labels in a file, in clusters of near ones; the cluster of the main place comes first.
fn clusters(problem: &Problem, file: FileId) -> Vec<Vec<&(Span, String)>> {
    let mut labels: Vec<_> = problem.labels.iter().filter(|(p, _)| p.file == file).collect();
    let main = labels.first().map(|(span, _)| *span);
    labels.sort_by_key(|(span, _)| *span);
    let near = |a: &&(Span, String), b: &&(Span, String)| {
        (b.0.start.saturating_sub(a.0.end) as usize) <= APART
    };
    let mut clusters: Vec<Vec<_>> = labels.chunk_by(near).map(<[_]>::to_vec).collect();
    clusters.sort_by_key(|labels| !labels.iter().any(|(span, _)| Some(*span) == main));
    clusters
}

/// The lines from the first to the last label, with the labels. A long line is cut near them; then
/// the place that the renderer prints and the real one are returned as well.
fn snippet<'s>(
    labels: &[&'s (Span, String)],
    problem: &Problem,
    sources: &'s Sources,
) -> (Snippet<'s, annotate_snippets::Annotation<'s>>, Option<(String, String)>) {
    let file = labels[0].0.file;
    let text = sources.text(file);
    let starts = labels.iter().map(|(span, _)| span.start as usize);
    let ends = labels.iter().map(|(p, _)| (p.end as usize).min(p.start as usize + APART));
    let first = boundary(text, starts.min().unwrap_or(0));
    let last = boundary(text, ends.max().unwrap_or(0).max(first));
    let line_start = text[..first].rfind('\n').map_or(0, |index| index + 1);
    let line_end = text[last..].find('\n').map_or(text.len(), |index| last + index);
    // A line may end with both characters.
    let line_end = last + text[last..line_end].trim_end_matches('\r').len();
    let from = boundary(text, line_start.max(first.saturating_sub(ASIDE)));
    let to = boundary(text, line_end.min(last + ASIDE));
    let path = sources.path(file);
    let (line, _) = sources.line_column(labels[0].0);
    let main = problem.labels.first().map(|(span, _)| *span);
    let (at, _) = labels.iter().find(|(span, _)| Some(*span) == main).unwrap_or(&labels[0]);
    let cut = text[line_start..from].chars().count();
    let is_cut =
        cut > 0 && !text.get(from..at.start as usize).is_some_and(|before| before.contains('\n'));
    let span = is_cut.then(|| {
        let (line, column) = sources.line_column(*at);
        (format!("{path}:{line}:{}", column - cut), format!("{path}:{line}:{column}"))
    });
    let mut snippet = Snippet::source(&text[from..to]).line_start(line).path(path).fold(true);
    for (span, label) in labels {
        let kind =
            if Some(*span) == main { AnnotationKind::Primary } else { AnnotationKind::Context };
        let start = boundary(text, span.start as usize) - from;
        // Only the first line of a place with several lines is shown.
        let line_end = text[from + start..to].find('\n').map_or(to - from, |index| start + index);
        let end = (boundary(text, span.end as usize).saturating_sub(from)).clamp(start, line_end);
        let mut annotation = kind.span(start..end);
        if !label.is_empty() {
            annotation = annotation.label(label.as_str());
        }
        snippet = snippet.annotation(annotation);
    }
    (snippet, span)
}

/// The nearest character boundary at or before a byte index.
fn boundary(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}
