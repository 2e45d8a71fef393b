//! `stayput diff`: what does another edition change, and for whom?

use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use serde_json::json;

use super::load::{Kind, Loaded, Loader};
use super::progress::Progress;
use super::replicate::{Many, Template};
use super::run::{name_of, undecided};
use super::{Exit, Overrides, bless, terminal};
use crate::experiment::{Crew, Observed, carry_out, paired, touched};
use crate::policy::{Class, Comparison, Difference, Direction, compare};
use crate::report::{
    Acceptance, AcceptedFile, Changed, DecisionRow, Paint, PairedRun, accept, accepted_json,
    accepted_text, changed, changed_json, changed_markdown, changed_text, diff_json, diff_markdown,
    diff_text, paired_csv, paired_json, paired_markdown, paired_text, read_decisions,
};
use crate::scenario::{Options, Plan};
use crate::text::{many, parse_yaml};
use crate::time::SimTime;
use crate::world::Run;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The old policy: NAME@EDITION, or a file; or a folder that `run --out` wrote.
    old: String,
    /// The new one.
    new: String,
    /// Scenarios, or folders of them, to run under both.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print it.
    #[arg(short, long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    many: Many,
    /// The seed of everything random, in place of the scenarios'.
    #[arg(long, value_name = "N", requires = "replications")]
    seed: Option<u64>,
    /// The file of accepted changes, in place of the one beside the new policy.
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// The day on which acceptances are looked at, in place of the clock's: 2026-12-31.
    #[arg(long, value_name = "DAY", value_parser = super::day_start)]
    today: Option<SimTime>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines; `schema diff` describes it.
    Json,
    /// For a pull request.
    Markdown,
    /// What replications differ in, as `differences.csv`.
    Csv,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Findings {
    /// The two policies.
    pub comparison: Option<Comparison>,
    /// Whom a changed verdict touches: the number of the difference, the scenario, instances.
    pub touched: Vec<(usize, String, Vec<String>)>,
    /// Changed decisions.
    pub changed: Vec<Changed>,
    /// How many decisions were compared; `None` if none were.
    pub compared: Option<usize>,
    /// What replications on the same draws differ in, in place of decisions.
    paired: Vec<PairedRun>,
    /// What somebody accepted before.
    accepted: Vec<Acceptance>,
    /// Whether an acceptance has expired, or is idle.
    stale: bool,
}

impl Findings {
    /// The keys of everything that differs.
    pub(super) fn keys(&self) -> Vec<String> {
        let policy = self.comparison.iter().flat_map(|c| &c.differences).map(Difference::key);
        let mut keys: Vec<String> = policy.chain(self.changed.iter().map(Changed::key)).collect();
        let mut seen = std::collections::BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        keys
    }

    /// Takes out what is accepted.
    fn accept(&mut self, file: Option<&AcceptedFile>, today: Option<SimTime>, loader: &mut Loader) {
        let (Some(file), Some(comparison)) = (file, &mut self.comparison) else { return };
        let today = today.unwrap_or_else(super::today);
        let touched = std::mem::take(&mut self.touched);
        let before: Vec<String> = comparison.differences.iter().map(Difference::key).collect();
        let ran = self.compared.is_some();
        self.accepted =
            accept(file, comparison, &mut self.changed, ran, today, &mut loader.problems);
        // The numbers of those that are left have changed.
        self.touched = touched
            .into_iter()
            .filter_map(|(at, run, names)| {
                let left = comparison.differences.iter().position(|d| d.key() == before[at])?;
                Some((left, run, names))
            })
            .collect();
    }

    fn is_same(&self) -> bool {
        let same = self.comparison.as_ref().is_none_or(Comparison::is_same);
        let same = same && self.paired.iter().all(|run| run.differ == 0);
        same && self.changed.is_empty() && !self.stale
    }
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let talk = terminal::paint_talk(colour);
    refuse_what_needs_replications(arguments)?;
    let folders = [&arguments.old, &arguments.new].map(|name| Path::new(name).is_dir());
    let findings = match folders {
        [true, true] => recorded(arguments)?,
        [false, false] => {
            let mut loader = Loader::new();
            let names = (arguments.old.as_str(), arguments.new.as_str());
            let found =
                policies(names, &arguments.paths, arguments.pairing()?.as_ref(), &mut loader);
            let path = arguments.accepted.clone().unwrap_or_else(|| bless::accepted_path(names.1));
            let file = bless::read(&path, &mut loader);
            loader.refuse_or_go_on(talk)?;
            let mut found = found?;
            found.accept(file.as_ref(), arguments.today, &mut loader);
            found.stale = loader.problems.refuse();
            if found.stale {
                loader.tell(talk);
            }
            found
        }
        [true, false] | [false, true] => {
            terminal::talk(
                "stayput: a recorded run is compared with another one, not with a policy",
            );
            return Err(Exit::BadInput);
        }
    };
    let paint = terminal::paint(colour);
    super::print(&match arguments.format {
        Format::Text => text(arguments, &findings, paint),
        Format::Json => json(arguments, &findings),
        Format::Markdown => markdown(&findings),
        Format::Csv => csv(&findings)?,
    })?;
    Ok(if findings.is_same() { Exit::Yes } else { Exit::No })
}

