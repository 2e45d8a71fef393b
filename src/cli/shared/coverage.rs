//! The coverage of a suite: covered rules, suggested scenarios for rules that are not covered, and
//! mutations.

use std::sync::Arc;

use super::exit::Exit;
use super::load::Loader;
use super::run_cases::{Job, Judged, RunSettings, judge_all};
use crate::experiment::{Coverage, PolicyCoverage, suggest};
use crate::policy::{Catalog, Policy, TableRow};
use crate::report::{
    DecisionRow, Mutant, Page, coverage_json, coverage_missed, coverage_per_cent, coverage_text,
    mutants_missed, mutation_per_cent, mutation_text,
};
use crate::words::{RuleId, Verdict, Word};

#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct CoverageOptions {
    /// Report which rules, cells, clock steps and switches the suite covers.
    #[arg(long)]
    coverage: bool,
    /// Include every built-in edition in coverage, whether or not a scenario uses it.
    #[arg(long)]
    all_editions: bool,
    /// Fail if rule coverage is below PERCENT.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    coverage_floor: Option<u8>,
    /// Print a scenario skeleton that covers this rule, or the next rule that is not covered.
    #[arg(long, value_name = "RULE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    suggest: Option<String>,
    /// Change one verdict at a time, rerun the suite, and list the changes that no test detects.
    #[arg(long)]
    mutate: bool,
    /// Fail if the suite detects fewer than PERCENT of the changed verdicts.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    mutation_floor: Option<u8>,
}

/// Coverage of a suite, and the mutations if they were requested.
pub(in crate::cli) struct SuiteCoverage {
    coverage: Coverage,
    mutants: Option<Vec<Mutant>>,
}

impl CoverageOptions {
    const fn wanted(&self) -> bool {
        self.reports() || self.suggest.is_some() || self.mutates()
    }

    /// Whether coverage is reported.
    const fn reports(&self) -> bool {
        self.coverage || self.all_editions || self.coverage_floor.is_some()
    }

    /// Whether a scenario skeleton was requested.
    pub(in crate::cli) const fn suggests(&self) -> bool {
        self.suggest.is_some()
    }

    /// The argument that requests only a report, if one is given.
    pub(in crate::cli) const fn report_option(&self) -> Option<&'static str> {
        match (self.coverage, self.mutate) {
            (true, _) => Some("--coverage"),
            (false, true) => Some("--mutate"),
            (false, false) => None,
        }
    }

    /// Whether a scenario skeleton for any rule was requested, rather than for a certain one.
    pub(in crate::cli) fn suggests_any(&self) -> bool {
        self.suggest.as_deref() == Some("")
    }

    /// The editions that are counted even if no scenario uses them.
    pub(in crate::cli) fn editions(&self, loader: &mut Loader) -> Vec<Arc<Policy>> {
        let names = Catalog::names().filter(|_| self.all_editions);
        names.filter_map(|name| loader.policy(name)).collect()
    }

    const fn mutates(&self) -> bool {
        self.mutate || self.mutation_floor.is_some()
    }
}

/// Measures the coverage of a suite that was run; `None` if no option requests it.
///
/// # Errors
/// As of [`judge_all`], of the mutations.
pub(in crate::cli) fn measure(
    arguments: &CoverageOptions,
    editions: &[Arc<Policy>],
    jobs: &[Job<'_>],
    judged: &[Judged],
    kept: &[Option<Vec<DecisionRow>>],
    settings: RunSettings,
) -> Result<Option<SuiteCoverage>, Exit> {
    if !arguments.wanted() {
        return Ok(None);
    }
    let mut coverage = Coverage::default();
    editions.iter().for_each(|policy| coverage.include(policy));
    for (job, judged) in jobs.iter().zip(judged) {
        coverage.add(&job.plan.header.rulebooks, &judged.reached);
    }
    let mutants = if arguments.mutates() {
        let mut list = Vec::new();
        for policy in coverage.all() {
            list.extend(mutate(policy, jobs, judged, kept, settings)?);
        }
        Some(list)
    } else {
        None
    };
    Ok(Some(SuiteCoverage { coverage, mutants }))
}

/// Changes each verdict of a policy to each other verdict in turn, including the verdicts of inert
/// protections.
fn mutate(
    policy: &Policy,
    jobs: &[Job<'_>],
    judged: &[Judged],
    kept: &[Option<Vec<DecisionRow>>],
    settings: RunSettings,
) -> Result<Vec<Mutant>, Exit> {
    let mut mutants = Vec::new();
    for protection in &policy.protections {
        let rows = protection.table.rows().iter();
        let possible = rows.filter(|row| policy.rule(row.rule).unreachable.is_none());
        let others = |row: &TableRow<Verdict>| {
            let (rule, says) = (row.rule, row.says);
            let others = Verdict::ALL.iter().copied().filter(move |to| *to != says);
            others.map(move |to| (rule, says, to))
        };
        for (rule, from, to) in possible.flat_map(others) {
            let cases = cases_using(policy, rule, jobs, judged);
            let mut noticed_by = None;
            // One failing case is enough; usually the first case fails.
            for batch in cases.chunks(settings.jobs.max(1)) {
                let mutated: Vec<Job<'_>> =
                    batch.iter().map(|case| case.mutated(rule, to)).collect();
                noticed_by = judge_all(&mutated, settings)?.into_iter().find(|one| {
                    let stored = kept.get(one.file).and_then(Option::as_ref).is_some_and(|kept| {
                        let in_case = kept.iter().filter(|row| row.get("case") == one.report.case);
                        !in_case.eq(one.rows.iter())
                    });
                    stored || !one.report.passed()
                });
                if noticed_by.is_some() {
                    break;
                }
            }
            mutants.push(Mutant {
                policy: policy.name.clone(),
                protection: protection.name.clone(),
                rule: policy.rule(rule).id.clone(),
                from: from.word(),
                to: to.word(),
                noticed_by: noticed_by.map(|one| one.report.name),
                reached: cases.len(),
            });
        }
    }
    Ok(mutants)
}

/// A case that uses a rule.
struct CaseUsingRule<'j> {
    job: &'j Job<'j>,
    /// Index of the rulebook of the rule in the plan.
    book: usize,
}

impl<'j> CaseUsingRule<'j> {
    /// The case with another verdict of that rule.
    fn mutated(&self, rule: RuleId, to: Verdict) -> Job<'j> {
        let mut job = self.job.clone();
        let book = &mut job.plan.to_mut().header.rulebooks[self.book];
        *book = Arc::new(book.with_verdict(rule, to));
        job
    }
}

