//! `stayput check`: reads scenarios and policies and reports mistakes, without simulating.

use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use indexmap::IndexMap;

use super::args::or_default;
use super::shared::exit::Exit;
use super::shared::files;
use super::shared::load::{FileKind, Loader, kind_of, refuse_overlays};
use super::shared::messages::report_nothing_ran;
use super::shared::terminal;
use crate::diagnostics::{Code, Problem, Severity, many};
use crate::experiment::house_at_start;
use crate::format::{AddedEvents, Node, Value};
use crate::plan::{Options, Plan};
use crate::record::HouseFinding;
use crate::words::RuleSeverity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenarios, policies, or folders of both (default: `scenarios`).
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Check the house rules of this overlay on the fleet of each scenario at its start.
    #[arg(long, value_name = "FILE")]
    house: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    let mut loader = Loader::new();
    let mut lines = Vec::new();
    let (mut checked, mut has_scenario) = (0, false);
    let mut is_broken = false;
    let overlay = arguments.house.as_ref().and_then(|path| house(&mut loader, path));
    let options = Options { with: overlay.into_iter().collect(), ..Options::default() };
    for (path, named) in loader.find(&or_default(&arguments.paths)) {
        let Some(text) = loader.read(&path) else {
            checked += 1;
            continue;
        };
        let shown = files::shown(&path);
        let kind = if named {
            kind_of(&text).or(Some(FileKind::Scenario))
        } else {
            loader.kind(&path, &text)
        };
        match kind {
            Some(FileKind::Policy) => {
                checked += 1;
                lines.extend(policy_line(&mut loader, &path, &shown));
            }
            Some(FileKind::Overlay) => {
                checked += 1;
                if let Some(keys) = loader.overlay_alone(&path, text) {
                    let keys = if keys.is_empty() { "nothing".into() } else { keys.join(", ") };
                    lines.push(format!("{shown}: an overlay that changes {keys}"));
                }
            }
            Some(FileKind::Scenario) => {
                checked += 1;
                has_scenario = true;
                if let Some(loaded) = loader.scenario(&path, text, &options) {
                    lines.extend(loaded.compiled.read.iter().map(|line| format!("read {line}")));
                    lines.push(summary_line(&shown, &loaded.compiled));
                    let (broken, found) = house_lines(&shown, loaded.compiled.plans);
                    is_broken |= broken;
                    lines.extend(found);
                }
            }
            None => {}
        }
    }
    if !has_scenario && loader.broken.is_empty() {
        refuse_overlays("these files")?;
        if arguments.house.is_some() && checked > 0 {
            terminal::print_stderr(
                "stayput: `--house` has no effect on these files: no scenario is read",
            );
            return Err(Exit::BadInput);
        }
    }
    loader.print_problems(paint);
    if checked == 0 && loader.broken.is_empty() {
        report_nothing_ran(Code::NothingFound, "no scenario or policy was found");
        return Err(Exit::NothingRan);
    }
    if !lines.is_empty() {
        terminal::print(&lines.join("\n"))?;
    }
    Ok(match (loader.problems.count(Severity::Error) > 0, is_broken) {
        (true, _) => Exit::BadInput,
        (false, true) if arguments.house.is_some() => Exit::Failure,
        (false, _) => Exit::Success,
    })
}

/// The overlay of `--house`; `None`, with errors, if it has a mistake or no house rule.
fn house(loader: &mut Loader, path: &Path) -> Option<(Node, AddedEvents)> {
    let overlay = loader.overlay(path)?;
    let rules = overlay.0.get("house");
    let is_empty = |rules: &Node| match &rules.value {
        Value::Empty => true,
        Value::Map(rules) => rules.is_empty(),
        // It is refused where it is read.
        Value::Scalar(..) | Value::List(_) => false,
    };
    if rules.is_some_and(|rules| !is_empty(rules)) {
        return Some(overlay);
    }
    let title = "the file of `--house` has no house rule";
    let span = rules.map_or(overlay.0.span, |rules| rules.span);
    let problem = Problem::at(Code::MissingKey, span, title, "no rule under `house`");
    loader.problems.add(
        problem.help("add `house: { NAME: { in-force: PROTECTION } }`, or leave `--house` out"),
    );
    None
}

/// A line about the contents of a policy; `None`, with errors, if it has a mistake.
fn policy_line(loader: &mut Loader, path: &Path, shown: &str) -> Option<String> {
    // Without a folder, the path would be read as the name of an edition.
    let is_alone = path.components().count() == 1;
    let named = if is_alone { Path::new(".").join(path) } else { path.to_path_buf() };
    let policy = loader.policy(&files::shown(&named))?;
    let cells: usize = policy.protections.iter().map(|p| p.table.space().cells()).sum();
    let (rules, cells) = (many(policy.rules.len(), "rule"), many(cells, "cell"));
    let protections = many(policy.protections.len(), "protection");
    let name = &policy.name;
    Some(format!("{shown}: {name}, {rules}, {cells} of {protections} proved"))
}

/// The house rules that the fleet breaks at its start, as lines, and whether one of them is an
/// error. A line names the cases in which a rule is broken, unless these are all cases.
fn house_lines(path: &str, plans: Vec<Plan>) -> (bool, Vec<String>) {
    let all = plans.len();
    let mut is_broken = false;
    let mut cases_of: IndexMap<String, Vec<String>> = IndexMap::new();
    for plan in plans {
        let (header, found) = house_at_start(plan);
        for HouseFinding { severity, rule, text, subject, .. } in &found {
            is_broken |= *severity == RuleSeverity::Error;
            let subject = header.subject(*subject);
            let line = format!("{severity}: {rule}: {subject}: {text}");
            cases_of.entry(line).or_default().push(header.case.clone());
        }
    }
    let line = |(line, cases): (String, Vec<String>)| {
        let is_everywhere = cases.len() >= all;
        let cases = if is_everywhere { String::new() } else { format!(" [{}]", cases.join(", ")) };
        format!("{path}{cases}: {line}")
    };
    (is_broken, cases_of.into_iter().map(line).collect())
}

fn summary_line(path: &str, compiled: &crate::plan::Compiled) -> String {
    let first = compiled.plans.first();
    let instances = first.map_or(0, |plan| plan.header.instances.len());
    let events = first.map_or(0, |plan| plan.script.len());
    let expected: usize = compiled.plans.iter().map(|plan| plan.expectations.len()).sum();
    let cases = match compiled.plans.len() {
        1 => String::new(),
        n => format!(" in {n} cases"),
    };
    let (instances, events) = (many(instances, "instance"), many(events, "event"));
    let random = match first.map_or(0, |plan| plan.random.len()) {
        0 => String::new(),
        n => format!(", {}", many(n, "random source")),
    };
    let expected = many(expected, "expectation");
    format!("{path}: {}, {instances}, {events}{random}{cases}, {expected}", compiled.name)
}
