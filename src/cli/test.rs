//! `stayput test`: runs scenarios and checks their expectations.

use std::borrow::Cow;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

use anstream::ColorChoice;

use super::args::{Conflict, Overrides, Shard, or_default};
use super::shared::exit::Exit;
use super::shared::files;
use super::shared::format_target::{Output, ReportTarget};
use super::shared::load::{Loaded, Loader, has_overlays, is_selected};
use super::shared::run_cases::{Job, Judged, RunSettings, course, judge_all};
use super::shared::snapshots::stored_path;
use super::shared::{coverage, messages, terminal};
use crate::diagnostics::{Code, Problem, Problems, many};
use crate::plan::Plan;
use crate::report::{
    CaseReport, DecisionRow, Page, Paint, RunPage, TestExtras, TestRun, WIDTH, github, junit,
    read_decisions, shell_command, snapshot_failure, test_json, test_markdown, test_page,
    test_report,
};
use crate::words::PolicyId;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenario files, or folders of scenarios (default: `scenarios`).
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Number of cases to run in parallel; the report does not depend on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Run only shard K of N; a case is always in the same shard.
    #[arg(long, value_name = "K/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    #[command(flatten)]
    coverage: coverage::CoverageOptions,
    /// Output format: text, json (see `schema test`), junit, github (annotations), markdown, html.
    /// FORMAT=FILE writes to a file. May be given several times.
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text")]
    format: Vec<Output<Format>>,
    /// Print every case, and not only the failed ones.
    #[arg(short, long, conflicts_with = "suggest")]
    verbose: bool,
    /// Write one HTML page to this file, and print the other formats as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Readable text.
    Text,
    /// JSON; see `schema test`.
    Json,
    /// `JUnit` XML for CI servers.
    Junit,
    /// Annotations for a pull request on GitHub.
    Github,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// One self-contained HTML page.
    Html,
}

impl Arguments {
    /// The arguments that exclude each other because of a value. With `--suggest`, standard output
    /// contains only the skeleton.
    pub(super) fn conflict(&self) -> Option<Conflict> {
        if !self.coverage.suggests() {
            return None;
        }
        let printed = self
            .format
            .iter()
            .find(|output| output.file.is_none() && !matches!(output.format, Format::Text));
        if let Some(output) = printed {
            return Some(Conflict::with_format("--suggest", &output.format));
        }
        let has_file = self.html.is_some() || self.format.iter().any(|one| one.file.is_some());
        let measured = self.coverage.report_option().filter(|_| !has_file);
        measured.map(|argument| Conflict { argument, other: "--suggest".to_owned() })
    }
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    // They are never freed: the command ends with its process, which takes no time for that.
    let mut loader = ManuallyDrop::new(Loader::new());
    let options = arguments.overrides.options();
    let loaded = loader.scenarios(&or_default(&arguments.paths), &options);
    let loaded = ManuallyDrop::new(loaded);
    terminal::install_interrupt_handler();
    let unchanged = options.policy.is_none() && options.seed.is_none() && !has_overlays();
    let stored: Vec<_> =
        loaded.iter().map(|one| read_stored(one, unchanged, &mut loader)).collect();
    // Standard output contains only the skeleton, so that it can be redirected to a file.
    let quiet = arguments.coverage.suggests();
    let html = arguments.html.clone().map(|path| Output { format: Format::Html, file: Some(path) });
    let wanted = arguments.format.iter().chain(&html);
    let wanted = wanted.filter(|output| !quiet || output.file.is_some());
    refuse_two_on_stdout(&arguments.format)?;
    let outputs = wanted.map(|output| Ok((output, ReportTarget::begin(output.file.as_deref())?)));
    let outputs: Vec<_> = outputs.collect::<Result<_, Exit>>()?;
    let jobs = jobs(&loaded, &stored, arguments);
    if jobs.is_empty() && loader.broken.is_empty() {
        loader.print_problems(paint);
        return nothing_ran(&loaded, arguments);
    }
    let mut judged = judge_all(&jobs, settings(arguments))?;
    warn_of_idle_assumptions(&loaded, &judged, &mut loader.problems);
    compare_with_stored(&stored, &mut judged);
    let editions = arguments.coverage.editions(&mut loader);
    let coverage_result = coverage::measure(
        &arguments.coverage,
        &editions,
        &jobs,
        &judged,
        &stored,
        settings(arguments),
    );
    let coverage_result = coverage_result?;
    loader.print_problems(paint);
    let measured = coverage_result.as_ref();
    let gates = measured.map(|result| result.gates(&arguments.coverage)).unwrap_or_default();
    let reports: Vec<CaseReport> = judged.into_iter().map(|judged| judged.report).collect();
    let run = TestRun {
        cases: &reports,
        broken: &loader.broken,
        problems: &loader.problems,
        sources: &loader.sources,
        gates: &gates,
    };
    let page = outputs.iter().any(|(output, _)| matches!(output.format, Format::Html));
    let courses =
        if page { courses_of_failures(&jobs, &reports, settings(arguments)) } else { Vec::new() };
    for (output, target) in outputs {
        let text = report(&run, measured, &courses, arguments, output, colour)?;
        if matches!(output.format, Format::Github) {
            target.finish_commands(&text)?;
        } else {
            target.finish(&text)?;
        }
    }
    suggest(measured, &loader, &arguments.coverage)?;
    Ok(exit(&run))
}

