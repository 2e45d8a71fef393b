//! Judging: what was expected against what happened.

use std::collections::{BTreeMap, BTreeSet};

use super::history;
use crate::record::{DecidedBy, Decision, Legend, Record, Request, Subject, What};
use crate::scenario::{
    DecisionLine, Expectation, Expectations, InstanceState, LookAt, RequestLine, StateOf, Watch,
};
use crate::text::Place;
use crate::time::SimTime;
use crate::vocab::{InstanceId, Lifecycle, Word};
use crate::world::World;

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it stands; `None` if it is the whole of `exact: true`.
    pub place: Option<Place>,
    /// What was not met, in a line.
    pub title: String,
    /// What happened instead.
    pub instead: Vec<String>,
}

/// What came of judging one case.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// How many expectations were judged.
    pub judged: usize,
    /// Those that were not met, in the order of the file.
    pub failures: Vec<Failure>,
}

/// The most entries of an instance's history that a failure shows.
const SHOWN: usize = 12;

/// Watches a run and judges it at its end.
pub struct Judge {
    expected: Expectations,
    /// For each line of `decisions`: the instances for which it has been met.
    decisions: Vec<BTreeSet<InstanceId>>,
    decisions_met: Vec<bool>,
    requests: Vec<bool>,
    looked: Vec<bool>,
    counts: Vec<Vec<u64>>,
    unlisted: Vec<(SimTime, InstanceId, String)>,
    broken: BTreeSet<(bool, usize)>,
    history: BTreeMap<InstanceId, Vec<(SimTime, String)>>,
    seen_requests: Vec<(SimTime, String)>,
    failures: Vec<Failure>,
}

impl Judge {
    /// Judges by these expectations.
    pub fn new(expected: Expectations) -> Self {
        let mut history = BTreeMap::new();
        let of_decisions =
            expected.decisions.iter().flat_map(|e| e.line.instances.iter().flatten());
        let of_states = expected.states.iter().flat_map(|e| match &e.line.of {
            StateOf::Instances(ids, _) => ids.as_slice(),
            StateOf::Group(..) | StateOf::Account(..) => &[],
        });
        let of_watches =
            expected.never.iter().chain(&expected.always).flat_map(|e| e.line.instances.iter());
        for id in of_decisions.chain(of_states).chain(of_watches) {
            history.insert(*id, Vec::new());
        }
        Self {
            decisions: vec![BTreeSet::new(); expected.decisions.len()],
            decisions_met: vec![false; expected.decisions.len()],
            requests: vec![false; expected.requests.len()],
            looked: vec![false; expected.states.len()],
            counts: expected.totals.iter().map(|e| vec![0; e.line.counts.len()]).collect(),
            unlisted: Vec::new(),
            broken: BTreeSet::new(),
            history,
            seen_requests: Vec::new(),
            failures: Vec::new(),
            expected,
        }
    }

    /// The run is about to begin.
    pub fn begin(&mut self, world: &World) {
        let ids: BTreeSet<InstanceId> = self
            .expected
            .never
            .iter()
            .chain(&self.expected.always)
            .flat_map(|watch| watch.line.instances.iter().copied())
            .collect();
        for id in ids {
            self.watch(id, world.fleet().instance(id).state, world.legend().start, world.legend());
        }
    }

    /// Looks at the states whose instant is over before the next event.
    pub fn look(&mut self, next: Option<SimTime>, world: &World) {
        for at in 0..self.expected.states.len() {
            let due = match self.expected.states[at].line.at {
                LookAt::At(instant) => next.is_none_or(|next| next > instant),
                LookAt::End => false,
            };
            if due && !self.looked[at] {
                self.look_at(at, world);
            }
        }
    }

    /// The run has ended.
    pub fn end(&mut self, world: &World) {
        for at in 0..self.expected.states.len() {
            if !self.looked[at] {
                self.look_at(at, world);
            }
        }
    }

