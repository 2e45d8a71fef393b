//! The entry of the library: a text becomes plans.

use std::fmt;

use super::compile::{check_format, compile};
use super::compiled::Plan;
use super::compiler::Options;
use crate::diagnostics::{Problems, Severity, Sources, many, render};
use crate::format::parse_yaml;
use crate::policy::Catalog;

/// A scenario as text, before its names are resolved.
#[derive(Debug, Clone)]
pub struct Scenario {
    path: String,
    text: String,
    options: Options,
}

/// Every problem of an input, rendered with source lines.
///
/// [`Display`](fmt::Display) prints them as `stayput check` does, without colour.
#[derive(Debug, Clone)]
pub struct Mistakes {
    rendered: String,
    count: usize,
}

impl Mistakes {
    fn of(problems: &Problems, sources: &Sources) -> Self {
        let count = problems.count(Severity::Error);
        let rendered = render(problems, sources, false);
        Self { rendered: format!("{rendered}\n{}", many(count, "error")), count }
    }

    /// Number of errors; at least 1. Warnings do not count.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered)
    }
}

impl std::error::Error for Mistakes {}

impl Scenario {
    /// Reads the text of a scenario file; messages call it `scenario.yaml`.
    ///
    /// # Errors
    /// If the text is not YAML, or not of the format `scenario/1`.
    pub fn parse(text: impl Into<String>) -> Result<Self, Mistakes> {
        Self::parse_file("scenario.yaml", text)
    }

    /// Reads the text of a scenario file; `path` is what messages call it.
    ///
    /// # Errors
    /// If the text is not YAML, or not of the format `scenario/1`.
    pub fn parse_file(path: impl Into<String>, text: impl Into<String>) -> Result<Self, Mistakes> {
        let scenario = Self { path: path.into(), text: text.into(), options: Options::default() };
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add(scenario.path.as_str(), scenario.text.as_str());
        let tree = parse_yaml(&sources, file, &mut problems);
        match tree.and_then(|tree| check_format(&tree, &mut problems)) {
            Some(()) if !problems.refuse() => Ok(scenario),
            _ => Err(Mistakes::of(&problems, &sources)),
        }
    }

    /// Values that replace those of the file: policy, seed.
    #[must_use]
    pub fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Resolves every name and proves every policy: one plan for each case of the scenario.
    ///
    /// # Errors
    /// If the text, a policy or a table has mistakes: all of them.
    pub fn compile(&self, catalog: &Catalog) -> Result<Vec<Plan>, Mistakes> {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add(self.path.as_str(), self.text.as_str());
        let compiled = compile(file, &self.options, catalog, &mut sources, &mut problems);
        match compiled {
            Some(compiled) if !problems.refuse() => Ok(compiled.plans),
            _ => Err(Mistakes::of(&problems, &sources)),
        }
    }
}
