//! The costs of a run, in sentences.

use crate::diagnostics::many;
use crate::experiment::MoneySum;
use crate::money::Currency;

/// The worth of losses, and the cost that is still billed; empty if the scenario has no currency.
pub fn money_lines(sum: &MoneySum, currency: Option<Currency>) -> Vec<String> {
    let Some(currency) = currency else { return Vec::new() };
    let lost = format!("worth lost: {} {currency}", sum.lost);
    let billed = format!("billed to the end for what is left behind: {} {currency}", sum.billed);
    let unknown = |line: String, count: u64, what: &str, key: &str| match count {
        0 => line,
        _ => format!("{line} ({} without `{key}`)", many(count, what)),
    };
    vec![
        unknown(lost, sum.of_unknown_worth, "released instance", "worth"),
        unknown(billed, sum.of_unknown_price, "resource", "hourly"),
    ]
}
