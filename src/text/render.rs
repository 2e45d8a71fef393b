//! How problems look.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::place::{FileId, Place, Sources};
use super::problem::{Problem, Problems, SHOWN, Severity};
use crate::vocab::Word;

/// Every problem as text, errors first, in the order of the files, at most twenty.
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

/// One line that counts: `2 errors, 1 warning`.
pub fn summary(problems: &Problems) -> String {
    let count = |severity, word: &str| {
        let n = problems.count(severity);
        (n > 0).then(|| many(n, word))
    };
    let parts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A count and what it counts: `1 event`, `2 events`.
pub fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn one(problem: &Problem, sources: &Sources, renderer: &Renderer) -> String {
    let level = match problem.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group =
        Group::with_title(level.primary_title(problem.title.as_str()).id(problem.code.word()));
    for file in files(problem) {
        let labels: Vec<_> = problem.labels.iter().filter(|(p, _)| p.file == file).collect();
        group = group.element(snippet(&labels, problem, sources));
    }
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &problem.helps {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The files that a problem points into, that of the main place first.
fn files(problem: &Problem) -> Vec<FileId> {
    let mut files = Vec::new();
    for (place, _) in &problem.labels {
        if !files.contains(&place.file) {
            files.push(place.file);
        }
    }
    files
}

/// The lines from the first to the last label, with the labels.
fn snippet<'s>(
    labels: &[&'s (Place, String)],
    problem: &Problem,
    sources: &'s Sources,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let file = labels[0].0.file;
    let text = sources.text(file);
    let starts = labels.iter().map(|(place, _)| place.start as usize);
    let ends = labels.iter().map(|(place, _)| place.end as usize);
    let first = boundary(text, starts.min().unwrap_or(0));
    let last = boundary(text, ends.max().unwrap_or(0).max(first));
    let from = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let line = text[..from].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let main = problem.labels.first().map(|(place, _)| *place);
    let mut snippet =
        Snippet::source(&text[from..to]).line_start(line).path(sources.path(file)).fold(true);
    for (place, label) in labels {
        let kind =
            if Some(*place) == main { AnnotationKind::Primary } else { AnnotationKind::Context };
        let start = boundary(text, place.start as usize) - from;
        // A place of several lines is shown by its first.
        let line_end = text[from + start..to].find('\n').map_or(to - from, |at| start + at);
        let end = (boundary(text, place.end as usize).saturating_sub(from)).clamp(start, line_end);
        let mut annotation = kind.span(start..end);
        if !label.is_empty() {
            annotation = annotation.label(label.as_str());
        }
        snippet = snippet.annotation(annotation);
    }
    snippet
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}
