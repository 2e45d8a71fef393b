//! The figures by which the cases of a scenario are compared.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::csv::cells::Cell;
use super::csv::columns::COMPARISON_COLUMNS;
use super::csv::rows::case;
use super::names::NameRanges;
use crate::experiment::Summary;
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

/// The figures of a case.
pub(super) struct ComparedCase {
    pub(super) scenario: String,
    pub(super) case: String,
    pub(super) figures: Figures,
    pub(super) remedies: Vec<ComparedRemedy>,
    /// The instant and the trigger of each release, by the name of the instance.
    pub(super) released: BTreeMap<String, (Shown, Trigger)>,
    /// The instances that are released.
    pub(super) instances: Vec<(InstanceId, String)>,
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

/// The instant and the trigger of an instance's release in each case; `None` where it was kept.
type Ends<'c> = Vec<Option<&'c (Shown, Trigger)>>;

/// Instances with different ends in the cases: their names, and their end in each case.
pub(super) fn differences<'c>(cases: &[&'c ComparedCase]) -> Vec<(String, Ends<'c>)> {
    let mut kinds: IndexMap<Vec<_>, (NameRanges<'_>, &str)> = IndexMap::new();
    // An instance that no case releases has the same end in all of them.
    let mut released: Vec<_> = cases.iter().flat_map(|case| &case.instances).collect();
    released.sort_by_key(|(id, _)| *id);
    let names: IndexMap<&str, ()> = released.iter().map(|(_, name)| (&**name, ())).collect();
    // Whether a case does not list the end of an instance.
    let unlisted =
        |name: &str| cases.iter().any(|case| case.others > 0 && case.end_of(name).is_none());
    for name in names.keys().filter(|name| !unlisted(name)) {
        let end = |case: &&ComparedCase| case.end_of(name).map(|(shown, by)| (shown.at, *by));
        let ends: Vec<_> = cases.iter().map(end).collect();
        if ends.iter().any(|end| *end != ends[0]) {
            kinds.entry(ends).or_insert_with(|| (NameRanges::default(), name)).0.add(name);
        }
    }
    let row = |(names, first): (NameRanges<'_>, &str)| {
        (names.text(), cases.iter().map(|case| case.end_of(first)).collect())
    };
    kinds.into_values().map(row).collect()
}

impl ComparedCase {
    /// The instant and the trigger of an instance's release; `None` if it was kept.
    fn end_of(&self, name: &str) -> Option<&(Shown, Trigger)> {
        self.released.get(name)
    }

    /// The row of `comparison.csv`.
    pub(super) fn row(&self) -> [Cell<'_>; COMPARISON_COLUMNS] {
        let f = &self.figures;
        let first = f.first.as_ref();
        let money = f.money.as_ref();
        let amount = |total: Option<Total>| Cell::money(total.and_then(Total::amount));
        [
            Cell::Text(&self.scenario),
            case(&self.case),
            Cell::Number(f.instances),
            Cell::Number(f.released),
            Cell::Number(f.protected.0),
            Cell::Number(f.protected.1),
            first.map_or(Cell::EMPTY, |(shown, _)| Cell::Time(shown.at)),
            first.map_or(Cell::EMPTY, |(_, trigger)| Cell::word(*trigger)),
            Cell::Number(f.resources_lost),
            Cell::Number(f.gib_lost),
            Cell::Number(f.left_billed),
            Cell::Number(f.held),
            Cell::Number(f.overridden),
            amount(money.map(|(lost, ..)| *lost)),
            amount(money.map(|(_, billed, _)| *billed)),
            Cell::text(money.map(|(.., currency)| currency.code())),
        ]
    }
}
