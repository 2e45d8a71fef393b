//! The questions that a provider answers besides verdicts, in one list.
//!
//! From a line of [`questions!`] follow the key in a policy file (`file.rs`), its schema, the table
//! of answers (`edition.rs`), its proof (`compile/tables.rs`) and the comparison of two editions
//! (`diff/tables.rs`). The model reads an answer with `Step::consult`.

use super::rule_node::ConclusionWord;
use crate::words::{
    Action, AfterSettling, Batch, BoundFate, CheckedFirst, DesiredAfter, DesiredAfterAttach,
    EconomicalStop, Fate, FlagEffect, FlagFate, HealthFate, HookFate, Numbering, PendingFate,
    Refill, RollOut, ScheduleFate, Shortfall, TermEnd, TermFrom, TieBreak, ZoneHeld, ZoneRule,
};

/// Calls a macro with the list of questions.
///
/// Each line is
/// `KEY => FIELD: WORDS in SPACE, PART;` under the section of a policy file that has the key:
/// `WORDS` are the possible answers, `SPACE` is the function of `compile/spaces.rs` that restricts
/// the cells that rules have to cover, and `PART` is the part of a difference in which changes are
/// listed. `as NAME` is the name of the table in reports if it is not the key.
macro_rules! questions {
    ($callback:ident) => {
        $callback! {
            policy {
                /// The action that a group requests for a member, by its membership.
                "members" => members: Action in group_requests, Table;
                /// Whether the protection or the precondition answers, if both refuse.
                "check-order" => check_order: CheckedFirst in unrestricted, Table;
                /// How the instances of one request depend on each other.
                "batches" => batches: Batch in triggers, Table;
                /// The effect of settling on instances that were stopped for an unpaid bill.
                "settling" => settling: AfterSettling in stopped_by_clocks, Table;
                /// The effect of a billing conversion on protections.
                "conversions" => conversions: FlagFate in unrestricted, Table;
                /// The effect of leaving a group on protections that work on members only.
                "departures" => departures: FlagFate in unrestricted, Table;
                /// The reaction of a health check to a member that is not running.
                "health-checks" => health: HealthFate in unrestricted, Table;
                /// The effect of an economical stop.
                "economical-stops" => economical: EconomicalStop in unrestricted, Table;
                /// The instant from which a renewed term counts.
                "renewals" => renewals: TermFrom in unrestricted, Table;
                /// The time of day at which a new term ends.
                "terms" => terms: TermEnd in unrestricted, Table;
                /// The reaction to a request that would take a group across a bound.
                "bounds" => bounds: BoundFate in crossings, Table;
                /// How a new model is applied to the members of a group.
                "roll-outs" => roll_outs: RollOut in model_upgrades, Table;
                /// Side effects of setting a protection that is `in-model`.
                "flag-changes" => flag_changes: FlagEffect in calls, Table;
                /// How a group replaces members that have left.
                "refills" => refills: Refill in triggers, Table;
                /// The desired capacity of a group after an instance was attached.
                "attachments" => attachments: DesiredAfterAttach in unrestricted, Table;
                /// The fate of attached resources.
                "effects" => effects: Fate in mentioned_effects, Effect;
            }
            schedule {
                /// The fate of a release that is due.
                "due" => due: ScheduleFate in unrestricted, Schedule;
                /// The fate of a deferred release when the account settles.
                "settled" => settled: ScheduleFate in unrestricted, Schedule;
            }
            scale_in {
                /// How members are numbered; members have no numbers if not given.
                "numbers" => numbers: Numbering in unrestricted, Order;
                /// Which of several equal members is selected.
                "ties" => ties: TieBreak in unrestricted, Order;
                /// How zones are taken into account.
                "zones" => zones: ZoneRule in unrestricted, Order;
                /// The reaction to a zone in which all members are protected.
                "zone-held" => zone_held: ZoneHeld in unrestricted, Order;
                /// Whether a member that a hook delays before it goes into service can be removed.
                "pending" => pending: PendingFate in unrestricted, Order;
                /// The reaction if too few members can be removed.
                "shortfall" => shortfall: Shortfall in unrestricted, Order;
                /// The desired size after a scale-in that removed too few members.
                "desired-after-shortfall" => desired_after: DesiredAfter in unrestricted, Order;
            }
            hooks {
                /// Which members wait.
                "holds" as "hooks" => holds: HookFate in triggers, Table;
            }
        }
    };
}

/// The name of the table of a question in reports.
macro_rules! table_name {
    ($key:literal) => {
        $key
    };
    ($key:literal $name:literal) => {
        $name
    };
}

pub(in crate::policy) use {questions, table_name};

impl ConclusionWord for AfterSettling {
    fn worth(self) -> i64 {
        i64::from(self == Self::Restarts)
    }
}

impl ConclusionWord for Action {
    const KEY: &'static str = "asks";

    fn worth(self) -> i64 {
        if self == Self::Release { -1 } else { 1 }
    }
}

impl ConclusionWord for Batch {
    const KEY: &'static str = "mode";
}

/// The more a bound restricts a request, the fewer members the request takes.
impl ConclusionWord for BoundFate {
    fn worth(self) -> i64 {
        match self {
            Self::NotBounded => 0,
            Self::Clipped => 1,
            Self::Refused => 2,
        }
    }
}

impl ConclusionWord for CheckedFirst {}

impl ConclusionWord for DesiredAfter {
    fn worth(self) -> i64 {
        i64::from(self == Self::RealSize)
    }
}

impl ConclusionWord for DesiredAfterAttach {}

impl ConclusionWord for EconomicalStop {}

impl ConclusionWord for Fate {
    const KEY: &'static str = "fate";

    fn worth(self) -> i64 {
        match self {
            Self::Lost => -1,
            Self::KeptBilled => 1,
            Self::Kept => 2,
        }
    }
}

impl ConclusionWord for FlagEffect {}

impl ConclusionWord for FlagFate {
    fn worth(self) -> i64 {
        i64::from(self == Self::Kept)
    }
}

impl ConclusionWord for HealthFate {
    fn worth(self) -> i64 {
        if self == Self::Ignores { 1 } else { -1 }
    }
}

impl ConclusionWord for HookFate {
    fn worth(self) -> i64 {
        i64::from(self == Self::Waits)
    }
}

impl ConclusionWord for Numbering {}

impl ConclusionWord for PendingFate {}

impl ConclusionWord for Refill {}

impl ConclusionWord for RollOut {}

impl ConclusionWord for ScheduleFate {
    fn worth(self) -> i64 {
        match self {
            Self::Fires => -1,
            Self::Waits => 1,
            Self::Dropped => 2,
        }
    }
}

impl ConclusionWord for Shortfall {
    fn worth(self) -> i64 {
        i64::from(self == Self::Refused)
    }
}

impl ConclusionWord for TermEnd {
    const KEY: &'static str = "ends";
}

impl ConclusionWord for TermFrom {
    const KEY: &'static str = "from";
}

impl ConclusionWord for TieBreak {}

impl ConclusionWord for ZoneHeld {
    fn worth(self) -> i64 {
        i64::from(self == Self::Stops)
    }
}

impl ConclusionWord for ZoneRule {}
