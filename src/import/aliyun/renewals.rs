//! Automatic renewal of subscriptions.

use crate::diagnostics::{Code, Problem};
use crate::format::{Known, WrittenInstance};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;
use crate::time::{CalendarSpan, Term};
use crate::words::Renewal;

/// The words of `PeriodUnit`, as a number and a unit of our durations.
const UNITS: &[(&str, (u64, &str))] =
    &[("Week", (7, "d")), ("Month", (1, "mo")), ("Year", (1, "y"))];

/// The words of `RenewalStatus`.
const RENEWALS: &[(&str, Renewal)] = &[
    ("AutoRenewal", Renewal::Automatic),
    ("Normal", Renewal::None),
    ("NotRenewal", Renewal::None),
];

impl FleetReader<'_> {
    pub(in crate::import) fn ecs_renewal(&mut self, row: &ReplyObject<'_>) {
        let id = row.id("InstanceId", self.problems);
        let renewal = self.word(row, "RenewalStatus", RENEWALS);
        let term = self.term(row, renewal.is_some_and(|r| *r == Renewal::Automatic));
        let facts = row.facts(&["RenewalStatus", "PeriodUnit", "Duration"]);
        let Some(id) = id.filter(|id| self.is_first("renewal", id, facts)) else { return };
        let Some(index) = self.known(&id, "a renewal setting") else { return };
        if row.is_blank("RenewalStatus") {
            let title = format!("the reply has no `RenewalStatus` for `{}`", id.value);
            self.left_out(id.span, title, "its renewal is unknown");
        }
        if let Some(renewal) = renewal {
            let written = &mut self.out.instances[index].1;
            written.renewal = Some(renewal.map(|renewal| Known(Some(renewal))));
            written.renews_for = term;
        }
    }

    /// The renewal that the resource of an instance states.
    pub(in crate::import) fn renewal_of(
        &mut self,
        row: &ReplyObject<'_>,
        written: &mut WrittenInstance,
    ) {
        let Some(renewal) = self.word(row, "renewal_status", RENEWALS) else { return };
        written.renewal = Some(renewal.map(|renewal| Known(Some(renewal))));
        let count = row.number("auto_renew_period", self.problems);
        let unit = self.word(row, "period_unit", UNITS).map_or((1, "mo"), |unit| unit.value);
        let count = count.filter(|count| count.value > 0 && *renewal == Renewal::Automatic);
        written.renews_for = count.and_then(|count| {
            let span = format!("{}{}", u64::from(count.value) * unit.0, unit.1);
            CalendarSpan::parse(&span).ok().and_then(Term::new)
        });
    }

    /// The term of a renewal. Without `PeriodUnit` it is in months.
    fn term(&mut self, row: &ReplyObject<'_>, is_automatic: bool) -> Option<Term> {
        let unit = self.word(row, "PeriodUnit", UNITS);
        let count = row.number("Duration", self.problems);
        if !is_automatic {
            return None;
        }
        let Some(count) = count else {
            if row.is_blank("Duration") {
                let title = "the reply has no `Duration` of the renewal".to_owned();
                self.left_out(row.span, title, "treated as one month");
            }
            return None;
        };
        let (factor, sign) = unit.map_or((1, "mo"), |unit| unit.value);
        let span = CalendarSpan::parse(&format!("{}{sign}", u64::from(*count) * factor));
        let (title, label) = match span.map(Term::new) {
            Ok(Some(term)) => return Some(term),
            Ok(None) => ("the term of the renewal must be at least 1", "too short"),
            Err(_) => ("the term of the renewal is more than a thousand years", "too long"),
        };
        let problem = Problem::at(Code::BadReply, count.span, title, label);
        self.problems.add(problem.help("write the number of units, such as `1`"));
        None
    }
}
