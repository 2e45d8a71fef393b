//! Watches as a scenario states them: what raises an alert.

use super::read::OneOrMany;
use super::record::record;
use super::selector::Selector;
use crate::diagnostics::Spanned;
use crate::time::SimSpan;
use crate::words::WatchedChange;

record! {
    /// A watch: an alert is raised from the audit trail when one of these calls or changes is about
    /// one of the instances.
    WrittenWatcher: "a watch" {
        /// The instances; all instances if not given. A call to a group or an account is about all
        /// of its instances.
        optional "instance" => instance: Selector,
        /// Calls, by their names in the audit trail or by verbs. In names, `*` and `?` are
        /// wildcards, and case is ignored. Refused calls raise alerts too.
        default "calls" => calls: OneOrMany<Spanned<String>>,
        /// Changes, by whatever call made them.
        default "changes" => changes: OneOrMany<Spanned<WatchedChange>>,
        /// The time from a call to the alert; the longest time that the policy states if not given.
        optional "after" => after: SimSpan,
    }
}
