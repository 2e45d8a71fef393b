//! The search itself: depth first, with a growing number of steps.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::moves::Repertoire;
use super::question::Hunt;
use super::ways::{Callers, Kinds, TakenStep, Way, Ways, callers, kinds};
use crate::plan::{Event, ReducedPlan};
use crate::policy::{Flags, Undecided};
use crate::record::Record;
use crate::time::{SimSpan, SimTime};
use crate::words::{Effect, EventId, Fate, InstanceId, PolicyId};
use crate::world::{Branch, Halt};

/// Why an answer is not complete within its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// The largest number of states was reached.
    Limit,
    /// The search was interrupted.
    Interrupted,
    /// The course of a branch depends on an unknown fact.
    Undecided,
}

impl Incomplete {
    /// The reason in words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Limit => "the largest number of states was reached",
            Self::Interrupted => "the search was interrupted",
            Self::Undecided => "the result depends on an unknown fact",
        }
    }
}

/// The result of a search.
#[derive(Debug)]
pub struct Hunted {
    /// The ways: fewest steps first, then least time, then fewest people.
    pub ways: Vec<Way>,
    /// Number of states that were searched.
    pub states: u64,
    /// Largest number of steps that was searched to its end; `None` if not even the ways without a
    /// step were.
    pub searched: Option<usize>,
    /// Why it is not complete; `None` if it is.
    pub incomplete: Option<Incomplete>,
    /// Number of branches whose further course depends on an unknown fact.
    pub undecided: u64,
    /// The unknown fact of the first of these branches.
    pub first_undecided: Option<Halt>,
    /// The lists of instances that steps refer to, by their ids in the part.
    pub(super) targets: Vec<InstanceId>,
    /// The protections that steps refer to.
    pub(super) flags: Vec<Flags>,
}

impl Hunted {
    /// The lists that steps refer to, without ways.
    #[must_use]
    pub fn for_replay(&self) -> Self {
        Self {
            ways: Vec::new(),
            first_undecided: None,
            targets: self.targets.clone(),
            flags: self.flags.clone(),
            ..*self
        }
    }

    /// The protections of a policy that a step switches.
    pub fn switched(&self, step: &Event, policy: PolicyId) -> Flags {
        let Event::SetProtection(set) = step else { return Flags::default() };
        let index = set.flags.0 as usize + policy.index();
        self.flags.get(index).copied().unwrap_or_default()
    }
}

/// Searches for the ways to lose an instance of a part of a plan. `may_continue` is called for each
/// state, with the number of states so far.
pub fn hunt(part: &ReducedPlan, hunt: &Hunt, may_continue: impl Fn(u64) -> bool) -> Hunted {
    search(part, hunt, (&[], false), 0, may_continue)
}

/// Whether there is no way to lose the instance, so that [`hunt`] finds none either. It leaves out
/// the passes with fewer steps, which only find the shortest ways. `false` also if only [`hunt`]
/// can decide it.
pub fn has_no_way(part: &ReducedPlan, hunt: &Hunt, may_continue: impl Fn(u64) -> bool) -> bool {
    let hunted = search(part, hunt, (&[], true), hunt.most, may_continue);
    // The passes with fewer steps have at most as many states each.
    let states =
        u64::try_from(hunt.most + 1).map_or(u64::MAX, |all| hunted.states.saturating_mul(all));
    hunted.ways.is_empty() && hunted.incomplete.is_none() && states <= hunt.limit
}

/// As [`hunt`], but ends at the first way that no way of `known` covers.
pub fn first_beyond(
    part: &ReducedPlan,
    hunt: &Hunt,
    known: &[Way],
    may_continue: impl Fn(u64) -> bool,
) -> Hunted {
    search(part, hunt, (known, true), 0, may_continue)
}

/// Searches in passes, the first of them with at most `fewest` steps.
fn search(
    part: &ReducedPlan,
    hunt: &Hunt,
    (known, ends_at_first): (&[Way], bool),
    fewest: usize,
    may_continue: impl Fn(u64) -> bool,
) -> Hunted {
    let mut plan = part.plan.clone();
    plan.header.end = plan.header.start.after(hunt.within);
    let repertoire = Repertoire::new(&mut plan, hunt);
    let event = EventId::from_index(plan.header.events.len());
    let (targets, flags) = (plan.targets.clone(), plan.flags.clone());
    let start = Branch::start(plan, part.script.as_slice().into());
    let mut search = Search {
        hunt,
        repertoire,
        event,
        may_continue,
        depth: 0,
        seen: FxHashMap::default(),
        ways: Ways::beyond(known),
        ends_at_first,
        states: 0,
        incomplete: None,
        undecided: 0,
        first_undecided: None,
    };
    let mut searched = None;
    for depth in fewest..=hunt.most {
        search.depth = depth;
        search.seen.clear();
        search.begin(start.fork());
        if search.is_over() {
            break;
        }
        searched = Some(depth);
    }
    let undecided = (search.undecided > 0).then_some(Incomplete::Undecided);
    Hunted {
        ways: search.ways.in_order(),
        states: search.states,
        searched,
        incomplete: search.incomplete.or(undecided),
        undecided: search.undecided,
        first_undecided: search.first_undecided,
        targets,
        flags,
    }
}

/// States that were reached, with the instants and callers of each.
type Visited = FxHashMap<(u128, Kinds), SmallVec<[(SimTime, Callers); 1]>>;

