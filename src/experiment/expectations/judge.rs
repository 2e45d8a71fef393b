//! Checks the expectations of a scenario during a run.

use std::collections::{BTreeMap, BTreeSet};

use super::alerted::unalerted;
use super::compare::{is_in, wrong_group, wrong_state};
use super::failure::{Failure, Judgement};
use super::history;
use super::slots::ExpectedLines;
use crate::diagnostics::by_count;
use crate::plan::{
    AccountIs, CheckTime, DecisionLine, Expectation, Expectations, LossLine, RequestLine, StateOf,
    Watch,
};
use crate::record::{Cause, Decision, HouseFinding, Record, Request, Subject, What};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{AlertKind, ClockKind, InstanceId, Lifecycle};
use crate::world::World;

/// Most entries of a history that a failure shows.
const SHOWN: usize = 12;

/// Checks the expectations of one run.
pub struct Judge {
    /// Expected states, watches and totals. Its lists of decisions, requests and losses are empty,
    /// because they moved to the fields below.
    expected: Expectations,
    /// Number of expectations without `exact`.
    judged: usize,
    decisions: ExpectedLines<DecisionLine>,
    requests: ExpectedLines<RequestLine>,
    losses: ExpectedLines<LossLine>,
    /// Whether each expected state was checked.
    checked: Vec<bool>,
    /// The counts of each expected total.
    counts: Vec<Vec<u64>>,
    /// Decisions that no line lists: number, instant, instance, line.
    unlisted: Vec<(u64, SimTime, InstanceId, String)>,
    /// Failed watches: whether the watch is one of `always` instead of `never`, and its index.
    broken: BTreeSet<(bool, usize)>,
    /// The history of the instances that expectations name.
    history: Histories,
    seen_requests: Vec<(Cause, SimTime, String)>,
    findings: Vec<HouseFinding>,
    failures: Vec<Failure>,
}

impl Judge {
    /// Checks `expected`.
    pub fn new(mut expected: Expectations) -> Self {
        let mut history = BTreeMap::new();
        let in_decisions = expected.decisions.iter().flat_map(|e| &e.line.instances);
        let in_losses = expected.losses.iter().flat_map(|e| &e.line.instances);
        let in_states = expected.states.iter().flat_map(|e| match &e.line.of {
            StateOf::Instances(ids, _) => ids.as_slice(),
            StateOf::Group(..) | StateOf::Account(..) => &[],
        });
        let in_watches =
            expected.never.iter().chain(&expected.always).flat_map(|e| e.line.instances.iter());
        for id in in_decisions.chain(in_losses).chain(in_states).chain(in_watches) {
            history.insert(*id, Vec::new());
        }
        let judged = expected.len();
        Self {
            decisions: ExpectedLines::new(std::mem::take(&mut expected.decisions)),
            requests: ExpectedLines::new(std::mem::take(&mut expected.requests)),
            losses: ExpectedLines::new(std::mem::take(&mut expected.losses)),
            checked: vec![false; expected.states.len()],
            counts: expected.totals.iter().map(|e| vec![0; e.line.counts.len()]).collect(),
            unlisted: Vec::new(),
            broken: BTreeSet::new(),
            history,
            seen_requests: Vec::new(),
            findings: Vec::new(),
            failures: Vec::new(),
            judged,
            expected,
        }
    }

    /// Checks the watches against the initial states.
    pub fn begin(&mut self, world: &World) {
        let ids: BTreeSet<InstanceId> = self
            .expected
            .never
            .iter()
            .chain(&self.expected.always)
            .flat_map(|watch| watch.line.instances.iter().copied())
            .collect();
        for id in ids {
            self.watch(id, world.fleet().instance(id).state, world.header().start, world.header());
        }
    }

    /// Adds failures that were found outside the run.
    pub fn add_failures(&mut self, failures: Vec<Failure>) {
        self.failures.extend(failures);
    }

    /// Checks the expected states whose instant ends before the next event; `next` is `None` if
    /// there is no further event.
    pub fn check_states(&mut self, next: Option<SimTime>, world: &World) {
        for index in 0..self.expected.states.len() {
            let due = match self.expected.states[index].line.at {
                CheckTime::At(instant) => next.is_none_or(|next| next > instant),
                CheckTime::End => false,
            };
            if due && !self.checked[index] {
                self.check_state(index, world);
            }
        }
    }

    /// Checks the remaining expected states at the end of the run.
    pub fn end(&mut self, world: &World) {
        for index in 0..self.expected.states.len() {
            if !self.checked[index] {
                self.check_state(index, world);
            }
        }
        self.check_house(world.header());
    }

