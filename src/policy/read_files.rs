//! The files that an edition was read from.

use crate::diagnostics::{FileId, Problem, Problems, Span};
use crate::format::{Node, Value};

/// The files of an edition and of those that it extends.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// Their paths as messages show them, that of the edition itself first.
    pub(super) paths: Vec<String>,
    /// Their texts, that of the edition itself first.
    pub(super) texts: Vec<String>,
    /// Spans of the keys of statements whose conclusion differs from the extended edition.
    pub(super) changed: Vec<Span>,
    /// The built-in editions among them.
    pub(super) built_in: Vec<FileId>,
    /// The value of `extends` in the edition itself, if it extends another one.
    extends: Option<Span>,
    /// The last key of each path in `drops` of the edition itself.
    drops: Vec<(String, Span)>,
}

impl ReadFiles {
    /// Whether the rule at a span replaces a conclusion of an extended edition.
    pub fn replaces(&self, span: Span) -> bool {
        self.changed.iter().any(|key| (key.file, key.start) == (span.file, span.start))
    }

    /// Notes what an edition extends and drops, if it is the edition itself.
    pub(super) fn note_overlay(&mut self, edition: &Node) {
        if self.extends.is_some() {
            return;
        }
        self.extends = edition.get("extends").map(|extends| extends.span);
        let drops = edition.get("drops").map(|drops| &drops.value);
        let Some(Value::List(drops)) = drops else { return };
        let key = |drop: &Node| {
            let path = drop.scalar()?;
            Some((path.rsplit('.').next().unwrap_or(path).to_owned(), drop.span))
        };
        self.drops = drops.iter().filter_map(key).collect();
    }

    /// Adds the problems of a merged edition. A built-in edition has no mistake of its own, so one
    /// in its lines follows from the edition that extends it: its place is the path under `drops`
    /// that it names, else `extends`. Those of one code with the same replacement are one.
    pub(super) fn report(&self, found: Problems, problems: &mut Problems) {
        let mut blamed: Vec<(Problem, usize)> = Vec::new();
        for mut problem in found.into_list() {
            let first = problem.labels.first().map(|(at, _)| *at);
            let Some(extends) = self
                .extends
                .filter(|_| first.is_some_and(|first| self.built_in.contains(&first.file)))
            else {
                problems.add(problem);
                continue;
            };
            let names = |key: &str| problem.title.contains(&format!("`{key}`"));
            let dropped = self.drops.iter().find(|(key, _)| names(key));
            let (at, label) = match dropped {
                Some((_, at)) => (*at, "what is left out is used elsewhere"),
                None => (extends, "does not fit what this file changes"),
            };
            problem.labels.insert(0, (at, label.to_owned()));
            let same = |(known, _): &&mut (Problem, usize)| {
                (known.code, &known.helps, known.labels.first())
                    == (problem.code, &problem.helps, problem.labels.first())
            };
            match blamed.iter_mut().find(same) {
                Some((_, more)) => *more += 1,
                None => blamed.push((problem, 0)),
            }
        }
        for (problem, more) in blamed {
            problems.add(match more {
                0 => problem,
                more => {
                    problem.note(format!("and {more} more of this kind in the extended edition"))
                }
            });
        }
    }
}
