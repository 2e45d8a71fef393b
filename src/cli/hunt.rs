//! `stayput hunt`: searches for the shortest ways to lose an instance.

use std::cell::Cell;
use std::path::PathBuf;

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::files::shown;
use super::shared::fixes::{add_fixes, changed_plan};
use super::shared::hunt_files::{HuntFileKind, HuntFiles};
use super::shared::load::{Loader, plans};
use super::shared::messages::print_problem;
use super::shared::progress::Progress;
use super::shared::way_files::{SearchedScenario, add_ways, case_tree};
use super::shared::{terminal, undecided};
use crate::diagnostics::{Code, Problem, closest, many};
use crate::experiment::{FixChange, FixQuestion, fix};
use crate::format::{Read, Selector, parse_yaml, yaml_scalar};
use crate::plan::{Options, Plan, Scripted, Surroundings};
use crate::record::Start;
use crate::report::{FixReport, HuntedTarget, Selected, hunt_json, hunt_text};
use crate::run_header::RunHeader;
use crate::search::{self, Hunt, alike, hunt, replay};
use crate::time::SimSpan;
use crate::words::{ActorId, InstanceId};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenario: its fleet, and events that happen as written.
    scenario: PathBuf,
    /// Instances to search ways for: a name, a range, a glob, `[a, b]` or
    /// `{ tags: { env: prod } }`.
    #[arg(long, value_name = "SELECTOR")]
    target: String,
    /// Search only losses within this time after the start of the scenario.
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = span)]
    within: SimSpan,
    /// Search only calls of this caller; repeat the option for several (default: the principals of
    /// the scenario, or any caller).
    #[arg(long = "as", value_name = "WHO")]
    callers: Vec<String>,
    /// Largest number of steps of a way.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_actions: usize,
    /// Search only ways that do not change a protection.
    #[arg(long)]
    keep_flag: bool,
    /// Search only calls of people, not events of the platform such as an unpaid bill.
    #[arg(long)]
    calls_only: bool,
    /// Largest number of states to search for each instance.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    max_states: u64,
    /// Ignore the events of the scenario, and use only its fleet.
    #[arg(long)]
    without_events: bool,
    /// Search only this case.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Use this policy (NAME@EDITION or a file) for accounts that do not name one.
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    #[command(flatten)]
    changes: FixArguments,
    /// Write each way to a file in this folder, as a scenario that runs and expects the loss. With
    /// `--fix`, write each set of changes, as an overlay for `--with`.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

/// Options of `--fix`.
#[derive(Debug, clap::Args)]
struct FixArguments {
    /// Search for the smallest changes that close every way, instead of printing the ways.
    #[arg(long)]
    fix: bool,
    /// With `--fix`: close only the ways that take less time than this.
    #[arg(long, value_name = "SPAN", requires = "fix", value_parser = span)]
    faster_than: Option<SimSpan>,
    /// With `--fix`: largest number of changes of a set.
    #[arg(long, value_name = "N", requires = "fix", default_value_t = 3)]
    max_changes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Readable text.
    Text,
    /// JSON.
    Json,
}

fn span(text: &str) -> Result<SimSpan, String> {
    SimSpan::parse(text).map_err(|_| "expected a duration such as `30d` or `36h`".to_owned())
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let policy = arguments.policy.clone();
    let without_events = arguments.without_events;
    let options = Options { unjudged: true, policy, without_events, ..Options::default() };
    let loaded = loader.scenarios(std::slice::from_ref(&arguments.scenario), &options);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let plans = plans(loaded, arguments.case.as_deref(), None)?;
    let selector = selector(&mut loader, &arguments.target);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let Some(selector) = selector else { return Err(Exit::BadInput) };
    terminal::install_interrupt_handler();
    if arguments.changes.fix {
        return fix_all(arguments, &options, &mut loader, plans, (&selector, colour));
    }
    let files = begin_files(arguments, HuntFileKind::Way)?;
    let mut exit = Exit::Success;
    let mut answers = Vec::new();
    for mut plan in plans {
        let picked = pick(&mut plan, &selector, &mut loader, colour)?;
        let targets = one_plan(arguments, &mut plan, &picked)?;
        let is_complete = |target: &HuntedTarget| target.hunted.incomplete.is_none();
        if !targets.iter().all(is_complete) {
            exit = Exit::Undecided;
        }
        answers.push((plan.header, targets));
        if terminal::is_interrupted() {
            break;
        }
    }
    let text = match arguments.format {
        Format::Text => {
            let page = terminal::page(colour);
            let texts = answers.iter().map(|(header, targets)| hunt_text(header, targets, page));
            texts.collect::<Vec<_>>().join("\n\n")
        }
        Format::Json => {
            let answers: Vec<_> =
                answers.iter().map(|(header, targets)| hunt_json(header, targets)).collect();
            format!("{:#}", serde_json::Value::from(answers))
        }
    };
    terminal::print(&text)?;
    go_on(arguments)?;
    if let Some(mut files) = files {
        let searched = SearchedScenario {
            path: &arguments.scenario,
            policy: arguments.policy.as_deref(),
            has_events: !arguments.without_events,
        };
        for (header, targets) in &answers {
            add_ways(&mut files, &searched, &mut loader, header, targets)?;
        }
        let count = finish_files(files, "scenario")?;
        let ways = answers.iter().flat_map(|(_, targets)| targets);
        if ways.map(|target| target.hunted.ways.len()).sum::<usize>() > count {
            let why = "a way with steps cannot be written: the events of the scenario are in a \
                       table, to which no event can be added; list them under `events:`, or add \
                       `--without-events`";
            terminal::print_stderr(&format!("stayput: {why}"));
        }
    }
    Ok(exit)
}