/// Prints the skeleton of a scenario, if one was requested.
fn suggest(
    coverage_result: Option<&coverage::SuiteCoverage>,
    loader: &Loader,
    options: &coverage::CoverageOptions,
) -> Result<(), Exit> {
    // A rule after a space is taken as a path.
    let is_rule = |path: &&String| !path.contains(['.', '/', '\\']);
    if options.suggests_any()
        && let Some(rule) = loader.broken.iter().find(is_rule)
    {
        let line = format!("stayput: to suggest a scenario for a rule, write `--suggest={rule}`");
        terminal::print_stderr(&line);
    }
    let suggestion =
        coverage_result.and_then(|coverage_result| coverage_result.suggestion(options));
    match suggestion.filter(|_| !loader.problems.refuse()) {
        Some(Ok(skeleton)) => ReportTarget::Stdout.finish(&skeleton),
        Some(Err(why)) => {
            terminal::print_stderr(&format!("stayput: no suggestion: {why}"));
            Err(Exit::NothingRan)
        }
        None => Ok(()),
    }
}

/// Number of failed cases whose course a page shows.
const MOST_COURSES: usize = 20;

/// The courses of the first failed cases, for the page.
fn courses_of_failures(
    jobs: &[Job<'_>],
    reports: &[CaseReport],
    settings: RunSettings,
) -> Vec<(usize, RunPage)> {
    let failed = jobs.iter().zip(reports).enumerate().filter(|(_, (_, case))| !case.passed());
    failed
        .take(MOST_COURSES)
        .filter_map(|(index, (job, _))| Some((index, course(job, settings).ok()?)))
        .collect()
}

/// The exit code of a test run.
fn exit(run: &TestRun<'_>) -> Exit {
    let undecided = run.cases.iter().any(|case| case.broken.is_some());
    match run.passed() {
        _ if run.problems.refuse() => Exit::BadInput,
        true => Exit::Success,
        false if undecided => Exit::Undecided,
        false => Exit::Failure,
    }
}

/// The text of the report in a format.
fn report(
    run: &TestRun<'_>,
    coverage_result: Option<&coverage::SuiteCoverage>,
    courses: &[(usize, RunPage)],
    arguments: &Arguments,
    output: &Output<Format>,
    colour: ColorChoice,
) -> Result<String, Exit> {
    let page = page(output, colour);
    Ok(match output.format {
        Format::Text => {
            let mut text = test_report(run, arguments.verbose, page);
            let reported = coverage_result
                .map(|coverage_result| coverage_result.text(&arguments.coverage, page));
            if let Some(reported) = reported.filter(|reported| !reported.is_empty()) {
                text.push_str(&format!("\n\n{reported}"));
            }
            text
        }
        Format::Json => {
            format!("{:#}", test_json(run, coverage_result.map(coverage::SuiteCoverage::json)))
        }
        Format::Junit => junit(run).map_err(|why| {
            terminal::print_stderr(&format!("stayput: cannot write JUnit XML: {why}"));
            Exit::CouldNotWrite
        })?,
        Format::Github => github(run),
        Format::Markdown => test_markdown(run),
        Format::Html => {
            let coverage = coverage_result.map(|one| one.policies(&arguments.coverage));
            let mutants = coverage_result.and_then(coverage::SuiteCoverage::mutants);
            let coverage = coverage.unwrap_or_default();
            test_page(run, &TestExtras { courses, coverage: &coverage, mutants })
        }
    })
}

/// Reports in files contain no colour, and do not depend on the terminal.
fn page(output: &Output<Format>, colour: ColorChoice) -> Page {
    match output.file {
        Some(_) => Page { paint: Paint(false), width: WIDTH },
        None => terminal::page(colour),
    }
}

fn settings(arguments: &Arguments) -> RunSettings {
    RunSettings {
        limits: arguments.overrides.limits(),
        only: arguments.overrides.only,
        jobs: super::args::jobs(arguments.jobs),
    }
}

/// The cases to run, in the order of the files.
fn jobs<'l>(
    loaded: &'l [Loaded],
    stored: &[Option<Vec<DecisionRow>>],
    arguments: &Arguments,
) -> Vec<Job<'l>> {
    let mut jobs = Vec::new();
    for (file, one) in loaded.iter().enumerate() {
        for plan in &one.compiled.plans {
            let header = &plan.header;
            let case = arguments.overrides.case.as_ref();
            let wanted = case.is_none_or(|case| *case == header.case)
                && is_selected(arguments.overrides.filter(), &one.path, header)
                && arguments
                    .shard
                    .is_none_or(|shard| shard.contains(&header.scenario, &header.case));
            if wanted {
                let again = rerun_command(&one.path, &header.case, &arguments.overrides);
                let keeps = stored.get(file).is_some_and(Option::is_some);
                let (path, plan) = (one.path.clone(), Cow::Borrowed(plan));
                jobs.push(Job { file, path, plan, again, keeps });
            }
        }
    }
    jobs
}