    /// Checks which house rules are broken.
    fn check_house(&mut self, header: &RunHeader) {
        for Expectation { line: (rule, to_break), span } in &self.expected.house {
            let found = self.findings.iter().filter(|finding| *finding.rule == **rule);
            let found: Vec<String> = found.map(|one| history::finding_line(one, header)).collect();
            let title = match (found.is_empty(), to_break) {
                (true, true) => format!("expected the house rule {rule} to be broken"),
                (false, false) => format!("the house rule {rule} is broken"),
                _ => continue,
            };
            let instead = found.into_iter().take(SHOWN).collect();
            self.failures.push(Failure::new(Some(*span), title, instead));
        }
    }

    fn check_state(&mut self, index: usize, world: &World) {
        self.checked[index] = true;
        let Expectation { line, span } = self.expected.states[index].clone();
        let header = world.header();
        let mut fail = |title: String, id: Option<InstanceId>| {
            let instead = id.map(|id| so_far(&self.history, id, header)).unwrap_or_default();
            self.failures.push(Failure::new(Some(span), title, instead));
        };
        match line.of {
            StateOf::Instances(ids, expected) => {
                for id in ids {
                    for title in wrong_state(&expected, id, world) {
                        fail(title, Some(id));
                    }
                }
            }
            StateOf::Group(group, state) => {
                wrong_group(&state, group, world).into_iter().for_each(|title| fail(title, None));
            }
            StateOf::Account(account, is) => {
                let found = match world.fleet().account(account).arrears.map(|a| a.clock) {
                    None => AccountIs::Paid,
                    Some(ClockKind::Cancellation) => AccountIs::Cancelled,
                    Some(_) => AccountIs::Overdue,
                };
                if found != is {
                    let name = header.account(account);
                    fail(format!("{name}: expected {is}, got {found}"), None);
                }
            }
        }
    }

    /// Adds a record.
    pub fn add(&mut self, record: &Record, world: &World) {
        let header = world.header();
        match record {
            Record::Request(request) => self.request(request, header),
            Record::Decision(decision) => self.decision(decision, header),
            Record::Change(change) => {
                let Subject::Instance(id) = change.subject else { return };
                if let (Some(history), Some(line)) =
                    (self.history.get_mut(&id), history::change_line(&change.what, header))
                {
                    history.push((change.at, line));
                }
                if let What::State(_, to) = change.what {
                    self.watch(id, to, change.at, header);
                }
            }
            Record::Loss(loss) => {
                self.losses.add(loss, loss.at, header);
            }
            Record::Finding(finding) => self.findings.push(finding.clone()),
            Record::Alert(alert) if alert.kind == AlertKind::Loss => {
                self.failures.extend(unalerted(&self.expected.alerted, alert, header));
            }
            Record::Alert(_) => {}
        }
    }

    fn request(&mut self, request: &Request, header: &RunHeader) {
        self.requests.add(request, request.at, header);
        if !self.requests.is_empty() {
            let line = history::request_line(request, header);
            self.seen_requests.push((request.cause, request.at, line));
        }
    }

    fn decision(&mut self, decision: &Decision, header: &RunHeader) {
        let (listed, number) = self.decisions.add(decision, decision.at, header);
        for (counts, expected) in self.counts.iter_mut().zip(&self.expected.totals) {
            let line = &expected.line;
            let same_cause = line.cause.is_none_or(|cause| decision.cause == cause);
            let same_trigger = line.trigger.is_none_or(|trigger| decision.trigger == trigger);
            if same_cause && same_trigger {
                for (count, (outcome, _)) in counts.iter_mut().zip(&line.counts) {
                    *count += u64::from(decision.outcome == *outcome);
                }
            }
        }
        let unlisted = self.expected.exact && !listed;
        let history = self.history.get_mut(&decision.instance);
        if !unlisted && history.is_none() {
            return;
        }
        let line = history::decision_line(decision, header);
        if let Some(history) = history {
            history.push((decision.at, line.clone()));
        }
        if unlisted {
            self.unlisted.push((number, decision.at, decision.instance, line));
        }
    }

    /// Checks `never` and `always` when an instance enters a state.
    fn watch(&mut self, id: InstanceId, state: Lifecycle, at: SimTime, header: &RunHeader) {
        let broken = |watch: &Watch, must: bool| {
            is_in(state, watch.is) != must && watch.instances.binary_search(&id).is_ok()
        };
        for (must, lines) in [(false, &self.expected.never), (true, &self.expected.always)] {
            for (number, expected) in lines.iter().enumerate() {
                if self.broken.contains(&(must, number)) || !broken(&expected.line, must) {
                    continue;
                }
                self.broken.insert((must, number));
                let name = header.instance(id);
                let word = if must { "always" } else { "never" };
                let title = format!(
                    "{name} was {state} at +{}, but `{word}: {}` was expected",
                    header.elapsed(at),
                    expected.line.is
                );
                let instead = so_far(&self.history, id, header);
                self.failures.push(Failure::new(Some(expected.span), title, instead));
            }
        }
    }