/// The files that `--write` requests.
fn begin_files(arguments: &Arguments, kind: HuntFileKind) -> Result<Option<HuntFiles<'_>>, Exit> {
    arguments.write.as_deref().map(|folder| HuntFiles::begin(folder, kind)).transpose()
}

/// Writes the files, and returns their number.
fn finish_files(files: HuntFiles<'_>, what: &str) -> Result<usize, Exit> {
    let folder = shown(files.folder());
    let count = files.finish()?;
    terminal::print_stderr(&format!("stayput: wrote {} to {folder}", many(count, what)));
    Ok(count)
}

/// The instances of a selector.
///
/// # Errors
/// If it has a mistake.
fn pick(
    plan: &mut Plan,
    selector: &Selector,
    loader: &mut Loader,
    colour: ColorChoice,
) -> Result<Vec<InstanceId>, Exit> {
    let picked = plan.pick(selector, &mut loader.problems);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    Ok(picked.unwrap_or_default())
}

/// Ends the command after its report if the user interrupted the search. What an earlier hunt wrote
/// is then unchanged.
///
/// # Errors
/// [`Exit::Interrupted`].
fn go_on(arguments: &Arguments) -> Result<(), Exit> {
    if !terminal::is_interrupted() {
        return Ok(());
    }
    let written = arguments.write.as_ref().map_or("", |_| "; no file was written");
    terminal::print_stderr(&format!("stayput: interrupted{written}"));
    Err(Exit::Interrupted)
}

/// Searches for the changes that close the ways of each plan.
fn fix_all(
    arguments: &Arguments,
    options: &Options,
    loader: &mut Loader,
    plans: Vec<Plan>,
    (selector, colour): (&Selector, ColorChoice),
) -> Result<Exit, Exit> {
    if arguments.changes.faster_than.is_some_and(|span| span > arguments.within) {
        let within = arguments.within;
        let title = format!("`--faster-than` is more than `--within {within}`");
        let problem = Problem::bare(Code::BadNumber, title);
        print_problem(problem.help("name a larger `--within`, or leave `--faster-than` out"));
        return Err(Exit::BadInput);
    }
    let mut files = begin_files(arguments, HuntFileKind::Fix)?;
    let (mut exit, mut texts, mut answers) = (Exit::Success, Vec::new(), Vec::new());
    for mut plan in plans {
        let mut instances = pick(&mut plan, selector, loader, colour)?;
        instances.sort_unstable();
        instances.dedup();
        fix_one(arguments, options, loader, (&mut plan, &instances), |report| {
            if !report.is_complete() {
                exit = Exit::Undecided;
            }
            match arguments.format {
                Format::Text => texts.push(report.text(terminal::page(colour))),
                Format::Json => answers.push(report.json()),
            }
            if let Some(files) = &mut files {
                add_fixes(files, report);
            }
        })?;
        if terminal::is_interrupted() {
            break;
        }
    }
    terminal::print(&match arguments.format {
        Format::Text => texts.join("\n\n"),
        Format::Json => format!("{:#}", serde_json::Value::from(answers)),
    })?;
    go_on(arguments)?;
    files.map(|files| finish_files(files, "overlay")).transpose()?;
    Ok(exit)
}