    fn look_at(&mut self, at: usize, world: &World) {
        self.looked[at] = true;
        let Expectation { line, place } = self.expected.states[at].clone();
        let legend = world.legend();
        let mut fail = |title: String, id: Option<InstanceId>| {
            let instead = id.map(|id| tell(&self.history, id, legend)).unwrap_or_default();
            self.failures.push(Failure { place: Some(place), title, instead });
        };
        match line.of {
            StateOf::Instances(ids, expected) => {
                for id in ids {
                    for title in wrong_state(&expected, id, world) {
                        fail(title, Some(id));
                    }
                }
            }
            StateOf::Group(group, size, there) => {
                let state = world.fleet().group(group);
                let name = legend.group(group);
                let found = state.members.len();
                if let Some(size) = size.filter(|size| found != *size as usize) {
                    fail(format!("size of {name}: expected {size}, got {found}"), None);
                }
                if let Some(there) = there.filter(|there| *there == state.deleted) {
                    let words = |there| if there { "there" } else { "deleted" };
                    let title = format!("{name}: expected {}, got {}", words(there), words(!there));
                    fail(title, None);
                }
            }
            StateOf::Account(account, overdue) => {
                if world.fleet().account(account).arrears.is_some() != overdue {
                    let words = |overdue| if overdue { "overdue" } else { "paid" };
                    let name = legend.account(account);
                    let title =
                        format!("{name}: expected {}, got {}", words(overdue), words(!overdue));
                    fail(title, None);
                }
            }
        }
    }

    /// Takes a record in.
    pub fn take(&mut self, record: &Record, world: &World) {
        let legend = world.legend();
        match record {
            Record::Request(request) => self.request(request, legend),
            Record::Decision(decision) => self.decision(decision, legend),
            Record::Change(change) => {
                let Subject::Instance(id) = change.subject else { return };
                if let (Some(history), Some(line)) =
                    (self.history.get_mut(&id), history::of_change(&change.what, legend))
                {
                    history.push((change.at, line));
                }
                if let What::State(_, to) = change.what {
                    self.watch(id, to, change.at, legend);
                }
            }
            Record::Loss(_) => {}
        }
    }

    fn request(&mut self, request: &Request, legend: &Legend) {
        for (met, expected) in self.requests.iter_mut().zip(&self.expected.requests) {
            *met |= matches_request(&expected.line, request, legend);
        }
        if !self.expected.requests.is_empty() {
            let cause = legend.cause(request.cause);
            let line = format!(
                "{cause}: {} {}, {} of {}",
                request.verb, request.result, request.got, request.wanted
            );
            self.seen_requests.push((request.at, line));
        }
    }

    fn decision(&mut self, decision: &Decision, legend: &Legend) {
        let mut listed = false;
        for (at, expected) in self.expected.decisions.iter().enumerate() {
            if matches_decision(&expected.line, decision, legend) {
                listed = true;
                self.decisions_met[at] = true;
                if expected.line.instances.is_some() {
                    self.decisions[at].insert(decision.instance);
                }
            }
        }
        for (counts, expected) in self.counts.iter_mut().zip(&self.expected.totals) {
            let line = &expected.line;
            let of_event = line.event.is_none_or(|event| is_event(decision.cause, event));
            let of_trigger = line.trigger.is_none_or(|trigger| decision.trigger == trigger);
            if of_event && of_trigger {
                for (count, (outcome, _)) in counts.iter_mut().zip(&line.counts) {
                    *count += u64::from(decision.outcome == *outcome);
                }
            }
        }
        let line = history::of_decision(decision, legend);
        if self.expected.exact && !listed {
            self.unlisted.push((decision.at, decision.instance, line.clone()));
        }
        if let Some(history) = self.history.get_mut(&decision.instance) {
            history.push((decision.at, line));
        }
    }

    /// An instance has come to a state: is anything watching for that?
    fn watch(&mut self, id: InstanceId, state: Lifecycle, at: SimTime, legend: &Legend) {
        let broken = |watch: &Watch, must: bool| {
            watch.instances.contains(&id) && (is_in(state, watch.is) != must)
        };
        for (must, lines) in [(false, &self.expected.never), (true, &self.expected.always)] {
            for (number, expected) in lines.iter().enumerate() {
                if !broken(&expected.line, must) || self.broken.contains(&(must, number)) {
                    continue;
                }
                self.broken.insert((must, number));
                let name = legend.instance(id);
                let word = if must { "always" } else { "never" };
                let title = format!(
                    "{name} was {state} at +{}, and {word} {} was expected",
                    legend.elapsed(at),
                    expected.line.is
                );
                let instead = tell(&self.history, id, legend);
                self.failures.push(Failure { place: Some(expected.place), title, instead });
            }
        }
    }