/// Refuses two formats on standard output, where no program could read either of them.
fn refuse_two_on_stdout(outputs: &[Output<Format>]) -> Result<(), Exit> {
    if outputs.iter().filter(|output| output.file.is_none()).count() < 2 {
        return Ok(());
    }
    terminal::print_stderr(
        "stayput: two formats go to standard output; write one into a file, as `-f FORMAT=FILE`",
    );
    Err(Exit::BadInput)
}

/// The command that runs only this case.
fn rerun_command(path: &str, case: &str, overrides: &Overrides) -> String {
    let case = Some(case).filter(|case| !case.is_empty()).map(str::to_owned);
    let overrides = Overrides { case, filter: None, ..overrides.clone() };
    let words = overrides.words();
    shell_command(["test", path].into_iter().chain(words.iter().map(String::as_str)))
}

/// The command that stores the decisions of this scenario.
fn bless_command(path: &str) -> String {
    // Stored decisions are compared only if no other option changes the result.
    let words = Overrides::default().words();
    shell_command(["bless", path].into_iter().chain(words.iter().map(String::as_str)))
}

/// Reports that no case ran. This is not a success, unless a shard of the suite is empty.
fn nothing_ran(loaded: &[Loaded], arguments: &Arguments) -> Result<Exit, Exit> {
    let cases: usize = loaded.iter().map(|one| one.compiled.plans.len()).sum();
    let narrowed = arguments.overrides.filter.is_some() || arguments.overrides.case.is_some();
    if let (Some(shard), false) = (arguments.shard, narrowed || cases == 0) {
        // The other shards contain the cases.
        let Shard { number, count } = shard;
        terminal::print_stderr(&format!(
            "stayput: shard {number} of {count} contains none of {}",
            many(cases, "case")
        ));
        return Ok(Exit::Success);
    }
    let why = if cases == 0 {
        let paths: Vec<String> = or_default(&arguments.paths)
            .iter()
            .map(|path| format!("`{}`", files::shown(path)))
            .collect();
        let title = format!("no scenario found in {}", paths.join(", "));
        Problem::bare(Code::NothingFound, title)
            .help("a scenario is a YAML file that begins with `stayput: scenario/1`")
    } else if let (Some(case), None) = (&arguments.overrides.case, &arguments.overrides.filter) {
        let known =
            loaded.iter().flat_map(|one| &one.compiled.plans).map(|p| p.header.case.as_str());
        let known: Vec<&str> = known.filter(|case| !case.is_empty()).collect();
        Problem::bare(Code::FilterMatchesNone, format!("no scenario has a case `{case}`"))
            .did_you_mean(&crate::diagnostics::closest(case, known.iter().copied()))
    } else {
        let what = many(cases, "case");
        Problem::bare(Code::FilterMatchesNone, format!("the filter matches none of {what}"))
            .help("use `name(…)`, `case(…)`, `file(…)` or `policy(…)` with a pattern, such as `name(unpaid-*)`")
    };
    messages::print_problem(why);
    terminal::print_stderr("stayput: nothing was run");
    Err(Exit::NothingRan)
}

