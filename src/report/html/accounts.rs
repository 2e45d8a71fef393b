//! Lanes of accounts: whether the bill is paid, and whether the subscription is active.

use maud::{Markup, html};

use super::collect::Collected;
use super::courses::AccountChange;
use super::lanes::{Bar, Canvas};
use super::ticks::Percent;
use crate::report::figures::many;
use crate::words::AccountId;

/// The highest number of lanes of accounts.
const MOST_LANES: usize = 20;

/// A lane: equal changes of some accounts.
struct Lane<'r> {
    cancels: bool,
    changes: Vec<&'r AccountChange>,
    accounts: Vec<AccountId>,
}

/// The lanes of accounts as a part of a table.
pub(super) fn accounts(run: &Collected, canvas: &Canvas<'_>) -> Markup {
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    let count = run.header.accounts.len();
    for account in (0..count).map(AccountId::from_index) {
        for cancels in [false, true] {
            let of = run.accounts.iter().filter(|c| c.account == account && c.cancels == cancels);
            let changes: Vec<&AccountChange> = of.collect();
            if changes.is_empty() && cancels {
                continue;
            }
            let same = |lane: &&mut Lane<'_>| {
                lane.cancels == cancels
                    && lane.changes.len() == changes.len()
                    && lane.changes.iter().zip(&changes).all(|(a, b)| (a.at, a.to) == (b.at, b.to))
            };
            match lanes.iter_mut().find(same) {
                Some(lane) => lane.accounts.push(account),
                None => lanes.push(Lane { cancels, changes, accounts: vec![account] }),
            }
        }
    }
    // Accounts that change come first; the sort keeps the order of the file.
    lanes.sort_by_key(|lane| lane.changes.is_empty());
    let left_out = lanes.len().saturating_sub(MOST_LANES);
    lanes.truncate(MOST_LANES);
    html! {
        tbody {
            tr { th scope="rowgroup" colspan="2" { "Accounts: is the bill paid?" } }
            @for lane in &lanes { (draw(lane, run, canvas)) }
            @if left_out > 0 || run.accounts_left_out > 0 {
                tr { th scope="row" colspan="2" { span.nl {
                    (many(left_out as u64, "more lane")) " of accounts and "
                    (many(run.accounts_left_out, "more change")) "; "
                    code { "timeline.csv" } " of " code { "--out" } " has them"
                } } }
            }
        }
    }
}

fn draw(lane: &Lane<'_>, run: &Collected, canvas: &Canvas<'_>) -> Markup {
    let word = |bad: bool| match (lane.cancels, bad) {
        (false, false) => "paid",
        (false, true) => "overdue",
        (true, false) => "active",
        (true, true) => "cancelled",
    };
    let names: Vec<&str> =
        lane.accounts.iter().take(4).map(|account| run.header.account(*account)).collect();
    let more = lane.accounts.len() - names.len();
    let mut name =
        format!("{} of {}", if lane.cancels { "subscription" } else { "bill" }, names.join(", "));
    if more > 0 {
        name.push_str(&format!(" and {more} more"));
    }
    let mut bars = Vec::new();
    let mut said = Vec::new();
    let begins = lane.changes.first().is_some_and(|change| !change.to);
    let (mut state, mut since) = (begins, Percent(0));
    said.push(format!("{} from {}", word(begins), run.axis.local(run.axis.start)));
    for change in &lane.changes {
        let at = run.axis.place(change.at);
        if at > since {
            bars.push(Bar { word: word(state), from: since, to: at });
        }
        (state, since) = (change.to, at);
        said.push(format!("{} from {}", word(state), run.axis.local(change.at)));
    }
    bars.push(Bar { word: word(state), from: since, to: Percent(Percent::WHOLE) });
    said.truncate(12);
    bars.truncate(120);
    html! {
        tr {
            th scope="row" { (name) }
            td {
                svg.lane width="100%" height="26" role="img" aria-label={ (name) ": "
                    (said.join(", ")) } {
                    use href={ "#" (canvas.grid()) } {}
                    @for bar in &bars { (bar.draw(4, 18, &[])) }
                }
            }
        }
    }
}