    /// What came of it.
    pub fn finish(mut self, legend: &Legend) -> Judgement {
        self.unmet_decisions(legend);
        self.unmet_requests(legend);
        self.wrong_totals();
        self.unlisted(legend);
        self.failures.sort_by_key(|failure| failure.place.map(|place| place.start));
        let judged = self.expected.len() + usize::from(self.expected.exact);
        Judgement { judged, failures: self.failures }
    }

    fn unmet_decisions(&mut self, legend: &Legend) {
        for (at, expected) in self.expected.decisions.iter().enumerate() {
            let Some(ids) = &expected.line.instances else {
                if !self.decisions_met[at] {
                    let title = "expected a decision that did not happen".to_owned();
                    let place = Some(expected.place);
                    self.failures.push(Failure { place, title, instead: Vec::new() });
                }
                continue;
            };
            for id in ids.iter().filter(|id| !self.decisions[at].contains(id)) {
                let title = format!(
                    "expected a decision about {} that did not happen",
                    legend.instance(*id)
                );
                let instead = tell(&self.history, *id, legend);
                self.failures.push(Failure { place: Some(expected.place), title, instead });
            }
        }
    }

    fn unmet_requests(&mut self, legend: &Legend) {
        for (met, expected) in self.requests.iter().zip(&self.expected.requests) {
            if *met {
                continue;
            }
            let title = "expected a request that did not happen".to_owned();
            let of_event = |line: &str| {
                expected.line.event.is_none_or(|event| {
                    line.starts_with(&format!("{}: ", legend.events[event.index()]))
                })
            };
            let seen = self.seen_requests.iter().filter(|(_, line)| of_event(line));
            let mut instead: Vec<String> =
                seen.take(SHOWN).map(|(at, line)| entry(*at, line, legend)).collect();
            if !instead.is_empty() {
                instead.insert(0, "what was requested:".into());
            }
            self.failures.push(Failure { place: Some(expected.place), title, instead });
        }
    }

    fn wrong_totals(&mut self) {
        for (counts, expected) in self.counts.iter().zip(&self.expected.totals) {
            for (found, (outcome, wanted)) in counts.iter().zip(&expected.line.counts) {
                if *found != wanted.value {
                    let title = format!("{outcome}: expected {}, got {found}", wanted.value);
                    let place = Some(wanted.place);
                    self.failures.push(Failure { place, title, instead: Vec::new() });
                }
            }
        }
    }

    fn unlisted(&mut self, legend: &Legend) {
        if self.unlisted.is_empty() {
            return;
        }
        let count = self.unlisted.len();
        let title = format!("`exact: true`, and {count} decisions are not listed");
        let mut instead: Vec<String> = self
            .unlisted
            .iter()
            .take(SHOWN)
            .map(|(at, id, line)| entry(*at, &format!("{}  {line}", legend.instance(*id)), legend))
            .collect();
        if count > SHOWN {
            instead.push(format!("… and {} more", count - SHOWN));
        }
        self.failures.push(Failure { place: None, title, instead });
    }
}

fn entry(at: SimTime, line: &str, legend: &Legend) -> String {
    format!("  {:<9} {line}", format!("+{}", legend.elapsed(at)))
}

/// The history of an instance, for people.
fn tell(
    history: &BTreeMap<InstanceId, Vec<(SimTime, String)>>,
    id: InstanceId,
    legend: &Legend,
) -> Vec<String> {
    let name = legend.instance(id);
    let entries = history.get(&id).map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        return vec![format!("nothing happened to {name}")];
    }
    let mut lines = vec![format!("what happened to {name}:")];
    lines.extend(entries.iter().take(SHOWN).map(|(at, line)| entry(*at, line, legend)));
    if entries.len() > SHOWN {
        lines.push(format!("  … and {} more", entries.len() - SHOWN));
    }
    lines
}

/// Whether a state counts as another. What was reclaimed is stopped as well: the
/// providers' own replies call it so.
fn is_in(state: Lifecycle, expected: Lifecycle) -> bool {
    state == expected || (expected == Lifecycle::Stopped && state == Lifecycle::Reclaimed)
}

