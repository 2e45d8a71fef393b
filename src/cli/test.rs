//! `stayput test`: is it what we said?

use std::path::PathBuf;

use anstream::ColorChoice;

use super::load::Loader;
use super::run::{name_of, undecided};
use super::{Exit, Overrides, or_default, terminal};
use crate::experiment::{Judge, Summary, carry_out};
use crate::report::{CaseReport, test_report};
use crate::scenario::Plan;
use crate::text::{Code, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenario files, or folders of them.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

/// What ends a test run before its time.
struct Interrupted;

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let talk = terminal::paint_talk(colour);
    let mut loader = Loader::new();
    let options = arguments.overrides.options();
    let loaded = loader.scenarios(&or_default(&arguments.paths), &options);
    terminal::heed_interrupts();
    let case = arguments.overrides.case.as_deref();
    let mut reports = Vec::new();
    for one in loaded {
        let mut relied = Relied::new(&one.compiled.plans);
        for plan in one.compiled.plans {
            if case.is_some_and(|case| plan.legend.case != case) {
                relied.passed_over = true;
                continue;
            }
            if let Ok(report) = judge(plan, &one.path, arguments, &mut relied) {
                reports.push(report);
            } else {
                terminal::talk("stayput: interrupted");
                return Err(Exit::Interrupted);
            }
        }
        let mut unused = crate::text::Problems::default();
        relied.tell(&mut unused);
        let allowed: Vec<Code> = one.compiled.allow.iter().map(|code| code.value).collect();
        unused.allow(&allowed);
        loader.problems.extend(unused);
    }
    loader.tell(talk);
    if reports.is_empty() && loader.broken.is_empty() {
        let what =
            if case.is_some() { "no scenario has that case" } else { "no scenario was found" };
        terminal::talk(&format!("stayput: nothing ran: {what}"));
        return Err(Exit::NothingRan);
    }
    let paint = terminal::paint(colour);
    super::print(&test_report(&reports, &loader.broken, &loader.sources, paint))?;
    let undecided = reports.iter().any(|report| report.broken.is_some());
    Ok(match reports.iter().all(CaseReport::passed) {
        _ if loader.problems.refuse() => Exit::BadInput,
        true => Exit::Yes,
        false if undecided => Exit::Undecided,
        false => Exit::No,
    })
}

fn judge(
    plan: Plan,
    path: &str,
    arguments: &Arguments,
    relied: &mut Relied,
) -> Result<CaseReport, Interrupted> {
    let mut judge = Judge::new(plan.expectations.clone());
    let mut summary = Summary::default();
    let limits = arguments.overrides.limits();
    let (ending, run) = carry_out(plan, limits, Some(&mut judge), |record, _| {
        summary.take(&record);
        if terminal::is_interrupted() { Err(Interrupted) } else { Ok(()) }
    })?;
    let world = run.world();
    let legend = world.legend();
    relied.take(world.relied());
    let mut broken = undecided(&ending, legend);
    if let (None, Some(only)) = (&broken, arguments.overrides.only) {
        let weaker = summary.weaker_than(only);
        broken = (weaker > 0).then(|| format!("{weaker} decisions are founded worse than {only}"));
    }
    let mut judgement = judge.finish(legend);
    if broken.is_some() {
        // What was not reached was not missed.
        judgement.failures.clear();
    }
    Ok(CaseReport {
        name: name_of(legend),
        path: path.to_owned(),
        case: legend.case.clone(),
        judgement,
        broken,
    })
}

/// Which assumptions of a scenario anything relied on, over all of its cases.
struct Relied {
    assumptions: Vec<(crate::scenario::Assumption, bool)>,
    passed_over: bool,
}

impl Relied {
    fn new(plans: &[Plan]) -> Self {
        let first = plans.first();
        let assumptions = first.map(|plan| plan.assumptions.clone()).unwrap_or_default();
        Self {
            assumptions: assumptions.into_iter().map(|assumption| (assumption, false)).collect(),
            passed_over: false,
        }
    }

    fn take(&mut self, relied: &[crate::vocab::SwitchSet]) {
        for (assumption, used) in &mut self.assumptions {
            *used |= assumption
                .settles
                .iter()
                .any(|(policy, switch)| relied[policy.index()].has(*switch));
        }
    }

    /// Warns of assumptions on which nothing relied; a case that was passed over might have.
    fn tell(&self, problems: &mut crate::text::Problems) {
        if self.passed_over {
            return;
        }
        for (assumption, used) in &self.assumptions {
            if !used {
                let title =
                    format!("nothing relied on `{}: {}`", assumption.name, assumption.value);
                problems.add(
                    Problem::at(Code::UnusedAssumption, assumption.place, title, "has no effect")
                        .help("remove it, or list W061 under `allow:`"),
                );
            }
        }
    }
}