struct Search<'h, F> {
    hunt: &'h Hunt,
    repertoire: Repertoire,
    /// The id of events that the search adds.
    event: EventId,
    may_continue: F,
    /// The number of steps in this pass.
    depth: usize,
    seen: Visited,
    ways: Ways<'h>,
    /// Whether the search ends with the first way.
    ends_at_first: bool,
    states: u64,
    /// Why it ended early.
    incomplete: Option<Incomplete>,
    undecided: u64,
    first_undecided: Option<Halt>,
}

/// The state of a branch after its last step.
enum Course {
    /// The branch can be continued.
    On,
    /// The instance is lost.
    Lost,
    /// The branch cannot be continued.
    Over,
}

impl<F: Fn(u64) -> bool> Search<'_, F> {
    /// Begins a pass: the events of the scenario at its start come first.
    fn begin(&mut self, mut branch: Branch) {
        let start = branch.now();
        let mut steps = Vec::new();
        while branch.step_script(start) {
            if self.ends(&mut branch, &steps) {
                return;
            }
        }
        self.explore(branch, &mut steps);
    }

    /// Searches the continuations of a state in which a step can be made.
    fn explore(&mut self, mut branch: Branch, steps: &mut Vec<TakenStep>) {
        loop {
            self.states += 1;
            if self.states > self.hunt.limit {
                self.incomplete.get_or_insert(Incomplete::Limit);
            } else if !(self.may_continue)(self.states) {
                self.incomplete.get_or_insert(Incomplete::Interrupted);
            }
            if self.is_over() {
                return;
            }
            let digest = branch.digest();
            if self.hunt.prunes && self.is_known(digest, &branch, steps) {
                return;
            }
            if steps.len() < self.depth {
                self.try_all(&mut branch, digest, steps);
            }
            if !self.wait(&mut branch, steps) {
                return;
            }
        }
    }

    /// Whether the search ends.
    const fn is_over(&self) -> bool {
        self.incomplete.is_some() || (self.ends_at_first && self.ways.has_found())
    }

    /// Whether a state needs no search, because its continuations were searched before or cannot be
    /// listed.
    fn is_known(&mut self, digest: u128, branch: &Branch, steps: &[TakenStep]) -> bool {
        let (kinds, of, now) = (kinds(steps), callers(steps), branch.now());
        if self.ways.cover(&kinds, of, now) {
            return true;
        }
        let reached = self.seen.entry((digest, kinds)).or_default();
        if reached.iter().any(|(at, others)| *at <= now && others & !of == 0) {
            return true;
        }
        reached.retain(|(at, others)| !(now <= *at && of & !*others == 0));
        reached.push((now, of));
        false
    }

    /// Tries each step in a state.
    fn try_all(&mut self, branch: &mut Branch, digest: u128, steps: &mut Vec<TakenStep>) {
        let mut moves = Vec::new();
        for (index, by) in (0_u8..).zip(&self.hunt.callers) {
            self.repertoire.calls(branch.world(), branch.now(), *by, |event, kind| {
                moves.push((event, kind, Some(index)));
            });
        }
        if self.hunt.causes {
            let causes = |event, kind| moves.push((event, kind, None));
            self.repertoire.causes(branch.world(), causes);
        }
        // A branch in which a step had no effect is reused for the next step.
        let mut spare: Option<Branch> = None;
        for (event, kind, caller) in moves {
            let mut child = spare.take().unwrap_or_else(|| branch.fork());
            child.try_event(self.event, event);
            if self.hunt.keep_flag && self.repertoire.lifts(branch.world(), child.world()) {
                continue;
            }
            steps.push(TakenStep { at: branch.now(), event, kind, caller });
            if !self.ends(&mut child, steps) {
                if self.hunt.prunes && child.digest() == digest {
                    spare = Some(child);
                } else {
                    self.explore(child, steps);
                }
            }
            steps.pop();
            if self.is_over() {
                return;
            }
        }
    }

    /// Waits until one second after the next event or timer; `false` if nothing more can follow.
    fn wait(&mut self, branch: &mut Branch, steps: &[TakenStep]) -> bool {
        let Some(at) = branch.next_at() else { return false };
        while branch.next_at() == Some(at) && branch.step() {
            if self.ends(branch, steps) {
                return false;
            }
        }
        // A step at the same instant would come before its timers.
        let after = at.after(SimSpan::from_seconds(1));
        if after > branch.world().header().end {
            return false;
        }
        while branch.step_script(after) {
            if self.ends(branch, steps) {
                return false;
            }
        }
        true
    }

    /// Whether a branch ends with its last step; a loss is noted.
    fn ends(&mut self, branch: &mut Branch, steps: &[TakenStep]) -> bool {
        match self.course(branch) {
            Course::On => false,
            Course::Over => true,
            Course::Lost => {
                let (steps, lost) = (steps.to_vec(), branch.now());
                self.ways.add(Way { steps, lost, others: Vec::new() });
                true
            }
        }
    }

    fn course(&mut self, branch: &Branch) -> Course {
        if let Some(halt) = branch.halt() {
            // A situation that the policy states to be impossible does not occur.
            if !matches!(halt.on, Undecided::Impossible(_) | Undecided::Outside(_)) {
                self.undecided += 1;
                self.first_undecided.get_or_insert_with(|| halt.clone());
            }
            return Course::Over;
        }
        let target = self.hunt.target;
        let is_lost = branch.records().iter().any(|record| match record {
            Record::Decision(decision) => {
                decision.instance == target && decision.effect == Effect::Released
            }
            Record::Loss(loss) => {
                loss.instance == target && loss.fate == Fate::Lost && loss.resource.has_size()
            }
            Record::Request(_) | Record::Change(_) | Record::Finding(_) | Record::Alert(_) => false,
        });
        if is_lost { Course::Lost } else { Course::On }
    }
}
