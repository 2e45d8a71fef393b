//! One replication: a run of a plan with its own random numbers, and the metrics of the run.
//!
//! A replication does not depend on the number of replications, on the worker that runs it or on
//! the replications before it. Metrics are integers; `estimate` computes estimates from many
//! replications.

use serde::{Deserialize, Serialize};

use super::expectations::difference::KeyDifferences;
use super::expectations::slots::Expected;
use super::run::{Ending, Stopped};
use super::summary::MoneySum;
use crate::kernel::Limits;
use crate::money::{Currency, Money, Total};
use crate::plan::{DecisionLine, Plan};
use crate::record::{Decision, Loss, Record};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Confidence, Effect, Fate, Metric, Outcome, SHARE, Trigger, Word, words};
use crate::world::{Run, StartingPoint};

words! {
    /// How the replications of a plan ended, as a word of files.
    StudyEnd: "an end of replications" {
        /// All were run.
        All = "replications",
        /// The requested precision was reached.
        Precision = "halfwidth",
        /// All were run, and the requested precision was not reached.
        Limit = "limit-replications",
        /// The user interrupted them, or they had not begun by then.
        Interrupted = "interrupted",
        /// Shards were merged, and some are missing.
        Partial = "partial",
    }
}

impl StudyEnd {
    /// Whether all replications are there that were requested.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::All | Self::Precision)
    }
}

/// The results of one replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Its number, from 0.
    pub replication: u64,
    /// Number of events.
    pub events: u64,
    /// How it ended. If it did not complete, it has no values and no counts.
    pub stop: Stopped,
    /// The value of each metric, by its index; `None` if there was no observation. Money is in
    /// millionths.
    pub values: [Option<i64>; Metric::COUNT],
    /// Number of released instances, by the index of the trigger; all 0 if it did not complete.
    pub released_by: [i64; Trigger::ALL.len()],
    /// Trigger of the first release; `None` if there was none.
    pub first_trigger: Option<Trigger>,
    /// Seconds from the start to the first instance released or resource lost, and its trigger;
    /// `None` if there was none.
    pub first_of_any: Option<(i64, Trigger)>,
    /// The counts that the scenario defines, in the order of [`Replications::counts`].
    pub counts: Vec<i64>,
    /// If it did not complete: the shares toward which it counts whatever would have followed, by
    /// their names in the estimates, such as `any-released`. A count never decreases. Empty if it
    /// completed.
    pub certain_shares: Vec<String>,
}

/// The replications of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replications {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// Names of the policies in use, joined by `;`.
    pub policy: String,
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
    /// Names of the counts that the scenario defines.
    pub counts: Vec<String>,
    /// The replications, in the order of their numbers.
    pub rows: Vec<Observed>,
}

impl Replications {
    /// Number of events of all replications together.
    pub fn events(&self) -> u64 {
        self.rows.iter().map(|row| row.events).sum()
    }

    /// An empty list of replications, with the counts that the scenario defines.
    pub fn new(header: &RunHeader, counts: &[(String, DecisionLine)]) -> Self {
        let books = header.rulebooks.iter();
        let policies: Vec<&str> = books.map(|book| book.policy.name.as_str()).collect();
        Self {
            scenario: header.scenario.clone(),
            case: header.case.clone(),
            policy: policies.join(";"),
            currency: header.currency,
            counts: counts.iter().map(|(name, _)| name.clone()).collect(),
            rows: Vec::new(),
        }
    }

    /// Number of complete replications.
    pub fn complete(&self) -> usize {
        self.rows.iter().filter(|row| row.stop.is_complete()).count()
    }
}