/// Warns of assumptions that no decision used, in files of which every case ran to its end.
fn warn_of_idle_assumptions(loaded: &[Loaded], judged: &[Judged], problems: &mut Problems) {
    for (file, one) in loaded.iter().enumerate() {
        let ran: Vec<&Judged> = judged.iter().filter(|judged| judged.file == file).collect();
        let Some(first) = one.compiled.plans.first() else { continue };
        // The rest of a run that stopped may use an assumption.
        if ran.len() < one.compiled.plans.len() || ran.iter().any(|judged| !judged.is_complete) {
            continue;
        }
        let mut unused = Problems::default();
        for (index, assumption) in first.assumptions.iter().enumerate() {
            // Each case has its own policies, in which the switch may have another id.
            let used = ran.iter().zip(&one.compiled.plans).any(|(judged, plan)| {
                let mut settles = plan.assumptions.get(index).into_iter().flat_map(|a| &a.settles);
                settles.any(|(policy, switch)| {
                    judged.relied[policy.index()].contains(*switch) || is_in_a_proof(plan, *policy)
                })
            });
            if !used {
                let title = format!("no decision used `{}: {}`", assumption.name, assumption.value);
                unused.add(
                    Problem::at(Code::UnusedAssumption, assumption.span, title, "has no effect")
                        .help("remove it, or list W061 under `allow:`"),
                );
            }
        }
        let allowed: Vec<Code> = one.compiled.allow.iter().map(|code| code.value).collect();
        unused.allow(&allowed);
        problems.extend(unused);
    }
}

/// Whether a two-person rule or a house rule is about an instance of a policy. They judge decisions
/// that the run does not make.
fn is_in_a_proof(plan: &Plan, policy: PolicyId) -> bool {
    let two_person = plan.expectations.two_person.iter().flat_map(|rule| &rule.line.instances);
    let house = plan.house.iter().filter(|rule| rule.demand.judges_possible_calls());
    let instances = plan.fleet.instances().map(|(id, _)| id);
    let of_house =
        instances.filter(|id| house.clone().any(|rule| rule.instances.contains(*id, &plan.header)));
    let mut all = two_person.copied().chain(of_house);
    all.any(|id| plan.fleet.account(plan.fleet.instance(id).account).policy == policy)
}

/// The stored decisions of a scenario; `None` if there are none, or if `unchanged` is false. It is
/// true if the scenario runs as its file states it, under its own policy and seed.
fn read_stored(one: &Loaded, unchanged: bool, loader: &mut Loader) -> Option<Vec<DecisionRow>> {
    let path = stored_path(&one.path);
    if !unchanged {
        return None;
    }
    let text = loader.read_beside(&one.path, path.file_name()?)?;
    let shown = files::shown(&path);
    let mut report = |problem: Problem| {
        let mut problem = problem.help("update it with `stayput bless`");
        problem.path = Some(shown.clone());
        loader.problems.add(problem);
    };
    let rows = match read_decisions(&text) {
        Ok(rows) => rows,
        Err(why) => {
            let title = format!("`{shown}` is not a file of stored decisions: {why}");
            report(Problem::bare(Code::BadFormat, title));
            return None;
        }
    };
    // The first line has the names of the columns, and no cell contains a line break.
    let lines = || rows.iter().zip(2..);
    let name = one.compiled.plans.first().map_or("", |plan| &plan.header.scenario);
    if let Some((row, line)) = lines().find(|(row, _)| row.get("scenario") != name) {
        let other = row.get("scenario");
        let title = format!(
            "line {line} of `{shown}` is a stored decision of the scenario `{other}`; this one is \
             called `{name}`"
        );
        report(Problem::bare(Code::StoredIdle, title));
        return None;
    }
    let cases: Vec<&str> =
        one.compiled.plans.iter().map(|plan| plan.header.case.as_str()).collect();
    if let Some((row, line)) = lines().find(|(row, _)| !cases.contains(&row.get("case"))) {
        let title = format!(
            "line {line} of `{shown}` is a stored decision of `{}`, which is not a case of this \
             scenario",
            row.run()
        );
        report(Problem::bare(Code::StoredIdle, title));
    }
    Some(rows)
}

/// Compares the decisions of each case with its stored decisions.
fn compare_with_stored(stored: &[Option<Vec<DecisionRow>>], judged: &mut [Judged]) {
    for Judged { file, report, rows, .. } in judged {
        let Some(Some(all)) = stored.get(*file).filter(|_| report.broken.is_none()) else {
            continue;
        };
        let in_case = all.iter().filter(|row| row.get("case") == report.case);
        let expected: Vec<_> = in_case.cloned().collect();
        report.judgement.judged += 1;
        report.judgement.failures.extend(snapshot_failure(
            &expected,
            rows,
            &bless_command(&report.path),
        ));
    }
}