/// The passing cases that use a rule.
fn cases_using<'j>(
    policy: &Policy,
    rule: RuleId,
    jobs: &'j [Job<'j>],
    judged: &[Judged],
) -> Vec<CaseUsingRule<'j>> {
    let cases = jobs.iter().zip(judged).filter(|(_, judged)| judged.report.passed());
    let using = cases.filter_map(|(job, judged)| {
        let mut books = job.plan.header.rulebooks.iter();
        let book = books.position(|book| {
            book.policy.name == policy.name && book.policy.digest == policy.digest
        })?;
        let reached = judged.reached.get(book).is_some_and(|reached| reached.rules.contains(&rule));
        reached.then_some(CaseUsingRule { job, book })
    });
    using.collect()
}

impl SuiteCoverage {
    /// The report as text.
    pub(in crate::cli) fn text(&self, arguments: &CoverageOptions, page: Page) -> String {
        let mut out = Vec::new();
        if arguments.reports() {
            out.push(coverage_text(&self.coverage.policies(), page));
        }
        out.extend(self.mutants.as_ref().map(|mutants| mutation_text(mutants, page)));
        out.join("\n\n")
    }

    /// Coverage of each policy, if it is reported.
    pub(in crate::cli) fn policies(&self, arguments: &CoverageOptions) -> Vec<PolicyCoverage> {
        if arguments.reports() { self.coverage.policies() } else { Vec::new() }
    }

    /// The changed verdicts; `None` if they were not requested.
    pub(in crate::cli) fn mutants(&self) -> Option<&[Mutant]> {
        self.mutants.as_deref()
    }

    /// The report as JSON.
    pub(in crate::cli) fn json(&self) -> serde_json::Value {
        coverage_json(&self.coverage.policies(), self.mutants.as_deref())
    }

    /// The requirements that are not met, one line each.
    pub(in crate::cli) fn gates(&self, arguments: &CoverageOptions) -> Vec<String> {
        let mut gates = Vec::new();
        let policies = self.coverage.policies();
        let reached = coverage_per_cent(&policies);
        if arguments.reports() {
            let refuted = policies.iter().filter(|one| !one.refuted.is_empty());
            gates.extend(refuted.map(|one| {
                let rules = one.refuted.join(" ");
                format!(
                    "coverage: {} marks these rules as unreachable, but they were used: {rules}",
                    one.policy
                )
            }));
        }
        if let Some(floor) = arguments.coverage_floor.filter(|floor| usize::from(*floor) > reached)
        {
            gates.push(format!(
                "coverage: {reached} % of the rules are covered, below the floor of {floor} %; \
                 not covered: {}",
                coverage_missed(&policies)
            ));
        }
        if let (Some(floor), Some(mutants)) = (arguments.mutation_floor, &self.mutants) {
            let noticed = mutation_per_cent(mutants);
            if usize::from(floor) > noticed {
                gates.push(format!(
                    "mutations: {noticed} % of the changed verdicts are detected, below the floor of {floor} %; \
                     not detected: {}",
                    mutants_missed(mutants)
                ));
            }
        }
        gates
    }

    /// The requested scenario skeleton; `None` if none was requested.
    pub(in crate::cli) fn suggestion(
        &self,
        arguments: &CoverageOptions,
    ) -> Option<Result<String, String>> {
        let wanted = arguments.suggest.as_deref()?;
        let found = if wanted.is_empty() {
            self.coverage.next_missed()
        } else {
            let mut all = self.coverage.all();
            all.find_map(|policy| {
                let index = policy.rules.iter().position(|rule| rule.id == wanted)?;
                Some((policy, RuleId::from_index(index)))
            })
        };
        let reported = match found {
            Some((policy, rule)) => suggest(policy, rule).ok_or_else(|| {
                format!("`{wanted}` is not a rule of a protection; only those can be suggested")
            }),
            None if wanted.is_empty() => {
                Err("every rule of every protection is covered".to_owned())
            }
            None => Err(format!("no policy in use has a rule `{wanted}`")),
        };
        Some(reported)
    }
}
