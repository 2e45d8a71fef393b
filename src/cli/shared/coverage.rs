//! How much a suite looks at: coverage, the scenario that would reach more, and mutations.

use std::sync::Arc;

use super::load::Loader;
use super::run_cases::{Job, Judged, Terms, judge_all};
use crate::experiment::{Coverage, suggest};
use crate::policy::{Catalog, Policy, Row};
use crate::report::{
    DecisionRow, Mutant, Paint, coverage_json, coverage_missed, coverage_per_cent, coverage_text,
    mutants_missed, mutation_per_cent, mutation_text,
};
use crate::words::{RuleId, Verdict, Word};

#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Looking {
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

/// What came of looking at a suite.
pub(in crate::cli) struct Looked {
    coverage: Coverage,
    mutants: Option<Vec<Mutant>>,
}

impl Looking {
    const fn wanted(&self) -> bool {
        self.reports() || self.suggest.is_some() || self.mutates()
    }

    /// Whether the rules that are reached are reported.
    const fn reports(&self) -> bool {
        self.coverage || self.all_editions || self.coverage_floor.is_some()
    }

    /// Whether a skeleton is asked for.
    pub(in crate::cli) const fn suggests(&self) -> bool {
        self.suggest.is_some()
    }

    /// The editions that count whether a scenario uses them or not.
    pub(in crate::cli) fn editions(&self, loader: &mut Loader) -> Vec<Arc<Policy>> {
        let names = Catalog::names().filter(|_| self.all_editions);
        names.filter_map(|name| loader.policy(name)).collect()
    }

    const fn mutates(&self) -> bool {
        self.mutate || self.mutation_floor.is_some()
    }
}

/// Looks at a suite that has just been run, if anybody asked for it.
///
/// # Errors
/// [`super::run_cases::Interrupted`]
pub(in crate::cli) fn look(
    arguments: &Looking,
    editions: &[Arc<Policy>],
    jobs: &[Job],
    judged: &[Judged],
    kept: &[Option<Vec<DecisionRow>>],
    terms: Terms,
) -> Result<Option<Looked>, super::run_cases::Interrupted> {
    if !arguments.wanted() {
        return Ok(None);
    }
    let mut coverage = Coverage::default();
    editions.iter().for_each(|policy| coverage.count(policy));
    for (job, judged) in jobs.iter().zip(judged) {
        coverage.add(&job.plan.header.rulebooks, &judged.reached);
    }
    let mutants = if arguments.mutates() {
        let mut list = Vec::new();
        for policy in coverage.all() {
            list.extend(mutate(policy, jobs, judged, kept, terms)?);
        }
        Some(list)
    } else {
        None
    };
    Ok(Some(Looked { coverage, mutants }))
}

/// Gives each verdict of a policy each of its other words in turn, those where a protection is
/// inert included.
fn mutate(
    policy: &Policy,
    jobs: &[Job],
    judged: &[Judged],
    kept: &[Option<Vec<DecisionRow>>],
    terms: Terms,
) -> Result<Vec<Mutant>, super::run_cases::Interrupted> {
    let mut mutants = Vec::new();
    for protection in &policy.protections {
        let rows = protection.table.rows().iter();
        let possible = rows.filter(|row| policy.rule(row.rule).unreachable.is_none());
        let others = |row: &Row<Verdict>| {
            let (rule, says) = (row.rule, row.says);
            let others = Verdict::ALL.iter().copied().filter(move |to| *to != says);
            others.map(move |to| (rule, says, to))
        };
        for (rule, from, to) in possible.flat_map(others) {
            let cases = reaching(policy, rule, jobs, judged);
            let mut noticed_by = None;
            // One case that notices is enough, and most of the time the first does.
            for some in cases.chunks(terms.jobs.max(1)) {
                let flipped: Vec<Job> = some.iter().map(|case| case.flipped(rule, to)).collect();
                noticed_by = judge_all(&flipped, terms)?.into_iter().find(|one| {
                    let stored = kept.get(one.file).and_then(Option::as_ref).is_some_and(|kept| {
                        let of_case = kept.iter().filter(|row| row.get("case") == one.report.case);
                        !of_case.eq(one.rows.iter())
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

/// A case that a rule had something to say in, and the place of its rulebook.
struct Reaching<'j> {
    job: &'j Job,
    book: usize,
}

impl Reaching<'_> {
    /// The same with another verdict of that rule.
    fn flipped(&self, rule: RuleId, to: Verdict) -> Job {
        let mut job = self.job.clone();
        let book = &mut job.plan.header.rulebooks[self.book];
        *book = Arc::new(book.with_verdict(rule, to));
        job
    }
}

/// The cases that all is well with and that a rule had something to say in.
fn reaching<'j>(
    policy: &Policy,
    rule: RuleId,
    jobs: &'j [Job],
    judged: &[Judged],
) -> Vec<Reaching<'j>> {
    let cases = jobs.iter().zip(judged).filter(|(_, judged)| judged.report.passed());
    let reaching = cases.filter_map(|(job, judged)| {
        let mut books = job.plan.header.rulebooks.iter();
        let book = books.position(|book| {
            book.policy.name == policy.name && book.policy.digest == policy.digest
        })?;
        let reached = judged.reached.get(book).is_some_and(|reached| reached.rules.contains(&rule));
        reached.then_some(Reaching { job, book })
    });
    reaching.collect()
}

impl Looked {
    /// What it comes to for people.
    pub(in crate::cli) fn text(&self, arguments: &Looking, paint: Paint) -> String {
        let mut out = Vec::new();
        if arguments.reports() {
            out.push(coverage_text(&self.coverage.policies(), paint));
        }
        out.extend(self.mutants.as_ref().map(|mutants| mutation_text(mutants, paint)));
        out.join("\n\n")
    }

    /// What it comes to for machines.
    pub(in crate::cli) fn json(&self) -> serde_json::Value {
        coverage_json(&self.coverage.policies(), self.mutants.as_deref())
    }

    /// Floors that are not reached.
    pub(in crate::cli) fn gates(&self, arguments: &Looking) -> Vec<String> {
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

    /// The skeleton that was asked for; `None` if nobody asked.
    pub(in crate::cli) fn suggestion(&self, arguments: &Looking) -> Option<Result<String, String>> {
        let wanted = arguments.suggest.as_deref()?;
        let found = if wanted.is_empty() {
            self.coverage.next_missed()
        } else {
            let mut all = self.coverage.all();
            all.find_map(|policy| {
                let at = policy.rules.iter().position(|rule| rule.id == wanted)?;
                Some((policy, RuleId::at(at)))
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
