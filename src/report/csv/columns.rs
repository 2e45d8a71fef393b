//! The columns of every table, stated once: header, `schema csv`, and the width
//! of the arrays that the writers fill. Columns are append-only within a major version.

/// The type of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// RFC 3339 in UTC, whole seconds.
    Time,
    /// One of a closed list of words.
    Word,
    /// A decimal: the shortest text that reads back as the same number.
    Number,
    /// Texts joined by `;`.
    List,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in the header row.
    pub name: &'static str,
    /// Type of its cells.
    pub kind: Kind,
    /// Meaning. An empty cell means that the column does not apply to the row.
    pub about: &'static str,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Name of its file.
    pub file: &'static str,
    /// What one row describes.
    pub row: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
}

macro_rules! tables {
    ($(#[doc = $of:literal])+ $list:ident: $($name:ident $count:ident $file:literal: $row:literal {
        $($column:ident $kind:ident $about:literal,)+
    })+) => {
        $(
            /// Number of columns of the table.
            pub(in crate::report) const $count: usize = [$(stringify!($column)),+].len();
            /// The table.
            pub(in crate::report) const $name: Table = Table {
                file: $file,
                row: $row,
                columns: &[$(Column {
                    name: stringify!($column),
                    kind: Kind::$kind,
                    about: $about,
                }),+],
            };
        )+
        $(#[doc = $of])+
        pub const $list: &[Table] = &[$($name),+];
    };
}

tables! {
    /// Every table of a run, in the order in which they are written.
    TABLES:
    REQUESTS REQUEST_COLUMNS "requests.csv": "request" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request in the run, from 0",
        at Time "time of the request",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        trigger Word "trigger of the request; empty if it asked nothing of instances",
        verb Word "the verb, or the action of the timer",
        actor Text "caller",
        via Word "interface through which the call was made; `unknown` if the event does not specify it",
        target Text "instance, group or account of the request; empty if it named several instances",
        result Word "accepted, refused or partial",
        wanted Integer "number of instances to change",
        got Integer "number of instances changed",
        answer Text "provider's answer to the caller, if documented",
        rule Text "rule that refused the request or part of it",
        reason Text "why the request or part of it was refused",
    }
    DECISIONS DECISION_COLUMNS "decisions.csv": "request × instance" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        at Time "time of the request",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        trigger Word "trigger of the request",
        action Word "requested action",
        actor Text "caller",
        via Word "interface through which the call was made; `unknown` if the event does not specify it",
        account Text "account that owns the instance",
        group Text "group of the instance before the decision; empty if it was in no group",
        instance Text "the instance",
        billing Word "billing method; `unknown` if it may be spot capacity",
        membership Word "how the instance joined its group; `unknown` if not reported",
        protections_on List "protections that were on; `NAME=unknown` if the state is not reported",
        protections_inert List "protections that were on and had no effect",
        outcome Word "outcome of the decision",
        effect Word "effect on the instance",
        decided_by Text "deciding protection, or precondition, clock, schedule, health-check, membership, neighbour, state",
        rule Text "deciding rule",
        confidence Word "lowest confidence among the rules and switches used",
        source List "documents that state the rule",
        answer Text "provider's answer to the caller, if documented",
        assumptions List "switches that the decision depends on, as `name=value`",
        remedy Text "what would have prevented the loss; empty if nothing was lost",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
        policy Text "policy of the decision",
    }
    VERDICTS VERDICT_COLUMNS "verdicts.csv": "decision × protection on" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "the instance",
        protection Text "the protection",
        verdict Word "outcome of the decision",
        rule Text "rule that applies",
        confidence Word "confidence of the rule",
        source List "documents that state the rule",
    }
    INSTANCES INSTANCE_COLUMNS "instances.csv": "instance at the end" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        instance Text "the instance",
        account Text "account that owns the instance",
        group Text "group of the instance; empty if it is in no group",
        state Word "its state",
        released_at Time "time of the release",
        released_by Word "trigger of the release",
        protections_on List "protections that are on; `NAME=unknown` if the state is not reported",
        held_count Integer "number of decisions in which a protection held",
        overridden_count Integer "number of decisions in which protections were overridden",
        remedy Text "what would have prevented the release, or else the last loss of data",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
    }
    LOSSES LOSS_COLUMNS "losses.csv": "resource lost, or left behind and still billed" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "instance that it was attached to",
        kind Word "kind of resource",
        name Text "name; empty if it has none",
        fate Word "lost, or kept-billed",
        at Time "time",
        trigger Word "the cause",
        rule Text "rule that applies",
        gib Integer "size in GiB; `unknown` if it is not reported; empty for kinds without a size",
        remedy Text "what would have prevented the loss, or what to do about a resource that is still billed",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
    }
    TIMELINE TIMELINE_COLUMNS "timeline.csv": "change of state" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        at Time "time",
        elapsed_s Integer "seconds since the start",
        seq Integer "number of the request",
        account Text "account; empty if the change is not about one",
        group Text "group; empty if the change is not about one",
        instance Text "instance; empty if the change is not about one",
        what Word "what changed",
        from Text "value before the change",
        to Text "value after the change",
        cause Text "id of the event, or `timer:` and the name of the timer",
    }
}