/// On what terms replications are compared.
pub(super) struct Pairing {
    many: Many,
    seed: Option<u64>,
    crew: Crew,
}

impl Arguments {
    fn pairing(&self) -> Result<Option<Pairing>, Exit> {
        if self.many.replications.is_none() {
            return Ok(None);
        }
        let (many, seed) = (self.many.clone(), self.seed);
        Ok(Some(Pairing { crew: many.crew()?, many, seed }))
    }
}

/// Tells what was asked of replications, if there are none.
fn refuse_what_needs_replications(arguments: &Arguments) -> Result<(), Exit> {
    let csv = matches!(arguments.format, Format::Csv);
    let why = match arguments.many.replications {
        None if csv => "`-f csv` prints what replications differ in; say `--replications N`",
        None if arguments.many.jobs.is_some() => {
            "`--jobs` is about replications; say `--replications N`"
        }
        Some(_) if arguments.paths.is_empty() => "replications of what? name a scenario",
        None | Some(_) => return Ok(()),
    };
    terminal::talk(&format!("stayput: {why}"));
    Err(Exit::BadInput)
}

/// Two folders that `run --out` wrote.
fn recorded(arguments: &Arguments) -> Result<Findings, Exit> {
    if !arguments.paths.is_empty() {
        terminal::talk("stayput: recorded runs have been run already; leave the scenarios out");
        return Err(Exit::BadInput);
    }
    let read = |folder: &String| {
        let path = Path::new(folder).join("decisions.csv");
        let text = super::files::read_text(&path).map_err(|failure| failure.to_string());
        text.and_then(|text| read_decisions(&text)).map_err(|why| {
            terminal::talk(&format!("stayput: {} is no recorded run: {why}", path.display()));
            Exit::BadInput
        })
    };
    let (old, new) = (read(&arguments.old)?, read(&arguments.new)?);
    let compared = Some(old.len().max(new.len()));
    Ok(Findings { changed: changed(&old, &new), compared, ..Findings::default() })
}

/// Two policies, and the scenarios that are run under both.
///
/// # Errors
/// [`Exit`], after everything but the mistakes in files has been told.
pub(super) fn policies(
    names: (&str, &str),
    paths: &[PathBuf],
    pairing: Option<&Pairing>,
    loader: &mut Loader,
) -> Result<Findings, Exit> {
    let names = [names.0, names.1];
    let loaded = names.map(|name| loader.policy(name));
    let [Some(old), Some(new)] = &loaded else { return Err(Exit::BadInput) };
    let mut findings = Findings { comparison: Some(compare(old, new)), ..Findings::default() };
    if paths.is_empty() {
        return Ok(findings);
    }
    let about = [&old.name, &new.name].map(|name| family(name).to_owned());
    let (mut ran, mut passed_over) = (0, 0);
    terminal::heed_interrupts();
    // It reads each policy once for all scenarios.
    let mut scratch = Loader::new();
    for (path, named) in loader.find(paths) {
        let Some(text) = loader.read(&path) else { continue };
        if !named && loader.kind(&path, &text) != Some(Kind::Scenario) {
            continue;
        }
        let seed = pairing.and_then(|pairing| pairing.seed);
        let Some(both) =
            under_both([loader, &mut scratch], (&path, &text), names, (named, seed), &about)
        else {
            passed_over += 1;
            continue;
        };
        let [Some(old), Some(new)] = both else { continue };
        for (old, new) in old.compiled.plans.into_iter().zip(new.compiled.plans) {
            ran += 1;
            match pairing {
                Some(pairing) => pair(pairing, &old, &new, &mut findings)?,
                None => judge(old, new, &mut findings)?,
            }
        }
    }
    if passed_over > 0 {
        let what = many(passed_over, "scenario");
        terminal::talk(&format!("{what} about other policies passed over"));
    }
    if ran == 0 && !loader.problems.refuse() {
        super::nothing(
            crate::text::Code::NothingFound,
            "no scenario about these policies was found",
        );
        return Err(Exit::NothingRan);
    }
    Ok(findings)
}

