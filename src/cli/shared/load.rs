//! From paths to compiled scenarios, with every mistake reported.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::{self, Disk, read_text};
use super::messages::report_nothing_ran;
use super::terminal;
use std::sync::Arc;

use crate::diagnostics::{
    Code, Problem, Problems, Severity, Sources, closest, many, render, summary,
};
use crate::format::parse_yaml;
use crate::plan::{Compiled, Options, Plan, compile_with};
use crate::policy::{Library, Policy};
use crate::report::Paint;

/// Everything that was read, and what is wrong with it.
pub struct Loader {
    /// Every text that was read.
    pub sources: Sources,
    /// Every mistake.
    pub problems: Problems,
    /// The scenarios that cannot be carried out for their mistakes.
    pub broken: Vec<String>,
    disk: Disk,
    library: Library,
}

/// A scenario that can be carried out.
pub struct Loaded {
    /// Its path, as messages call it.
    pub path: String,
    /// Its plans.
    pub compiled: Compiled,
}

impl Loader {
    /// Has read nothing yet.
    pub fn new() -> Self {
        Self {
            sources: Sources::default(),
            problems: Problems::default(),
            broken: Vec::new(),
            disk: Disk::default(),
            library: Library::default(),
        }
    }

    /// Forgets every mistake, so that another file can be tried.
    pub fn forget_problems(&mut self) {
        self.problems = Problems::default();
        self.broken.clear();
    }

    /// Every scenario under some paths. In folders, policies are passed over.
    pub fn scenarios(&mut self, paths: &[PathBuf], options: &Options) -> Vec<Loaded> {
        let mut loaded = Vec::new();
        for (path, named) in self.find(paths) {
            let Some(text) = self.read(&path) else { continue };
            if named || self.kind(&path, &text) == Some(Kind::Scenario) {
                loaded.extend(self.scenario(&path, text, options));
            }
        }
        loaded
    }

    /// Every file under some paths, and whether it was named itself.
    pub fn find(&mut self, paths: &[PathBuf]) -> Vec<(PathBuf, bool)> {
        let mut failed = Vec::new();
        let found = files::find(paths, &mut failed);
        paths.iter().for_each(|path| self.disk.name(path));
        for (path, failure) in failed {
            let path = files::shown(&path);
            self.problems.add(Problem::unreadable(&path, failure));
            self.broken.push(path);
        }
        found
    }

    /// What a file found in a folder is; if it is none of ours, that is reported.
    pub fn kind(&mut self, path: &Path, text: &str) -> Option<Kind> {
        let kind = kind_of(text);
        if kind.is_none() {
            let title = "skipped: this file is neither a scenario nor a policy";
            let mut problem = Problem::bare(Code::PassedOver, title);
            problem.path = Some(files::shown(path));
            self.problems.add(
                problem.help(
                    "a stayput file begins with `stayput: scenario/1` or `stayput: policy/1`",
                ),
            );
        }
        kind
    }

    /// The text of a file.
    pub fn read(&mut self, path: &Path) -> Option<String> {
        self.disk.name(path);
        match read_text(path) {
            Ok(text) => Some(text),
            Err(failure) => {
                let path = files::shown(path);
                self.problems.add(Problem::unreadable(&path, failure));
                self.broken.push(path);
                None
            }
        }
    }

    /// Compiles a scenario's text.
    pub fn scenario(&mut self, path: &Path, text: String, options: &Options) -> Option<Loaded> {
        let path = files::shown(path);
        let file = self.sources.add(path.clone(), text);
        let mut problems = Problems::default();
        options.policy.iter().for_each(|policy| self.disk.name(Path::new(policy)));
        let compiled = compile_with(
            &mut self.library,
            file,
            options,
            &self.disk,
            &mut self.sources,
            &mut problems,
        );
        self.problems.extend(problems);
        if compiled.is_none() {
            self.broken.push(path.clone());
        }
        compiled.map(|compiled| Loaded { path, compiled })
    }

