//! Whether subscriptions prolong themselves, and for how long.

use super::reader::Reader;
use super::reply_kind::Kind;
use crate::diagnostics::{Code, Problem, Spanned};
use crate::import::fields::Row;
use crate::time::{CalendarSpan, Term};
use crate::words::Renewal;

/// Units in which terms are counted: so many of what our own durations say.
const UNITS: &[(&str, (u64, &str))] =
    &[("Week", (7, "d")), ("Month", (1, "mo")), ("Year", (1, "y"))];

/// What becomes of a subscription when its term ends.
const RENEWALS: &[(&str, Renewal)] = &[
    ("AutoRenewal", Renewal::Automatic),
    ("Normal", Renewal::None),
    ("NotRenewal", Renewal::None),
];

impl Reader<'_> {
    pub(super) fn renewal(&mut self, row: &Row<'_>) {
        let id = row.id("InstanceId", self.problems);
        let renewal = row.word("RenewalStatus", RENEWALS, self.problems);
        let term = self.term(row, renewal.is_some_and(|r| *r == Renewal::Automatic));
        let Some(id) = id.filter(|id| self.is_first(Kind::Renewals, id)) else { return };
        let Some(at) = self.known(&id, "a renewal setting") else { return };
        if renewal.is_none() {
            let title = format!("nothing says whether `{}` renews itself", id.value);
            self.left_out(id.span, title, "taken as not");
        }
        let part = &mut self.out.instances[at].1;
        part.renewal = Some(renewal.unwrap_or(Spanned::new(Renewal::None, id.span)));
        part.renews_for = term;
    }

    /// How long it is prolonged for; without a unit, months are meant.
    fn term(&mut self, row: &Row<'_>, is_automatic: bool) -> Option<Term> {
        let unit = row.word("PeriodUnit", UNITS, self.problems);
        let count = row.number("Duration", self.problems);
        if !is_automatic {
            return None;
        }
        let Some(count) = count else {
            if row.is_silent("Duration") {
                let title = "nothing says for how long this is renewed".to_owned();
                self.left_out(row.span, title, "taken as a month");
            }
            return None;
        };
        let (of, sign) = unit.map_or((1, "mo"), |unit| unit.value);
        let span = CalendarSpan::parse(&format!("{}{sign}", u64::from(*count) * of));
        let (title, label) = match span.map(Term::new) {
            Ok(Some(term)) => return Some(term),
            Ok(None) => ("it renews itself, for no time at all", "at least 1"),
            Err(_) => ("it renews itself for more than a thousand years", "too long"),
        };
        let problem = Problem::at(Code::BadReply, count.span, title, label);
        self.problems.add(problem.help("write how many units, such as `1`"));
        None
    }
}
