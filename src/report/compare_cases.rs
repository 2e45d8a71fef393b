//! The figures by which the cases of a scenario are compared.

use indexmap::IndexMap;

use super::csv::cells::Cell;
use super::csv::columns::COMPARISON_COLUMNS;
use super::csv::rows::case;
use super::names::NameRanges;
use crate::experiment::{Stopped, Summary};
use crate::money::{Currency, Total};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Fate, InstanceId, Outcome, Trigger};

/// An instant, and its text for people.
pub(super) struct Shown {
    pub(super) at: SimTime,
    pub(super) text: String,
}

/// A measure that would have kept instances.
pub(super) struct ComparedRemedy {
    pub(super) text: String,
    pub(super) instances: u64,
    /// The last instant at which it helps; `None` if it has none.
    pub(super) until: Option<Shown>,
}

/// The release of an instance.
pub(super) struct ComparedRelease {
    pub(super) instance: InstanceId,
    pub(super) when: Shown,
    pub(super) by: Trigger,
}

/// The figures of a case.
pub(super) struct ComparedCase {
    pub(super) scenario: String,
    pub(super) case: String,
    /// How its run ended. If it stopped before its end, its figures are lower bounds.
    pub(super) stop: Stopped,
    pub(super) figures: Figures,
    pub(super) remedies: Vec<ComparedRemedy>,
    /// Releases, by the name of the instance, in the order in which they occurred.
    pub(super) released: IndexMap<String, ComparedRelease>,
    /// Number of releases that are not among them.
    pub(super) others: usize,
}

/// The figures of a case.
pub(super) struct Figures {
    pub(super) instances: u64,
    pub(super) released: u64,
    /// Numbers of releases with a protection certainly on, and with a protection possibly on.
    pub(super) protected: (u64, u64),
    pub(super) first: Option<(Shown, Trigger)>,
    pub(super) resources_lost: u64,
    pub(super) gib_lost: u64,
    pub(super) left_billed: u64,
    pub(super) held: u64,
    pub(super) overridden: u64,
    /// The worth of losses, and the cost that is still billed; `None` if the scenario has no
    /// currency.
    pub(super) money: Option<(Total, Total, Currency)>,
}

impl Figures {
    pub(super) fn new(
        summary: &Summary,
        first: Option<(Shown, Trigger)>,
        header: &RunHeader,
    ) -> Self {
        let gib = |fate| summary.resources(fate).map(|(_, _, gib)| gib).sum::<u64>();
        let count = |fate| summary.resources(fate).map(|(_, count, _)| count).sum::<u64>();
        let money = &summary.money;
        Self {
            instances: header.instances.len() as u64,
            released: summary.released,
            protected: summary.protected_lost,
            first,
            resources_lost: count(Fate::Lost),
            gib_lost: gib(Fate::Lost),
            left_billed: count(Fate::KeptBilled),
            held: summary.outcome(Outcome::Held),
            overridden: summary.outcome(Outcome::Overridden),
            money: header.currency.map(|currency| (money.lost, money.billed, currency)),
        }
    }
}

/// The fate of an instance in a case.
#[derive(Clone, Copy)]
pub(super) enum InstanceFate<'c> {
    /// It was kept.
    Kept,
    /// It was released, at an instant and by a trigger.
    Released(&'c ComparedRelease),
    /// It is not among the listed releases; the run stopped before its end or has more of them.
    Unknown,
}

impl InstanceFate<'_> {
    const fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// The instant and the trigger of the release; `None` if there is none so far.
    fn release(&self) -> Option<(SimTime, Trigger)> {
        match self {
            Self::Released(release) => Some((release.when.at, release.by)),
            Self::Kept | Self::Unknown => None,
        }
    }
}

/// Instances with different fates in the cases: their names, and their fate in each case.
pub(super) fn differences<'c>(cases: &[&'c ComparedCase]) -> Vec<(String, Vec<InstanceFate<'c>>)> {
    let mut kinds: IndexMap<Vec<_>, (NameRanges<'_>, &str)> = IndexMap::new();
    // An instance that no case releases has the same fate in all of them.
    let mut released: Vec<_> = cases.iter().flat_map(|case| &case.released).collect();
    released.sort_by_key(|(_, release)| release.instance);
    let names: IndexMap<&str, ()> = released.iter().map(|(name, _)| (&***name, ())).collect();
    for name in names.keys() {
        let fates: Vec<InstanceFate<'_>> = cases.iter().map(|case| case.fate_of(name)).collect();
        let mut known = fates.iter().filter(|fate| fate.is_known()).map(InstanceFate::release);
        let first = known.next();
        if known.any(|release| Some(release) != first) {
            let ends = fates.iter().map(|fate| (fate.is_known(), fate.release())).collect();
            kinds.entry(ends).or_insert_with(|| (NameRanges::default(), name)).0.add(name);
        }
    }
    let row = |(names, first): (NameRanges<'_>, &str)| {
        (names.text(), cases.iter().map(|case| case.fate_of(first)).collect())
    };
    kinds.into_values().map(row).collect()
}

impl ComparedCase {
    /// The fate of an instance.
    fn fate_of(&self, name: &str) -> InstanceFate<'_> {
        match self.released.get(name) {
            Some(release) => InstanceFate::Released(release),
            None if self.stop.is_complete() && self.others == 0 => InstanceFate::Kept,
            None => InstanceFate::Unknown,
        }
    }

    /// The row of `comparison.csv`.
    pub(super) fn row(&self) -> [Cell<'_>; COMPARISON_COLUMNS] {
        let f = &self.figures;
        let first = f.first.as_ref();
        let money = f.money.as_ref();
        // A run that stopped before its end has no totals.
        let is_whole = self.stop.is_complete();
        let number = |count: u64| if is_whole { Cell::Number(count) } else { Cell::EMPTY };
        let amount =
            |total: Option<Total>| Cell::money(total.filter(|_| is_whole).and_then(Total::amount));
        [
            Cell::Text(&self.scenario),
            case(&self.case),
            Cell::Number(f.instances),
            number(f.released),
            number(f.protected.0),
            number(f.protected.1),
            first.map_or(Cell::EMPTY, |(shown, _)| Cell::Time(shown.at)),
            first.map_or(Cell::EMPTY, |(_, trigger)| Cell::word(*trigger)),
            number(f.resources_lost),
            number(f.gib_lost),
            number(f.left_billed),
            number(f.held),
            number(f.overridden),
            amount(money.map(|(lost, ..)| *lost)),
            amount(money.map(|(_, billed, _)| *billed)),
            Cell::text(money.map(|(.., currency)| currency.code())),
            Cell::word(self.stop),
        ]
    }
}