    /// Loads a policy by name or path.
    pub fn policy(&mut self, name: &str) -> Option<Arc<Policy>> {
        self.disk.name(Path::new(name));
        self.library.load(name, None, &self.disk, &mut self.sources, &mut self.problems)
    }

    /// Reports every mistake on standard error.
    pub fn tell(&self, paint: Paint) {
        tell_all(&self.problems, &self.sources, paint);
    }

    /// Ends the verb if anything was wrong; warnings are counted in a line.
    ///
    /// # Errors
    /// [`Exit::BadInput`], after every mistake has been reported.
    pub fn refuse_or_go_on(&self, paint: Paint) -> Result<(), Exit> {
        if self.problems.refuse() {
            self.tell(paint);
            return Err(Exit::BadInput);
        }
        let warnings = self.problems.count(Severity::Warning);
        if warnings > 0 {
            let them = if warnings == 1 { "it" } else { "them" };
            let line = format!("{}; run `stayput check` to see {them}", many(warnings, "warning"));
            terminal::print_stderr(&paint.dim(&line));
        }
        Ok(())
    }
}

/// The plans that are wanted.
///
/// # Errors
/// [`Exit::NothingRan`] if there are none.
pub fn plans(loaded: Vec<Loaded>, case: Option<&str>) -> Result<Vec<Plan>, Exit> {
    let all: Vec<Plan> = loaded.into_iter().flat_map(|one| one.compiled.plans).collect();
    if all.is_empty() {
        report_nothing_ran(Code::NothingFound, "no scenario found");
        return Err(Exit::NothingRan);
    }
    let Some(case) = case else { return Ok(all) };
    let mut known: Vec<String> = all.iter().map(|plan| plan.header.case.clone()).collect();
    known.dedup();
    known.retain(|name| !name.is_empty());
    let wanted: Vec<Plan> = all.into_iter().filter(|plan| plan.header.case == case).collect();
    if wanted.is_empty() {
        let close = closest(case, known.iter().map(String::as_str));
        let help = match (close.first(), known.as_slice()) {
            (Some(name), _) => format!("; did you mean `{name}`?"),
            (None, []) => "; there are no cases".to_owned(),
            (None, known) => format!("; there are: {}", known.join(", ")),
        };
        let why = format!("no scenario has a case `{case}`{help}");
        report_nothing_ran(Code::FilterMatchesNone, &why);
        return Err(Exit::NothingRan);
    }
    Ok(wanted)
}

/// Reports every mistake on standard error, and how many there are.
pub(in crate::cli) fn tell_all(problems: &Problems, sources: &Sources, paint: Paint) {
    let text = render(problems, sources, paint.0);
    if !text.is_empty() {
        terminal::print_stderr(&format!("{text}\n\n{}", summary(problems)));
    }
}

/// What a file of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scenario.
    Scenario,
    /// A policy.
    Policy,
}

/// What a text is, if it is one of ours. What was meant to be one counts as one, so that
/// its mistakes are reported instead of passed over.
pub fn kind_of(text: &str) -> Option<Kind> {
    let mut scratch = Sources::default();
    let file = scratch.add("", text);
    let Some(node) = parse_yaml(&scratch, file, &mut Problems::default()) else {
        let ours = text.trim().is_empty() || text.contains("stayput");
        return ours.then(|| if text.contains("policy/") { Kind::Policy } else { Kind::Scenario });
    };
    let entries = node.entries()?;
    let has = |key: &str| entries.iter().any(|entry| &**entry.key == key);
    let format = entries.iter().find(|entry| !closest(&entry.key, ["stayput"]).is_empty());
    let says = format.and_then(|entry| entry.value.scalar()).unwrap_or_default().to_lowercase();
    if says.starts_with("policy") || (has("space") && has("protections")) {
        Some(Kind::Policy)
    } else if format.is_some() || (has("fleet") && (has("events") || has("expect"))) {
        Some(Kind::Scenario)
    } else {
        None
    }
}
