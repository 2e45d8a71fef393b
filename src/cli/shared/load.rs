//! Loads scenarios and policies from paths, and collects every mistake.

use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::{self, DiskFiles, read_text};
use super::messages::report_nothing_ran;
use super::{paths_in_use, terminal};
use std::sync::{Arc, OnceLock};

use crate::diagnostics::{
    Code, Problem, Problems, Severity, Sources, by_count, closest, many, render, summary,
};
use crate::experiment::{CaseProperties, Filter};
use crate::format::{
    AddedEvents, Node, Read as _, WrittenScenario, check_overlay, overlaid, parse_yaml,
};
use crate::plan::{
    Compiled, Options, Plan, ReadCases, compile_cases, compile_with, parse, read_cases,
};
use crate::policy::{Library, Policy};
use crate::report::Paint;
use crate::run_header::RunHeader;

/// Reads files, and keeps their texts and problems.
pub struct Loader {
    /// Every text that was read.
    pub sources: Sources,
    /// Every error and warning about them.
    pub problems: Problems,
    /// Paths of the files that cannot be used because of errors.
    pub broken: Vec<String>,
    disk: DiskFiles,
    /// It is never freed: the command ends with its process, which takes no time for that.
    library: ManuallyDrop<Library>,
    /// The overlays of `--with`, once they have been read.
    overlays: Option<Vec<(Node, AddedEvents)>>,
}

/// The files of `--with`.
static OVERLAYS: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// Applies overlays to every scenario that is loaded until the program ends.
pub fn apply_overlays(files: Vec<PathBuf>) {
    let _ = OVERLAYS.set(files);
}

/// The overlays that are applied to every scenario.
pub fn overlay_files() -> &'static [PathBuf] {
    OVERLAYS.get().map(Vec::as_slice).unwrap_or_default()
}

/// Whether overlays are applied.
pub fn has_overlays() -> bool {
    !overlay_files().is_empty()
}

/// Refuses overlays where no scenario is read.
///
/// # Errors
/// [`Exit::BadInput`] if there are overlays.
pub fn refuse_overlays(what: &str) -> Result<(), Exit> {
    if !has_overlays() {
        return Ok(());
    }
    let line = format!("stayput: `--with` has no effect on {what}: no scenario is read");
    terminal::print_stderr(&line);
    Err(Exit::BadInput)
}

/// A compiled scenario.
pub struct Loaded {
    /// Its path, as messages show it.
    pub path: String,
    /// Its plans, one for each case.
    pub compiled: Compiled,
}

/// A scenario file that was parsed, to be compiled under several policies.
pub struct ParsedFile {
    path: String,
    /// Its tree; `None` if it is not valid YAML, or a file of another kind.
    tree: Option<Node>,
    /// Its cases; `None` if they have a mistake.
    cases: Option<ReadCases>,
}

impl ParsedFile {
    /// The policy that the scenario names.
    pub fn policy(&self) -> Option<&str> {
        self.tree.as_ref()?.get("policy")?.scalar()
    }
}

impl Loader {
    /// A loader that has read nothing.
    pub fn new() -> Self {
        Self {
            sources: Sources::default(),
            problems: Problems::default(),
            broken: Vec::new(),
            disk: DiskFiles::default(),
            library: ManuallyDrop::default(),
            overlays: None,
        }
    }

    /// A loader that reads scenarios without the overlays of the command line.
    pub fn without_overlays() -> Self {
        Self { overlays: Some(Vec::new()), ..Self::new() }
    }

    /// Removes every problem, so that another file can be compiled.
    pub fn clear_problems(&mut self) {
        self.problems = Problems::default();
        self.broken.clear();
    }

    /// Compiles every scenario under some paths. Policies in folders are skipped.
    pub fn scenarios(&mut self, paths: &[PathBuf], options: &Options) -> Vec<Loaded> {
        let mut loaded = Vec::new();
        for (path, named) in self.find(paths) {
            let Some(text) = self.read(&path) else { continue };
            if named || self.kind(&path, &text) == Some(FileKind::Scenario) {
                loaded.extend(self.scenario(&path, text, options));
            }
        }
        loaded
    }

