//! Ways to a loss, and the choice of the ways that are listed.

use smallvec::SmallVec;

use super::moves::StepKind;
use crate::plan::Event;
use crate::time::SimTime;
use crate::words::ActorId;

/// A step of a way: an event that the search adds to the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenStep {
    /// Its instant.
    pub at: SimTime,
    /// The event.
    pub event: Event,
    /// Its verb, its subject and the protections that it switches.
    pub(super) kind: StepKind,
    /// The caller, as an index in the list of callers; `None` if the platform causes it.
    pub(super) caller: Option<u8>,
}

impl TakenStep {
    /// Whether a person makes it; otherwise the platform causes it.
    pub const fn is_call(&self) -> bool {
        self.caller.is_some()
    }

    /// Its caller, among those that were searched; `None` if the platform makes it, or if anybody
    /// can.
    pub fn caller(&self, all: &[Option<ActorId>]) -> Option<ActorId> {
        self.caller.and_then(|index| *all.get(usize::from(index))?)
    }
}

/// A way to the loss of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Its steps, in their order.
    pub steps: Vec<TakenStep>,
    /// Instant of the loss.
    pub lost: SimTime,
    /// Other sets of callers who can make the same calls.
    pub(super) others: Vec<Callers>,
}

/// The kinds of some steps, in ascending order.
pub(super) type Kinds = SmallVec<[StepKind; 4]>;

/// The callers of some steps, one bit for each.
pub(super) type Callers = u64;

impl Way {
    /// Number of people who make calls.
    pub fn people(&self) -> u32 {
        callers(&self.steps).count_ones()
    }

    /// The callers who can do it, out of `all`: those of its steps first, then each other set.
    pub fn callers(&self, all: &[Option<ActorId>]) -> Vec<Vec<ActorId>> {
        let named = |set: Callers| {
            let in_set = all.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
            in_set.filter_map(|(_, actor)| *actor).collect()
        };
        let sets = std::iter::once(callers(&self.steps)).chain(self.others.iter().copied());
        sets.map(named).collect()
    }

    /// Whether this way makes the other one superfluous: it needs a part of the steps, no other
    /// callers, and no more time.
    fn covers(&self, other: &Self) -> bool {
        self.covers_steps(&kinds(&other.steps), callers(&other.steps), other.lost)
    }

    fn covers_steps(&self, steps: &[StepKind], of: Callers, lost: SimTime) -> bool {
        let mut sets = self.others.iter().copied().chain([callers(&self.steps)]);
        self.lost <= lost && sets.any(|set| set & !of == 0) && is_part(&kinds(&self.steps), steps)
    }
}

/// The kinds of some steps, in ascending order.
pub(super) fn kinds(steps: &[TakenStep]) -> Kinds {
    let mut kinds: Kinds = steps.iter().map(|step| step.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// The callers of some steps.
pub(super) fn callers(steps: &[TakenStep]) -> Callers {
    steps.iter().filter_map(|step| step.caller).fold(0, |set, caller| set | 1 << caller)
}

/// Whether `whole` contains each element of `part` at least as often as `part` does. Both are in
/// ascending order.
pub(super) fn is_part(part: &[StepKind], whole: &[StepKind]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|kind| rest.by_ref().any(|other| other == kind))
}

/// The ways that were found, and those that were known before.
#[derive(Debug)]
pub(super) struct Ways<'k> {
    known: &'k [Way],
    found: Vec<Way>,
}

impl<'k> Ways<'k> {
    /// An empty list; a way that one of `known` covers is never added to it.
    pub(super) const fn beyond(known: &'k [Way]) -> Self {
        Self { known, found: Vec::new() }
    }

    /// Whether a way was found.
    pub(super) const fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// Adds a way, unless one that was found covers it.
    pub(super) fn add(&mut self, way: Way) {
        if self.all().all(|known| !known.covers(&way)) {
            self.found.retain(|known| !way.covers(known));
            self.found.push(way);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Way> {
        self.known.iter().chain(&self.found)
    }

    /// Whether a way covers every continuation of these steps, made by the callers `of`, from `now`
    /// on.
    pub(super) fn cover(&self, steps: &[StepKind], of: Callers, now: SimTime) -> bool {
        self.all().any(|way| way.covers_steps(steps, of, now))
    }

    /// The ways: fewest steps first, then least time, then fewest people.
    pub(super) fn in_order(self) -> Vec<Way> {
        let mut ways = self.found;
        let rank = |way: &Way| (way.steps.len(), way.lost, way.people(), kinds(&way.steps));
        ways.sort_by_cached_key(|way| (rank(way), callers(&way.steps)));
        // Equal ways of several callers become one way.
        let mut distinct: Vec<Way> = Vec::new();
        for way in ways {
            match distinct.last_mut() {
                Some(last) if rank(last) == rank(&way) => last.others.push(callers(&way.steps)),
                _ => distinct.push(way),
            }
        }
        distinct
    }
}