/// The counters of a run.
#[derive(Default)]
struct Counting {
    protected_lost: i64,
    protected_lost_at_most: i64,
    released: i64,
    held: i64,
    overridden: i64,
    gib_lost: i64,
    of_unknown_size: i64,
    money: MoneySum,
    released_by: [i64; Trigger::ALL.len()],
    /// The instant and trigger of the first release; `None` before it.
    first: Option<(SimTime, Trigger)>,
    /// The instant and trigger of the first release or lost resource; `None` before it.
    first_of_any: Option<(SimTime, Trigger)>,
    /// The instant of the first release of a protected instance; `None` before it.
    first_protected: Option<SimTime>,
    /// The same, with instances whose protections are unknown.
    first_perhaps_protected: Option<SimTime>,
    counts: Vec<i64>,
    /// Number of decisions below the required confidence.
    weaker: u64,
}

impl Counting {
    fn decision(
        &mut self,
        decision: &Decision,
        header: &RunHeader,
        lines: &[(String, DecisionLine)],
    ) {
        self.held += i64::from(decision.outcome == Outcome::Held);
        self.overridden += i64::from(decision.outcome == Outcome::Overridden);
        if decision.effect == Effect::Released {
            self.released += 1;
            self.released_by[usize::from(decision.trigger.index())] += 1;
            self.money.decision(decision);
            self.first.get_or_insert((decision.at, decision.trigger));
            self.first_of_any.get_or_insert((decision.at, decision.trigger));
            let (certainly, possibly) = decision.protected();
            if possibly {
                self.protected_lost_at_most += 1;
                self.first_perhaps_protected.get_or_insert(decision.at);
            }
            if certainly {
                self.protected_lost += 1;
                self.first_protected.get_or_insert(decision.at);
            }
        }
        for ((_, line), count) in lines.iter().zip(&mut self.counts) {
            if line.slot(decision).is_some() {
                let mut differences = KeyDifferences::count_only();
                line.compare(decision, header, &mut differences);
                *count += i64::from(differences.count() == 0);
            }
        }
    }

    fn loss(&mut self, loss: &Loss) {
        self.money.loss(loss);
        if loss.fate != Fate::Lost {
            return;
        }
        self.first_of_any.get_or_insert((loss.at, loss.trigger));
        let gib = loss.gib.and_then(|gib| i64::try_from(gib).ok());
        self.gib_lost = self.gib_lost.saturating_add(gib.unwrap_or(0));
        self.of_unknown_size += i64::from(loss.gib.is_none() && loss.resource.has_size());
    }

    /// The value of each metric, by its index.
    fn values(&self, header: &RunHeader) -> [Option<i64>; Metric::COUNT] {
        let length = header.elapsed(header.end).seconds();
        let since_start = |at| header.elapsed(at).seconds();
        let first = self.first.map(|(at, _)| since_start(at));
        let first_protected = self.first_protected.map(since_start);
        let sum = |total: Total| header.currency.and(total.amount()).map(Money::millionths);
        let number = |count: u64| header.currency.and(i64::try_from(count).ok());
        let mut values = [None; Metric::COUNT];
        for metric in Metric::ALL {
            values[usize::from(metric.index())] = match metric {
                Metric::Released => Some(self.released),
                Metric::ProtectedLost => Some(self.protected_lost),
                Metric::ProtectedLostAtMost => Some(self.protected_lost_at_most),
                Metric::Held => Some(self.held),
                Metric::Overridden => Some(self.overridden),
                Metric::GibLost => Some(self.gib_lost),
                Metric::LostOfUnknownSize => Some(self.of_unknown_size),
                Metric::FirstLoss => first,
                Metric::LossFree => Some(first.unwrap_or(length)),
                Metric::FirstProtectedLoss => first_protected,
                Metric::ProtectedLossFree => Some(first_protected.unwrap_or(length)),
                Metric::ProtectedLossFreeAtLeast => {
                    Some(self.first_perhaps_protected.map_or(length, since_start))
                }
                Metric::WorthLost => sum(self.money.lost),
                Metric::BilledUntilEnd => sum(self.money.billed),
                Metric::LostWithoutWorth => number(self.money.of_unknown_worth),
                Metric::BilledWithoutPrice => number(self.money.of_unknown_price),
            };
        }
        values
    }

