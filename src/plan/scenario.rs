//! The entry of the library: a text becomes plans.

use std::fmt;

use super::compile::{compile_tree, parse};
use super::compiled::Plan;
use super::compiler::Options;
use crate::diagnostics::{Problems, Severity, Sources, many, render};
use crate::format::Node;
use crate::policy::{Catalog, Library};

/// A scenario file that was parsed; its names are not resolved yet.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The text, so that messages can quote it.
    sources: Sources,
    tree: Node,
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

    /// Reads the text of a scenario file; messages call it `path`.
    ///
    /// # Errors
    /// If the text is not YAML, or not of the format `scenario/1`.
    pub fn parse_file(path: impl Into<String>, text: impl Into<String>) -> Result<Self, Mistakes> {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add(path, text);
        match parse(file, &sources, &mut problems) {
            Some(tree) if !problems.refuse() => {
                Ok(Self { sources, tree, options: Options::default() })
            }
            _ => Err(Mistakes::of(&problems, &sources)),
        }
    }

    /// The same scenario with options, which replace values of the file such as the policy and the
    /// seed.
    #[must_use]
    pub fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Resolves every name and proves every policy. Returns one plan for each case of the scenario.
    ///
    /// # Errors
    /// If the scenario, a policy or a table has mistakes; the error contains all of them.
    pub fn compile(&self, catalog: &Catalog) -> Result<Vec<Plan>, Mistakes> {
        let (mut sources, mut problems) = (self.sources.clone(), Problems::default());
        let (mut library, options) = (Library::default(), &self.options);
        let compiled =
            compile_tree(&mut library, &self.tree, options, catalog, &mut sources, &mut problems);
        match compiled {
            Some(compiled) if !problems.refuse() => Ok(compiled.plans),
            _ => Err(Mistakes::of(&problems, &sources)),
        }
    }
}