    /// The result at the end of the run.
    pub fn finish(mut self, header: &RunHeader) -> Judgement {
        let mut reported = Vec::new();
        let mut failures = self.decisions.unmet(header, &mut reported, |line, slot| {
            let id = line.instances.get(slot % line.instances.len().max(1));
            id.map(|id| history_of(&self.history, *id, header)).unwrap_or_default()
        });
        failures.extend(self.requests.unmet(header, &mut Vec::new(), |line, slot| {
            self.request_lines(line.causes.get(slot).copied(), header)
        }));
        failures.extend(self.losses.unmet(header, &mut Vec::new(), |line, slot| {
            let id = line.instances.get(slot);
            id.map(|id| history_of(&self.history, *id, header)).unwrap_or_default()
        }));
        self.failures.extend(failures);
        self.wrong_totals();
        // The closest decision of an unmet line is reported with that line.
        self.unlisted.retain(|(number, ..)| !reported.contains(number));
        self.unlisted(header);
        self.failures.sort_by_key(|failure| failure.span.map(|span| span.start));
        let judged = self.judged + usize::from(self.expected.exact);
        Judgement { judged, failures: self.failures }
    }

    /// The requests of `cause`, or all requests if it is `None`, as lines.
    fn request_lines(&self, cause: Option<Cause>, header: &RunHeader) -> Vec<String> {
        let same_cause = |one: &Cause| cause.is_none_or(|cause| *one == cause);
        let seen = self.seen_requests.iter().filter(|(cause, ..)| same_cause(cause));
        let lines = seen.take(SHOWN).map(|(_, at, line)| entry(*at, line, header));
        let mut lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            lines.insert(0, "requests:".into());
        }
        lines
    }

    fn wrong_totals(&mut self) {
        for (counts, expected) in self.counts.iter().zip(&self.expected.totals) {
            for (found, (outcome, wanted)) in counts.iter().zip(&expected.line.counts) {
                if *found != wanted.value {
                    let title = format!("{outcome}: expected {}, got {found}", wanted.value);
                    let span = Some(wanted.span);
                    self.failures.push(Failure::new(span, title, Vec::new()));
                }
            }
        }
    }

    fn unlisted(&mut self, header: &RunHeader) {
        if self.unlisted.is_empty() {
            return;
        }
        let count = self.unlisted.len();
        let decisions = by_count(count, "decision is", "decisions are");
        let title = format!("`exact: true`, but {count} {decisions} not listed");
        let mut instead: Vec<String> = self
            .unlisted
            .iter()
            .take(SHOWN)
            .map(|(_, at, id, line)| {
                entry(*at, &format!("{}  {line}", header.instance(*id)), header)
            })
            .collect();
        if count > SHOWN {
            instead.push(format!("… {} more", count - SHOWN));
        }
        self.failures.push(Failure::new(None, title, instead));
    }
}

fn entry(at: SimTime, line: &str, header: &RunHeader) -> String {
    format!("  {:<9} {line}", format!("+{}", header.elapsed(at)))
}

/// What happened to each instance, and when.
type Histories = BTreeMap<InstanceId, Vec<(SimTime, String)>>;

/// The whole history of an instance, as lines.
fn history_of(history: &Histories, id: InstanceId, header: &RunHeader) -> Vec<String> {
    entries_of(history, id, header).unwrap_or_else(|name| vec![format!("no events for {name}")])
}

/// The history of an instance during the run, as lines.
fn so_far(history: &Histories, id: InstanceId, header: &RunHeader) -> Vec<String> {
    let none = |name: &str| vec![format!("no events for {name} by then")];
    entries_of(history, id, header).unwrap_or_else(none)
}

/// The entries of a history as lines; the name of the instance if there are none.
fn entries_of<'h>(
    history: &Histories,
    id: InstanceId,
    header: &'h RunHeader,
) -> Result<Vec<String>, &'h str> {
    let name = header.instance(id);
    let entries = history.get(&id).map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        return Err(name);
    }
    let mut lines = vec![format!("history of {name}:")];
    lines.extend(entries.iter().take(SHOWN).map(|(at, line)| entry(*at, line, header)));
    if entries.len() > SHOWN {
        lines.push(format!("  … {} more", entries.len() - SHOWN));
    }
    Ok(lines)
}