/// The provider's product that an edition is about.
fn family(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// A scenario, compiled under each of two policies. `None` if it was found in a folder, is about
/// another policy, and makes no sense under these.
fn under_both(
    [loader, scratch]: [&mut Loader; 2],
    (path, text): (&Path, &str),
    names: [&str; 2],
    (named, seed): (bool, Option<u64>),
    about: &[String; 2],
) -> Option<[Option<Loaded>; 2]> {
    scratch.forget_problems();
    let compile = |loader: &mut Loader| {
        names.map(|name| {
            let beside = names.map(str::to_owned).to_vec();
            let options = Options { policy: Some(name.to_owned()), beside, seed, unjudged: true };
            loader.scenario(path, text.to_owned(), &options)
        })
    };
    let tried = compile(scratch);
    if tried.iter().all(Option::is_some) {
        return Some(tried);
    }
    let own = policy_of(text);
    let foreign = own.is_some_and(|own| !about.iter().any(|known| known == family(&own)));
    if foreign && !named {
        return None;
    }
    // Once more where its mistakes are told.
    Some(compile(loader))
}

/// The policy that a scenario names.
fn policy_of(text: &str) -> Option<String> {
    let mut sources = crate::text::Sources::default();
    let file = sources.add("", text);
    let node = parse_yaml(&sources, file, &mut crate::text::Problems::default())?;
    node.get("policy")?.scalar().map(str::to_owned)
}

/// Runs a plan under each of two policies, and keeps what differs.
fn judge(old: Plan, new: Plan, findings: &mut Findings) -> Result<(), Exit> {
    note_touched(&old, findings);
    let old = decisions(old)?;
    let new = decisions(new)?;
    *findings.compared.get_or_insert(0) += old.len().max(new.len());
    findings.changed.extend(changed(&old, &new));
    Ok(())
}

/// Carries out the same replications under each of two policies: their draws are the same, since
/// a stream hangs on seed, number and name alone.
fn pair(pairing: &Pairing, old: &Plan, new: &Plan, findings: &mut Findings) -> Result<(), Exit> {
    note_touched(old, findings);
    let overrides = Overrides::default();
    let numbers = 0..pairing.many.replications.unwrap_or(0);
    let level = pairing.many.confidence();
    let progress = Progress::of(2 * numbers.end, "replications");
    let mut both = Vec::new();
    for plan in [old, new] {
        let template = Template::of(plan, &overrides);
        let carried = template.carry_out(&pairing.crew, numbers.clone(), &[], level, &progress);
        if terminal::is_interrupted() {
            drop(progress);
            terminal::talk("stayput: interrupted");
            return Err(Exit::Interrupted);
        }
        if carried.judge(&overrides) != Exit::Yes {
            return Err(Exit::Undecided);
        }
        both.push(carried.of);
    }
    let [old, new] = both.as_slice() else { return Err(Exit::OurBug) };
    let differs = |(old, new): &(&Observed, &Observed)| {
        (old.values, &old.counts) != (new.values, &new.counts)
    };
    findings.paired.push(PairedRun {
        scenario: old.scenario.clone(),
        case: old.case.clone(),
        policies: [old.policy.clone(), new.policy.clone()],
        replications: old.rows.len(),
        differ: old.rows.iter().zip(&new.rows).filter(differs).count(),
        level: pairing.many.level,
        figures: paired(old, new, level),
    });
    Ok(())
}

/// Remembers which instances of the fleet a changed verdict is about.
fn note_touched(plan: &Plan, findings: &mut Findings) {
    let Some(comparison) = &findings.comparison else { return };
    let run = Run::start(plan.clone());
    for (number, difference) in comparison.differences.iter().enumerate() {
        if !matches!(difference.class, Class::Verdict | Class::Presence) {
            continue;
        }
        let names = touched(difference, run.world());
        if !names.is_empty() {
            findings.touched.push((number, name_of(&plan.legend), names));
        }
    }
}

/// Every decision of a plan.
///
/// # Errors
/// If it gives no answer to its end.
pub(super) fn decisions(plan: Plan) -> Result<Vec<DecisionRow>, Exit> {
    let mut rows = Vec::new();
    let (ending, run) =
        carry_out(plan, crate::kernel::Limits::default(), None, |record, world| {
            if let crate::record::Record::Decision(decision) = record {
                rows.push(DecisionRow::of(decision, world.legend()));
            }
            if terminal::is_interrupted() { Err(Exit::Interrupted) } else { Ok(()) }
        })?;
    let legend = run.world().legend();
    if let Some(why) = undecided(&ending, legend) {
        terminal::talk(&format!("stayput: {}: {why}", name_of(legend)));
        return Err(Exit::Undecided);
    }
    Ok(rows)
}

/// Whom the worse of the changed verdicts touch: `att-1 att-2 (two-editions)`.
fn touched_lines(findings: &Findings, direction: Direction) -> Vec<String> {
    let Some(comparison) = &findings.comparison else { return Vec::new() };
    let of = findings
        .touched
        .iter()
        .filter(|(at, ..)| comparison.differences[*at].direction == direction);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (at, scenario, names) in of {
        let difference = &comparison.differences[*at];
        let what = format!("{} at {}", difference.subject, difference.place());
        let names = format!("{} ({scenario})", names.join(" "));
        match lines.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.push(names),
            None => lines.push((what, vec![names])),
        }
    }
    lines.into_iter().map(|(what, names)| format!("{what}: {}", names.join(", "))).collect()
}