tables! {
    /// Every table of many replications, in the order in which they are written.
    STUDY_TABLES:
    REPLICATIONS REPLICATION_COLUMNS "replications.csv": "replication" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        policy List "the policies in use, the scenario's own first",
        replication Integer "number of the replication, from 0",
        events Integer "number of events",
        stop Word "drained or horizon; any other word means that the replication gave no answer and is not counted",
        released Integer "instances released, with or without a protection",
        protected_lost Integer "instances released while a protection was known to be on, with or without effect",
        protected_lost_at_most Integer "instances released while a protection was on or may have been on",
        held Integer "decisions in which a protection held",
        overridden Integer "decisions that were carried out although a protection was in force",
        gib_lost Integer "known size of what was lost, in GiB",
        lost_of_unknown_size Integer "disks lost whose size is not reported; gib_lost does not include them",
        first_loss_s Integer "seconds from the start to the first of released; empty if there is none",
        loss_free_s Integer "the same; the length of the run in seconds if there is none",
        first_protected_loss_s Integer "seconds from the start to the first of protected_lost; empty if there is none",
        protected_loss_free_s Integer "the same; the length of the run in seconds if there is none",
        counts List "counts defined by the scenario, as `name=count`",
    }
    ESTIMATES ESTIMATE_COLUMNS "estimates.csv": "metric over all replications" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        policy List "the policies in use, the scenario's own first",
        metric Text "metric; `any-NAME` is the share of replications in which NAME is not 0",
        unit Word "share, instances, decisions, disks, GiB or seconds",
        replications Integer "number of replications that gave an answer",
        n Integer "number of replications with an observation",
        mean Number "mean of the observations, or the share",
        std_error Number "standard error of the mean",
        ci_low Number "lower end of the confidence interval",
        ci_high Number "upper end of the confidence interval",
        level Number "confidence level, in percent",
        method Word "student-t, clopper-pearson, or none if all observations are equal",
        min Integer "smallest observation",
        p05 Integer "5th percentile",
        p25 Integer "25th percentile",
        p50 Integer "median",
        p75 Integer "75th percentile",
        p95 Integer "95th percentile",
        max Integer "largest observation",
    }
    DIFFERENCES DIFFERENCE_COLUMNS "differences.csv": "metric under two policies or of two cases, with common random numbers" {
        scenario Text "name of the scenario",
        old_case Text "the old case of the scenario; empty if it has none",
        new_case Text "the new case; equal to the old one unless two cases are compared",
        old Text "the old policy",
        new Text "the new policy",
        metric Text "metric",
        unit Word "share, instances, decisions, disks, GiB or seconds",
        n Integer "number of replications with an observation under both policies",
        old_mean Number "mean under the old policy, over these replications",
        new_mean Number "mean under the new policy, over these replications",
        difference Number "new - old",
        std_error Number "standard error of the difference",
        ci_low Number "lower end of the confidence interval",
        ci_high Number "upper end of the confidence interval",
        level Number "confidence level, in percent",
        method Word "student-t, clopper-pearson-paired, or none if all differences are equal",
    }
}