    /// The shares whose metric or count is not 0.
    fn shares(
        &self,
        values: &[Option<i64>; Metric::COUNT],
        lines: &[(String, DecisionLine)],
    ) -> Vec<String> {
        let metrics = Metric::ALL.iter().filter(|metric| metric.has_share());
        let metrics =
            metrics.map(|metric| (metric.word(), values[usize::from(metric.index())].unwrap_or(0)));
        let counts = lines.iter().zip(&self.counts).map(|((name, _), count)| (&**name, *count));
        let is_there = |(name, count): (&str, i64)| (count != 0).then(|| format!("{SHARE}{name}"));
        metrics.chain(counts).filter_map(is_there).collect()
    }

    fn finish(
        self,
        ending: &Ending,
        header: &RunHeader,
        lines: &[(String, DecisionLine)],
    ) -> Observed {
        let (stop, values) = (ending.word(), self.values(header));
        let mut observed = Observed {
            replication: header.replication,
            events: ending.events,
            stop,
            values: [None; Metric::COUNT],
            released_by: [0; Trigger::ALL.len()],
            first_trigger: None,
            first_of_any: None,
            counts: Vec::new(),
            certain_shares: Vec::new(),
        };
        if stop.is_complete() {
            observed.values = values;
            observed.released_by = self.released_by;
            observed.first_trigger = self.first.map(|(_, trigger)| trigger);
            observed.first_of_any =
                self.first_of_any.map(|(at, trigger)| (header.elapsed(at).seconds(), trigger));
            observed.counts = self.counts;
        } else {
            observed.certain_shares = self.shares(&values, lines);
        }
        observed
    }
}

/// A replication, with the run that it was.
pub struct ObservedRun {
    /// Its results.
    pub observed: Observed,
    /// How the run ended.
    pub ending: Ending,
    /// The run at its end.
    pub run: Run,
    /// Number of decisions whose confidence is below the required one.
    pub weaker: u64,
}

/// A plan with the state that all of its replications share.
pub struct ReplicatedPlan {
    start: StartingPoint,
    /// The decisions that are counted, by name.
    counts: Vec<(String, DecisionLine)>,
}

impl ReplicatedPlan {
    /// The plan without the parts that replications do not use. House rules are not judged.
    pub fn new(mut plan: Plan) -> Self {
        let counts = std::mem::take(&mut plan.counts);
        Self { start: StartingPoint::new(plan), counts }
    }

    /// Header of the replications, apart from their numbers.
    pub const fn header(&self) -> &RunHeader {
        self.start.header()
    }

    /// An empty list of replications of this plan.
    pub fn replications(&self) -> Replications {
        Replications::new(self.header(), &self.counts)
    }

    /// Runs replication `number`. `None` if `may_continue` returned false. Decisions whose
    /// confidence is below `only` are counted.
    pub fn observe(
        &self,
        number: u64,
        limits: Limits,
        only: Option<Confidence>,
        may_continue: impl Fn() -> bool,
    ) -> Option<ObservedRun> {
        let mut run = self.start.replication(number, limits);
        let mut counting = Counting { counts: vec![0; self.counts.len()], ..Counting::default() };
        while may_continue() && run.step() {
            for record in run.records() {
                match record {
                    Record::Decision(decision) => {
                        let weaker = only.is_some_and(|only| decision.basis.confidence > only);
                        counting.weaker += u64::from(weaker);
                        counting.decision(decision, run.world().header(), &self.counts);
                    }
                    Record::Loss(loss) => counting.loss(loss),
                    Record::Request(_)
                    | Record::Change(_)
                    | Record::Finding(_)
                    | Record::Alert(_) => {}
                }
            }
        }
        let (ending, weaker) = (Ending::of(&run), counting.weaker);
        if ending.word() == Stopped::Interrupted {
            return None;
        }
        let observed = counting.finish(&ending, run.world().header(), &self.counts);
        Some(ObservedRun { observed, ending, run, weaker })
    }
}