fn text(arguments: &Arguments, findings: &Findings, paint: Paint) -> String {
    let mut out = Vec::new();
    if let Some(comparison) = &findings.comparison {
        out.push(diff_text(comparison, paint));
    }
    for (direction, title) in [
        (Direction::Worse, "fleets, before anything happens: WORSE OFF"),
        (Direction::Better, "fleets, before anything happens: BETTER OFF"),
    ] {
        let lines = touched_lines(findings, direction);
        if !lines.is_empty() {
            out.push(String::new());
            out.push(title.to_owned());
            out.extend(lines.into_iter().map(|line| format!("  {line}")));
        }
    }
    if let Some(compared) = findings.compared {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.extend(changed_text(&findings.changed, compared, paint));
    }
    if !findings.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_text(&findings.paired, paint));
    }
    if !findings.accepted.is_empty() {
        out.push(String::new());
        out.push(format!("{} accepted", many(findings.accepted.len(), "change")));
        out.extend(accepted_text(&findings.accepted));
    }
    if findings.comparison.is_some() && !findings.keys().is_empty() {
        let paths = arguments.paths.iter().map(|path| path.display().to_string());
        let paths: Vec<String> = std::iter::once(String::new()).chain(paths).collect();
        let paths = paths.join(" ");
        let Arguments { old, new, .. } = arguments;
        out.push(format!(
            "accept: stayput bless --diff {old} {new}{paths} --reason \"…\" [--until 2026-12-31]"
        ));
    }
    out.join("\n")
}

fn json(arguments: &Arguments, findings: &Findings) -> String {
    let mut told = findings.comparison.as_ref().map_or_else(
        || {
            json!({
                "format": "diff/1",
                "old": arguments.old,
                "new": arguments.new,
                "differences": [],
            })
        },
        diff_json,
    );
    if let (Some(object), Some(compared)) = (told.as_object_mut(), findings.compared) {
        let touched = findings.touched.iter().map(|(at, scenario, names)| {
            let key = findings.comparison.as_ref().map(|c| c.differences[*at].key());
            json!({ "difference": key, "run": scenario, "instances": names })
        });
        object.insert("touched".into(), touched.collect());
        object.insert("compared".into(), compared.into());
        object.insert("decisions".into(), changed_json(&findings.changed));
    }
    if let (Some(object), false) = (told.as_object_mut(), findings.paired.is_empty()) {
        object.insert("replications".into(), paired_json(&findings.paired));
    }
    if let (Some(object), false) = (told.as_object_mut(), findings.accepted.is_empty()) {
        object.insert("accepted".into(), accepted_json(&findings.accepted));
    }
    format!("{told:#}")
}

fn csv(findings: &Findings) -> Result<String, Exit> {
    let mut out = Vec::new();
    let written = paired_csv(&findings.paired, &mut out)
        .map_err(|error| terminal::could_not_write("standard output", &error).unwrap_or(Exit::Yes));
    written.map(|()| String::from_utf8_lossy(&out).into_owned())
}

fn markdown(findings: &Findings) -> String {
    let mut out = Vec::new();
    out.extend(findings.comparison.as_ref().map(diff_markdown));
    let lines = touched_lines(findings, Direction::Worse);
    if !lines.is_empty() {
        out.push(String::new());
        out.extend(lines.into_iter().map(|line| format!("* worse off: {line}")));
    }
    if let Some(compared) = findings.compared {
        out.push(String::new());
        out.extend(changed_markdown(&findings.changed, compared));
    }
    if !findings.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_markdown(&findings.paired));
    }
    if !findings.accepted.is_empty() {
        let count = many(findings.accepted.len(), "change");
        out.push(format!("\n<details><summary>{count} accepted</summary>\n"));
        let line = |one: &Acceptance| format!("* `{}`: {}", one.change, one.reason);
        out.extend(findings.accepted.iter().map(line));
        out.push("\n</details>".into());
    }
    out.join("\n")
}
