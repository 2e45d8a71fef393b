//! House rules as a scenario states them.

use super::read::OneOrMany;
use super::record::record;
use super::selector::Selector;
use crate::diagnostics::Spanned;
use crate::time::SimSpan;
use crate::words::{RuleSeverity, Trigger};

record! {
    /// A house rule: exactly one demand on some instances.
    WrittenHouseRule: "a house rule" {
        /// The instances; all instances if not given.
        optional "instance" => instance: Selector,
        /// How serious it is to break the rule; `error` if not given. `test` fails at an error.
        optional "severity" => severity: RuleSeverity,
        /// Demand: one of these protections is in force, so that it would stop a release.
        optional "in-force" => in_force: OneOrMany<Spanned<String>>,
        /// The triggers against which a protection under `in-force` must hold; `manual` if not
        /// given.
        default "against" => against: OneOrMany<Spanned<Trigger>>,
        /// Demand: two people are needed. `release`: no principal can release the instance alone,
        /// by switching off the protections that hold if need be. `schedule`: at least two callers
        /// have scheduled the release of a protected instance for its time.
        optional "two-people" => two_people: Spanned<TwoPeople>,
        /// Demand: an instance is only released if a snapshot of it is at most this old.
        optional "snapshot-within" => snapshot_within: SimSpan,
        /// Demand: an alert under `watch` comes at most this long after a protection is switched
        /// off.
        optional "alert-within" => alert_within: SimSpan,
    }
}

crate::words::words! {
    /// A purpose for which two people are needed.
    TwoPeople: "a purpose of two people" {
        /// To switch off a protection and release the instance.
        Release = "release",
        /// To schedule the release of a protected instance.
        Schedule = "schedule",
    }
}