    /// Every file under some paths, and whether the paths contain it itself.
    pub fn find(&mut self, paths: &[PathBuf]) -> Vec<(PathBuf, bool)> {
        let mut failed = Vec::new();
        let found = files::find(paths, &mut failed);
        paths.iter().for_each(|path| self.disk.allow(path));
        for (path, failure) in failed {
            let path = files::shown(&path);
            self.problems.add(Problem::unreadable(&path, failure));
            self.broken.push(path);
        }
        found
    }

    /// The kind of a file that was found in a folder; `None`, with a warning, if it is neither a
    /// scenario nor a policy.
    pub fn kind(&mut self, path: &Path, text: &str) -> Option<FileKind> {
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

    /// The text of a file; `None`, with an error, if it cannot be read.
    pub fn read(&mut self, path: &Path) -> Option<String> {
        self.disk.allow(path);
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

    /// The text of the file `name` in the folder of the file `from`, to which it belongs; `None` if
    /// there is no such file, or, with an error, if it cannot be read. It may be a link only to a
    /// file that `from` may name.
    pub fn read_beside(&mut self, from: &str, name: &OsStr) -> Option<String> {
        let path = paths_in_use::folder_of(&files::real(from)).join(name);
        let missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        if path.symlink_metadata().is_err_and(missing) {
            return None;
        }
        let read = self.disk.read_beside(from, name);
        let failed = |failure| Problem::unreadable(&files::shown(&path), failure);
        read.map_err(|failure| self.problems.add(failed(failure))).ok().map(|(_, text)| text)
    }

    /// Compiles the text of a scenario; `None`, with errors, if it has mistakes.
    pub fn scenario(&mut self, path: &Path, text: String, options: &Options) -> Option<Loaded> {
        let path = files::shown(path);
        let file = self.sources.add(path.clone(), text);
        let mut problems = Problems::default();
        let options = self.with_overlays(options);
        let compiled = compile_with(
            &mut self.library,
            file,
            &options,
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

    /// Parses the text of a scenario; mistakes are not reported.
    pub fn parsed(&mut self, path: &Path, text: String) -> ParsedFile {
        let path = files::shown(path);
        let file = self.sources.add(path.clone(), text);
        let mut problems = Problems::default();
        let tree = parse(file, &self.sources, &mut problems);
        let options = self.with_overlays(&Options::default());
        let cases = tree.as_ref().and_then(|tree| read_cases(tree, &options, &mut problems));
        ParsedFile { path, tree, cases: cases.filter(|_| !problems.refuse()) }
    }

    /// Compiles a parsed scenario; `None` if it has mistakes, which are not reported.
    pub fn try_scenario(&mut self, parsed: &ParsedFile, options: &Options) -> Option<Loaded> {
        let options = Options { first_mistake: true, ..self.with_overlays(options) };
        let compiled = compile_cases(
            &mut self.library,
            parsed.cases.as_ref()?,
            &options,
            &self.disk,
            &mut self.sources,
            &mut Problems::default(),
        );
        compiled.map(|compiled| Loaded { path: parsed.path.clone(), compiled })
    }

    /// The same options with the overlays of `--with` before their own. Their policy may then be a
    /// file.
    fn with_overlays(&mut self, options: &Options) -> Options {
        let mut with = self.overlays();
        with.extend(options.with.iter().cloned());
        options.policy.iter().for_each(|policy| self.disk.allow(Path::new(policy)));
        Options { with, ..options.clone() }
    }

    /// The overlays of `--with`; one that has a mistake is left out, with errors.
    pub fn overlays(&mut self) -> Vec<(Node, AddedEvents)> {
        if self.overlays.is_none() {
            let read: Vec<_> =
                overlay_files().iter().filter_map(|path| self.overlay(path)).collect();
            self.overlays = Some(read);
        }
        self.overlays.clone().unwrap_or_default()
    }

    /// Checks the keys and values of an overlay without a scenario, and returns the keys that it
    /// changes. Names are not checked.
    pub fn overlay_alone(&mut self, path: &Path, text: String) -> Option<Vec<String>> {
        // A value of a case is known only with the scenario.
        let has_values = text.contains('$');
        let file = self.sources.add(files::shown(path), text);
        let mut problems = Problems::default();
        let tree = parse_yaml(&self.sources, file, &mut problems);
        let keys = tree.and_then(|tree| {
            check_overlay(&tree, &mut problems)?;
            if !has_values {
                let smallest = "stayput: scenario/1\nname: smallest\nfor: 1d\nfleet: {}\n";
                let file = self.sources.add("smallest", smallest);
                let scenario = parse_yaml(&self.sources, file, &mut problems)?;
                let place = AddedEvents::First;
                let merged = overlaid(&scenario, &tree, place, &mut problems)?;
                WrittenScenario::read(&merged, &mut problems);
            }
            let keys = tree.entries()?.iter().map(|entry| entry.key.to_string());
            Some(keys.filter(|key| key != "stayput").collect())
        });
        let is_broken = problems.refuse();
        if is_broken {
            self.broken.push(files::shown(path));
        }
        self.problems.extend(problems);
        keys.filter(|_| !is_broken)
    }

    /// An overlay of a command; `None`, with errors, if it has a mistake.
    pub fn overlay(&mut self, path: &Path) -> Option<(Node, AddedEvents)> {
        let text = self.read(path)?;
        let file = self.sources.add(files::shown(path), text);
        let tree = parse_yaml(&self.sources, file, &mut self.problems)?;
        check_overlay(&tree, &mut self.problems)?;
        Some((tree, AddedEvents::First))
    }

    /// An overlay that a command makes; `None`, with errors, if it has a mistake.
    pub fn overlay_text(&mut self, text: String) -> Option<(Node, AddedEvents)> {
        let file = self.sources.add("overlay", text);
        let tree = parse_yaml(&self.sources, file, &mut self.problems)?;
        Some((tree, AddedEvents::First))
    }

    /// Loads a policy by name or path; `None`, with errors, if it has mistakes.
    pub fn policy(&mut self, name: &str) -> Option<Arc<Policy>> {
        self.disk.allow(Path::new(name));
        self.library.load(name, None, &self.disk, &mut self.sources, &mut self.problems)
    }

    /// Prints every problem to standard error.
    pub fn print_problems(&self, paint: Paint) {
        print_problems(&self.problems, &self.sources, paint);
    }

    /// Prints the problems if there are errors; otherwise prints the number of warnings.
    ///
    /// # Errors
    /// [`Exit::BadInput`] if there are errors.
    pub fn refuse_or_continue(&self, paint: Paint) -> Result<(), Exit> {
        if self.problems.refuse() {
            self.print_problems(paint);
            return Err(Exit::BadInput);
        }
        let warnings = self.problems.count(Severity::Warning);
        if warnings > 0 {
            let them = by_count(warnings, "it", "them");
            let line = format!("{}; run `stayput check` to see {them}", many(warnings, "warning"));
            terminal::print_stderr(&paint.dim(&line));
        }
        Ok(())
    }
}

/// Whether a case of the file at `path` meets a filter.
pub fn is_selected(filter: Option<&Filter>, path: &str, header: &RunHeader) -> bool {
    let names: Vec<&str> = header.rulebooks.iter().map(|b| b.policy.name.as_str()).collect();
    let (name, case) = (&*header.scenario, &*header.case);
    let case = CaseProperties { name, case, file: path, policies: &names };
    filter.is_none_or(|filter| filter.matches(&case))
}

/// The plans of all scenarios, or only those of the case `case` and those that `filter` selects.
///
/// # Errors
/// [`Exit::NothingRan`] if there are none.
pub fn plans(
    loaded: Vec<Loaded>,
    case: Option<&str>,
    filter: Option<&Filter>,
) -> Result<Vec<Plan>, Exit> {
    if loaded.iter().all(|one| one.compiled.plans.is_empty()) {
        report_nothing_ran(Code::NothingFound, "no scenario found");
        return Err(Exit::NothingRan);
    }
    let mut all = Vec::new();
    let mut count = 0;
    let is_called = |plan: &Plan| case.is_some_and(|case| plan.header.case == case);
    let exists = loaded.iter().flat_map(|one| &one.compiled.plans).any(is_called);
    for Loaded { path, compiled } in loaded {
        count += compiled.plans.len();
        let plans = compiled.plans.into_iter();
        all.extend(plans.filter(|plan| is_selected(filter, &path, &plan.header)));
    }
    if all.is_empty() {
        let why = format!("the filter matches none of {}", many(count, "case"));
        report_nothing_ran(Code::FilterMatchesNone, &why);
        return Err(Exit::NothingRan);
    }
    let Some(case) = case else { return Ok(all) };
    let mut known: Vec<String> = all.iter().map(|plan| plan.header.case.clone()).collect();
    known.dedup();
    known.retain(|name| !name.is_empty());
    let wanted: Vec<Plan> = all.into_iter().filter(|plan| plan.header.case == case).collect();
    if wanted.is_empty() && exists {
        let why = format!("`-E` leaves out the case `{case}` that `--case` names");
        report_nothing_ran(Code::FilterMatchesNone, &why);
        return Err(Exit::NothingRan);
    }
    if wanted.is_empty() {
        let why = format!("no scenario has a case `{case}`{}", known_cases(case, &known));
        report_nothing_ran(Code::FilterMatchesNone, &why);
        return Err(Exit::NothingRan);
    }
    Ok(wanted)
}

/// What to write instead of an unknown case, as the end of a sentence. `known` are the names of the
/// cases; an empty one is no name.
pub fn known_cases(case: &str, known: &[String]) -> String {
    let known: Vec<&str> =
        known.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    match (closest(case, known.iter().copied()).first(), known.as_slice()) {
        (Some(name), _) => format!("; did you mean `{name}`?"),
        (None, []) => "; there are no cases".to_owned(),
        (None, [one]) => format!("; there is: {one}"),
        (None, known) => format!("; there are: {}", known.join(", ")),
    }
}

/// Prints every problem to standard error, and their number.
pub(in crate::cli) fn print_problems(problems: &Problems, sources: &Sources, paint: Paint) {
    let text = render(problems, sources, paint.0);
    if !text.is_empty() {
        terminal::print_stderr(&format!("{text}\n\n{}", summary(problems)));
    }
}

/// The kind of a file, by its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A scenario.
    Scenario,
    /// A policy.
    Policy,
    /// An overlay.
    Overlay,
}

/// The kind of a text; `None` if it is neither a scenario nor a policy. A text that only resembles
/// one of them is treated like it, so that its mistakes are reported.
pub fn kind_of(text: &str) -> Option<FileKind> {
    let first = text.lines().find(|line| !line.trim_start().is_empty() && !line.starts_with('#'));
    match first.map(str::trim_end) {
        Some("stayput: scenario/1") => return Some(FileKind::Scenario),
        Some("stayput: policy/1") => return Some(FileKind::Policy),
        _ => {}
    }
    let mut scratch = Sources::default();
    let file = scratch.add("", text);
    let Some(node) = parse_yaml(&scratch, file, &mut Problems::default()) else {
        let is_ours = text.trim().is_empty() || text.contains("stayput");
        return is_ours
            .then(|| if text.contains("policy/") { FileKind::Policy } else { FileKind::Scenario });
    };
    let entries = node.entries()?;
    let has = |key: &str| entries.iter().any(|entry| &**entry.key == key);
    let format = entries.iter().find(|entry| !closest(&entry.key, ["stayput"]).is_empty());
    let word = format.and_then(|entry| entry.value.scalar()).unwrap_or_default().to_lowercase();
    if word.starts_with("policy") || (has("space") && has("protections")) {
        Some(FileKind::Policy)
    } else if word.starts_with("overlay") {
        Some(FileKind::Overlay)
    } else if format.is_some() || (has("fleet") && (has("events") || has("expect"))) {
        Some(FileKind::Scenario)
    } else {
        None
    }
}