fn wrong_state(expected: &InstanceState, id: InstanceId, world: &World) -> Vec<String> {
    let legend = world.legend();
    let name = legend.instance(id);
    let instance = world.fleet().instance(id);
    let policy = world.fleet().account(instance.account).policy;
    let mut wrong = Vec::new();
    let mut compare = |what: &str, wanted: Option<String>, found: String| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            wrong.push(format!("{what}{name}: expected {wanted}, got {found}"));
        }
    };
    let time = |at: SimTime| at.to_string();
    let is = expected.is.filter(|is| !is_in(instance.state, *is));
    compare("", is.map(|is| is.word().into()), instance.state.word().into());
    compare(
        "billing of ",
        expected.billing.map(|b| b.word().into()),
        instance.billing.word().into(),
    );
    compare("lock of ", expected.lock.map(|l| l.word().into()), instance.lock.word().into());
    compare("scheduled release of ", expected.auto_release.map(time), time(instance.auto_release));
    compare("term of ", expected.expires.map(time), time(instance.expires));
    let mut on: Vec<&str> = legend.protections(policy, instance.on);
    on.sort_unstable();
    compare("protections of ", expected.protect.as_ref().map(|p| p.join(", ")), on.join(", "));
    if let Some((group, member)) = expected.member {
        let found = instance.group == Some(group);
        let group = legend.group(group);
        let words = |member| format!("{}a member of {group}", if member { "" } else { "not " });
        compare("", Some(words(member)), words(found));
    }
    wrong
}

fn is_event(cause: crate::record::Cause, event: crate::vocab::EventId) -> bool {
    cause == crate::record::Cause::Event(event)
}

/// Whether something expected, if anything, is what was found.
fn same<T: PartialEq + Copy>(expected: Option<T>, found: T) -> bool {
    expected.is_none_or(|expected| expected == found)
}

/// `~text` is contained, anything else is equal.
fn is_answer(expected: Option<&String>, found: Option<&str>) -> bool {
    let Some(expected) = expected else { return true };
    let found = found.unwrap_or_default();
    match expected.strip_prefix('~') {
        Some(part) => found.contains(part),
        None => *expected == found,
    }
}

fn matches_decision(line: &DecisionLine, decision: &Decision, legend: &Legend) -> bool {
    let policy = &legend.rulebook(decision.policy).policy;
    let rule = decision.rule.map(|rule| policy.rule(rule));
    let decided_by = match decision.decided_by {
        DecidedBy::Protection(id) => Some(&policy.protections[id.index()].name),
        DecidedBy::Nobody
        | DecidedBy::Precondition
        | DecidedBy::Schedule
        | DecidedBy::Neighbour
        | DecidedBy::State => None,
    };
    line.event.is_none_or(|event| is_event(decision.cause, event))
        && same(line.trigger, decision.trigger)
        && same(line.action, decision.action)
        && line.instances.as_ref().is_none_or(|ids| ids.contains(&decision.instance))
        && line.group.is_none_or(|group| decision.group == Some(group))
        && same(line.at, decision.at)
        && same(line.channel, decision.channel)
        && same(line.outcome, decision.outcome)
        && same(line.effect, decision.effect)
        && is_answer(line.answer.as_ref(), rule.and_then(|rule| rule.answer.as_deref()))
        && line.rule.as_ref().is_none_or(|id| rule.is_some_and(|rule| rule.id == *id))
        && line.decided_by.as_ref().is_none_or(|name| decided_by == Some(name))
        && same(line.confidence, decision.basis.confidence)
        && same(line.billing, decision.billing)
        && line.membership.is_none_or(|membership| decision.membership == Some(membership))
}

fn matches_request(line: &RequestLine, request: &Request, legend: &Legend) -> bool {
    let answer = request
        .answer
        .and_then(|(policy, rule)| legend.rulebook(policy).policy.rule(rule).answer.as_deref());
    line.event.is_none_or(|event| is_event(request.cause, event))
        && line.trigger.is_none_or(|trigger| request.trigger == Some(trigger))
        && line.verb.as_ref().is_none_or(|verb| *verb == request.verb)
        && same(line.at, request.at)
        && same(line.result, request.result)
        && is_answer(line.answer.as_ref(), answer)
        && same(line.wanted, request.wanted)
        && same(line.got, request.got)
}