/// Searches for the changes that close the ways of some instances of a plan.
fn fix_one(
    arguments: &Arguments,
    options: &Options,
    loader: &mut Loader,
    (plan, instances): (&mut Plan, &[InstanceId]),
    report: impl FnOnce(&FixReport<'_>),
) -> Result<(), Exit> {
    let asked = asked(arguments, callers(plan, &arguments.callers)?);
    let (path, case) = (&arguments.scenario, &plan.header.case);
    let Some(tree) = case_tree(loader, path, case, !arguments.without_events) else {
        return Err(Exit::BadInput);
    };
    let text = selector_text(&arguments.target);
    let selected = Selected { instances, text: &text };
    let question = FixQuestion {
        plan,
        targets: instances,
        hunt: &asked,
        faster_than: arguments.changes.faster_than,
        most_changes: arguments.changes.max_changes,
    };
    let header = &plan.header;
    let mut changed = |changes: &[FixChange]| {
        let of = (header, &tree);
        let mut plan = changed_plan(path, options, of, (changes, selected))?;
        callers(&mut plan, &arguments.callers).ok()?;
        Some(plan)
    };
    let progress = Progress::new(0, "states");
    let states = Cell::new(0_u64);
    let fixed = fix(question, &mut changed, &|| {
        states.set(states.get() + 1);
        if states.get().is_multiple_of(1_024) {
            progress.reached(|| states.get());
        }
        !terminal::is_interrupted()
    });
    report(&FixReport { header, tree: &tree, selected, question, fixed: &fixed });
    Ok(())
}

/// The search that the arguments describe; the caller sets its target.
fn asked(arguments: &Arguments, callers: Vec<Option<ActorId>>) -> Hunt {
    Hunt {
        target: InstanceId(0),
        within: arguments.within,
        most: arguments.max_actions,
        keep_flag: arguments.keep_flag,
        causes: !arguments.calls_only,
        callers,
        limit: arguments.max_states,
        prunes: true,
    }
}

/// A selector of the command line as the text of a file.
fn selector_text(text: &str) -> String {
    // A glob such as `*-db` is not YAML.
    let is_tree = text.trim_start().starts_with(['[', '{']);
    if is_tree { text.to_owned() } else { yaml_scalar(text) }
}

/// The selector of `--target`; `None`, with errors, if it has a mistake.
fn selector(loader: &mut Loader, text: &str) -> Option<Selector> {
    let file = loader.sources.add("--target", selector_text(text));
    let node = parse_yaml(&loader.sources, file, &mut loader.problems)?;
    Selector::read(&node, &mut loader.problems)
}

/// Searches for the ways to lose each of these instances of a plan.
fn one_plan(
    arguments: &Arguments,
    plan: &mut Plan,
    picked: &[InstanceId],
) -> Result<Vec<HuntedTarget>, Exit> {
    let script = plan.script.listed().map_err(|unread| {
        terminal::print_stderr(&format!("stayput: {}: {}", unread.path, unread.why));
        Exit::BadInput
    })?;
    let callers = callers(plan, &arguments.callers)?;
    let starts: Vec<Start> = plan.starting_values().collect();
    let progress = Progress::new(0, "states");
    let surroundings = Surroundings::new(plan, &script);
    let mut targets = Vec::new();
    for class in alike(plan, &script, picked) {
        let Some((first, alike)) = class.split_first() else { continue };
        let question = Question {
            arguments,
            plan,
            script: &script,
            surroundings: &surroundings,
            callers: &callers,
        };
        targets.extend(question.one(starts[first.index()], alike, &progress));
        if terminal::is_interrupted() {
            break;
        }
    }
    Ok(targets)
}

/// The callers whose calls are searched. A caller that no event names is added to the plan, unless
/// the plan has principals.
fn callers(plan: &mut Plan, names: &[String]) -> Result<Vec<Option<ActorId>>, Exit> {
    let all = search::callers(plan);
    let refuse = |problem: Problem| {
        print_problem(problem);
        Err(Exit::BadInput)
    };
    if names.len().max(all.len()) > 64 {
        let title = "at most 64 callers can be searched; name some with `--as`";
        return refuse(Problem::bare(Code::BadNumber, title));
    }
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for name in names {
        let known = plan.header.actors.position(name).map(ActorId::from_index);
        match known {
            Some(id) if plan.principals.is_none() || all.contains(&Some(id)) => {
                chosen.push(Some(id));
            }
            _ if plan.principals.is_none() => {
                plan.header.actors.push(name);
                chosen.push(Some(ActorId::from_index(plan.header.actors.len() - 1)));
            }
            _ => {
                let principals = all.iter().flatten().map(|id| plan.header.actor(*id));
                let close = closest(name, principals);
                let title = format!("there is no principal `{name}`");
                let problem = Problem::bare(Code::UnknownName, title).did_you_mean(&close);
                return refuse(problem);
            }
        }
    }
    Ok(chosen)
}

/// The search for the ways to lose one instance.
struct Question<'a> {
    arguments: &'a Arguments,
    plan: &'a Plan,
    script: &'a [Scripted],
    surroundings: &'a Surroundings<'a>,
    callers: &'a [Option<ActorId>],
}

impl Question<'_> {
    fn one(&self, start: Start, alike: &[InstanceId], progress: &Progress) -> Option<HuntedTarget> {
        let part = self.surroundings.of(start.instance);
        let target = part.reduced(start.instance)?;
        let asked = Hunt { target, ..asked(self.arguments, self.callers.to_vec()) };
        let shown = Cell::new(0_u64);
        let hunted = hunt(&part, &asked, |states| {
            if states % 1_024 == 0 {
                shown.set(states);
                progress.reached(|| shown.get());
            }
            !terminal::is_interrupted()
        });
        let replays = hunted.ways.iter();
        let replays =
            replays.map(|way| replay(self.plan, self.script, &part, (&asked, &hunted), way));
        let replays = replays.collect();
        let first_undecided = hunted.first_undecided.as_ref().map(|halt| {
            // The call that was tried is no event of the scenario.
            let known = &part.plan.header;
            let events = known.events.clone().with(["a call".to_owned()]);
            undecided::text(halt, &RunHeader { events, ..known.clone() })
        });
        let alike = alike.to_vec();
        Some(HuntedTarget { start, alike, hunt: asked, hunted, replays, first_undecided })
    }
}
