//! Searches a plan with changes again, to find out whether every way is closed.

use std::sync::Arc;

use super::question::FixQuestion;
use crate::plan::{Plan, ReducedPlan, Scripted, Surroundings};
use crate::search::{Hunt, Hunted, Incomplete, Replay, Way, alike, first_beyond, hunt, replay};
use crate::time::SimSpan;
use crate::words::InstanceId;

/// A way that is open, with the search that found it.
#[derive(Debug)]
pub struct OpenWay {
    /// The instance.
    pub target: InstanceId,
    /// Other instances in the same state.
    pub alike: Vec<InstanceId>,
    /// The way.
    pub way: Way,
    /// The search.
    pub hunt: Hunt,
    pub(super) hunted: Hunted,
    pub(super) part: ReducedPlan,
    /// The way, carried out in the whole scenario.
    pub replay: Replay,
}

/// For each instance, the ways that no set of changes has to close.
pub(super) type AcceptedWays = Vec<(InstanceId, Vec<Way>)>;

/// A plan with changes, ready to be searched.
pub(super) struct Check<'q> {
    pub question: FixQuestion<'q>,
    pub plan: Plan,
    pub script: Arc<[Scripted]>,
}

/// The result of a search for one way.
pub(super) enum ClosedOrOpen {
    /// No way is open. The value is the number of branches that depend on an unknown fact.
    Closed(u64),
    /// This way is open.
    Open(Box<OpenWay>),
}

/// Instances in the same state, and the search for the ways to lose the first of them.
struct SearchedClass {
    target: InstanceId,
    alike: Vec<InstanceId>,
    part: ReducedPlan,
    hunt: Hunt,
}

impl<'q> Check<'q> {
    /// Prepares a search; `None` if a table of events cannot be read.
    pub fn new(question: FixQuestion<'q>, plan: Plan) -> Option<Self> {
        let script = plan.script.listed().ok()?;
        Some(Self { question, plan, script })
    }

    /// The time within which an instance must not be lost.
    fn span(&self) -> SimSpan {
        let within = self.question.hunt.within;
        self.question.faster_than.map_or(within, |span| {
            within.min(SimSpan::from_seconds(span.seconds().saturating_sub(1)))
        })
    }

    pub fn classes(&self) -> Vec<Vec<InstanceId>> {
        alike(&self.plan, &self.script, self.question.targets)
    }

    /// The searches of all instances, one for each class of instances in the same state.
    fn searches(&self, within: SimSpan) -> impl Iterator<Item = SearchedClass> {
        let surroundings = Surroundings::new(&self.plan, &self.script);
        self.classes().into_iter().filter_map(move |class| {
            let (target, alike) = class.split_first()?;
            let part = surroundings.of(*target);
            let hunt =
                Hunt { target: part.reduced(*target)?, within, ..self.question.hunt.clone() };
            Some(SearchedClass { target: *target, alike: alike.to_vec(), part, hunt })
        })
    }

    /// A way of a search, which is replayed in the whole scenario.
    fn open(&self, of: &SearchedClass, hunted: &Hunted, way: Way) -> OpenWay {
        let SearchedClass { target, alike, part, hunt } = of;
        OpenWay {
            target: *target,
            alike: alike.clone(),
            hunt: hunt.clone(),
            hunted: hunted.for_replay(),
            part: part.clone(),
            replay: replay(&self.plan, &self.script, part, (hunt, hunted), &way),
            way,
        }
    }

    /// Replays `open`, a way that was found with fewer changes; `None` if it is closed now.
    pub fn still(&self, open: &OpenWay) -> Option<OpenWay> {
        let OpenWay { target, alike, way, hunt, hunted, part, .. } = open;
        let again = replay(&self.plan, &self.script, part, (hunt, hunted), way);
        again.is_confirmed.then(|| OpenWay {
            target: *target,
            alike: alike.clone(),
            way: way.clone(),
            hunt: hunt.clone(),
            hunted: hunted.for_replay(),
            part: part.clone(),
            replay: again,
        })
    }

    /// Searches for an open way that is not accepted.
    ///
    /// # Errors
    /// If a search ended early.
    pub fn first_open(
        &self,
        accepted: &AcceptedWays,
        states: &mut u64,
        may_continue: &dyn Fn() -> bool,
    ) -> Result<ClosedOrOpen, Incomplete> {
        let mut undecided = 0;
        for class in self.searches(self.span()) {
            let known = accepted.iter().find(|(id, _)| *id == class.target);
            let known = known.map(|(_, ways)| ways.as_slice()).unwrap_or_default();
            let mut hunted = first_beyond(&class.part, &class.hunt, known, |_| may_continue());
            *states += hunted.states;
            undecided += hunted.undecided;
            if let Some(way) = hunted.ways.pop() {
                return Ok(ClosedOrOpen::Open(Box::new(self.open(&class, &hunted, way))));
            }
            ended(&hunted)?;
        }
        Ok(ClosedOrOpen::Closed(undecided))
    }

    /// All open ways. If `whole`, within the whole time of the search; otherwise only those that
    /// take so little time that they are to be closed. The second value is the number of branches
    /// that depend on an unknown fact.
    ///
    /// # Errors
    /// If a search ended early.
    pub fn all_open(
        &self,
        whole: bool,
        states: &mut u64,
        may_continue: &dyn Fn() -> bool,
    ) -> Result<(Vec<OpenWay>, u64), Incomplete> {
        let within = if whole { self.question.hunt.within } else { self.span() };
        let (mut open, mut undecided) = (Vec::new(), 0);
        for class in self.searches(within) {
            let hunted = hunt(&class.part, &class.hunt, |_| may_continue());
            *states += hunted.states;
            undecided += hunted.undecided;
            let ways = hunted.ways.iter().cloned();
            open.extend(ways.map(|way| self.open(&class, &hunted, way)));
            ended(&hunted)?;
        }
        Ok((open, undecided))
    }
}

/// Whether a search went to its end. Branches that depend on an unknown fact are counted instead.
fn ended(hunted: &Hunted) -> Result<(), Incomplete> {
    match hunted.incomplete {
        None | Some(Incomplete::Undecided) => Ok(()),
        Some(why @ (Incomplete::Limit | Incomplete::Interrupted)) => Err(why),
    }
}
