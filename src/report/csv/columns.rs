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
    /// A decimal: the shortest text that reads back as the same number. Amounts of money are exact.
    Number,
    /// Texts joined by `;`.
    List,
    /// `true` or `false`.
    Flag,
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
    /// The subject of one row.
    pub row: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// The kind of further columns, one for each name in a list of the run file; `None` if there
    /// are none. Its name is the prefix of theirs.
    pub further: Option<Column>,
    /// The columns whose values together are different in every row; they are never empty. Empty
    /// if rows may be equal.
    pub key: &'static [&'static str],
    /// Rows of other tables that each row belongs to.
    pub references: &'static [Reference],
}

/// The names of further columns of a table.
pub(in crate::report) fn further_columns(table: &Table, names: &[String]) -> Vec<String> {
    let prefix = table.further.map_or("", |further| further.name);
    names.iter().map(|name| format!("{prefix}{name}")).collect()
}

/// A reference from the rows of a table to those of another, by columns of the same names.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// Name of the other table's file.
    pub file: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
}

macro_rules! further {
    () => {
        None
    };
    ($name:ident $kind:ident $about:literal) => {
        Some(Column { name: stringify!($name), kind: Kind::$kind, about: $about })
    };
}

macro_rules! tables {
    ($(#[doc = $of:literal])+ $list:ident: $($name:ident $count:ident $file:literal: $row:literal
        key($($key:ident)*) $(in $other:literal($($by:ident)+))*
    {
        $($column:ident $kind:ident $about:literal,)+
    } $([$further:ident $further_kind:ident $further_about:literal])?)+) => {
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
                further: further!($($further $further_kind $further_about)?),
                key: &[$(stringify!($key)),*],
                references: &[$(Reference {
                    file: $other,
                    columns: &[$(stringify!($by)),+],
                }),*],
            };
        )+
        $(#[doc = $of])+
        pub const $list: &[Table] = &[$($name),+];
    };
}

tables! {
    /// Every table of a run, in the order in which they are written.
    TABLES:
    REQUESTS REQUEST_COLUMNS "requests.csv": "request"
        key(scenario case replication seq)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request in the run, from 0",
        at Time "time of the request",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        trigger Word "trigger of the request; empty if it makes no decision",
        verb Word "the verb, or the action of the timer",
        actor Text "caller",
        via Word "channel of the call: console, API or command line; `unknown` if the event does not state it",
        target Text "instance, group or account of the request; empty if it named several instances",
        result Word "accepted, refused, partial or denied",
        wanted Integer "number of instances to change",
        got Integer "number of instances changed",
        answer Text "provider's answer to the caller, if documented",
        reason Text "why the request or part of it was refused; empty if it was accepted",
        rule Text "rule that refused the request or part of it; empty if it was accepted",
        limited_by Word "reason why it did not change all of them: bound, protection, no-candidate or program",
        root_event Text "event with which the chain of causes began: its own, or the one that set the timer; empty if that was before the run",
        root_actor Text "caller of that event",
        cause_seq Integer "number of the request that it follows from; empty for calls",
    }
    DECISIONS DECISION_COLUMNS "decisions.csv": "request × instance"
        key(scenario case replication seq instance)
        in "requests.csv"(scenario case replication seq)
        in "instances.csv"(scenario case replication instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        at Time "time of the request",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        root_event Text "event with which the chain of causes began: its own, the one that set the timer, or else the one that removed a protection that would have held; empty if there is none",
        root_actor Text "caller of that event",
        trigger Word "trigger of the request",
        action Word "requested action",
        actor Text "caller",
        via Word "channel of the call: console, API or command line; `unknown` if the event does not state it",
        account Text "account that owns the instance",
        group Text "group of the instance before the decision; empty if it was in no group",
        instance Text "the instance",
        billing Word "billing method; `unknown` if it may be spot capacity",
        membership Word "how the instance joined its group; `unknown` if not reported",
        protections_on List "protections that were on; `NAME=unknown` if the state is not reported",
        protections_inert List "protections that were on and had no effect",
        outcome Word "outcome of the decision",
        effect Word "effect on the instance",
        decided_by Text "deciding protection, or precondition, permission, clock, schedule, hook, health-check, membership, neighbour, state; empty for an action that no rule blocked",
        rule Text "deciding rule",
        confidence Word "lowest confidence among the rules and switches used",
        source List "documents that state the rule",
        answer Text "provider's answer to the caller, if documented",
        assumptions List "switches that the decision depends on, as `name=value`",
        remedy Text "act that would have prevented the loss; empty if nothing was lost",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
        policy Text "policy of the decision",
        remedy_from Time "first instant at which the remedy could be used",
        worth Number "worth of the instance, in the currency of the scenario; empty if it was not released, or no worth is stated",
    }
    VERDICTS VERDICT_COLUMNS "verdicts.csv": "decision × protection on"
        key(scenario case replication seq instance protection)
        in "decisions.csv"(scenario case replication seq instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "the instance",
        protection Text "the protection",
        verdict Word "verdict on this protection: held, overridden or not-consulted",
        rule Text "rule that applies",
        confidence Word "confidence of the rule",
        source List "documents that state the rule",
    }
    INSTANCES INSTANCE_COLUMNS "instances.csv": "instance at the end"
        key(scenario case replication instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        instance Text "the instance",
        account Text "account that owns it",
        group Text "group at the start, or the first one known of an instance that a group created; empty if it was in none",
        billing Word "billing method at the start; `unknown` if it may be spot capacity",
        zone Text "zone; empty if none is stated",
        tags List "tags, as `key=value`",
        state Word "state at the end",
        released_at Time "time of the release",
        released_by Word "trigger of the release",
        protections_on List "protections that are on at the end; `NAME=unknown` if the state is not reported",
        held_count Integer "number of decisions in which a protection held",
        overridden_count Integer "number of decisions in which protections were overridden",
        remedy Text "act that would have prevented the release, or else the last loss of data",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
        remedy_from Time "first instant at which the remedy could be used",
        state_at_start Word "state at the start; `absent` if it was created later",
        membership Word "membership in its group at the start; `unknown` if not reported",
        protections_at_start List "protections that were on at the start; `NAME=unknown` if the state is not reported",
        created_at Time "when it was created; empty if never",
        imported_from Word "provider whose replies describe it; empty if the scenario describes it",
        group_at_end Text "group at the end; empty if it is in none",
        hourly Number "price for an hour, without its resources; empty if none is stated",
        worth Number "worth that is lost when it is released; empty if none is stated",
        currency Text "currency of the scenario's prices; empty if it has none",
    }
    LOSSES LOSS_COLUMNS "losses.csv": "resource lost, or left behind and still billed"
        key()
        in "requests.csv"(scenario case replication seq)
        in "instances.csv"(scenario case replication instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "instance that it was attached to",
        kind Word "kind of resource",
        fate Word "lost, or kept-billed",
        at Time "time",
        trigger Word "the cause",
        rule Text "rule that applies",
        gib Integer "size in GiB; empty if it is not reported, and for kinds without a size",
        size_known Flag "whether the size is reported; empty for kinds without a size",
        remedy Text "act that would have prevented the loss, or advice about a resource that is still billed",
        name Text "name; empty if it has none",
        remedy_until Time "last instant at which the remedy helps, applied before other events of that instant",
        remedy_from Time "first instant at which the remedy could be used",
        hourly Number "price for an hour; empty if none is stated",
        billed_until_end Number "cost from then to the end of the run, to the nearest millionth; empty if it is not left behind, or no price is stated",
        currency Text "currency of the scenario's prices; empty if it has none",
    }
    TIMELINE TIMELINE_COLUMNS "timeline.csv": "change of state"
        key()
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        at Time "time",
        elapsed_s Integer "seconds since the start",
        seq Integer "number of the request; empty for settings of the fleet at the start",
        account Text "account; empty if the change is not about one",
        group Text "group; empty if the change is not about one",
        instance Text "instance; empty if the change is not about one",
        what Word "what changed",
        from Text "value before the change; empty at the start",
        to Text "value after the change",
        cause Text "id of the event, `timer:` and the name of the timer, or `start:fleet`",
        root_event Text "event with which the chain of causes began; empty if that was before the run",
        root_actor Text "caller of that event",
    }
    FINDINGS FINDING_COLUMNS "findings.csv": "broken house rule"
        key()
        in "instances.csv"(scenario case replication instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        at Time "time",
        seq Integer "number of the request that broke the rule; empty at the start and at the end of a term",
        rule Text "name of the house rule",
        severity Word "how serious it is",
        instance Text "instance that the finding is about",
        actor Text "caller who broke the rule; empty if none is known",
        text Text "description of the violation",
    }
    ALERTS ALERT_COLUMNS "alerts.csv": "watched call or change about an instance, or its loss"
        key()
        in "requests.csv"(scenario case replication seq)
        in "instances.csv"(scenario case replication instance)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        replication Integer "number of the replication, from 0",
        at Time "time of the call, the change or the loss",
        seq Integer "number of the request",
        kind Word "call, change, or loss",
        watch Text "name of the watch; of a loss the one that raised the first alert about the instance, empty if there is none",
        instance Text "instance",
        verb Text "verb of the call; empty if there is none",
        event Text "names that the call can have in the audit trail, joined by ` or `",
        actor Text "caller; empty if none is known",
        trigger Word "cause of a loss",
        seen_from Time "when the alert comes at the earliest; empty if none comes",
        seen Time "when the alert comes at the latest; empty if none comes",
        notice_s Integer "of a loss: seconds from the alert to the loss, less than 0 if the loss came first; empty if there is no alert",
        rule Text "rule of the policy on what its audit trail records",
        confidence Word "weakest confidence of that rule, of the time and of their switches",
        perhaps_watch Text "of a loss: watch with an earlier alert that came only if a protection was on before it was switched off, which is unknown; empty if there is none",
        perhaps_seen Time "when that alert came at the latest",
    }
}

tables! {
    /// Every table of many replications, in the order in which they are written.
    STUDY_TABLES:
    REPLICATIONS REPLICATION_COLUMNS "replications.csv": "replication"
        key(scenario case replication)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        policy List "the policies in use, the scenario's own first",
        replication Integer "number of the replication, from 0",
        events Integer "number of events",
        stop Word "drained or horizon; any other word means that the replication did not complete and has no values",
        released Integer "instances released, with or without a protection",
        protected_lost Integer "instances released while a protection was known to be on, with or without effect",
        protected_lost_at_most Integer "instances released while a protection was on or may have been on",
        held Integer "decisions in which a protection held",
        overridden Integer "decisions that were carried out although a protection was in force",
        gib_lost Integer "known size of lost resources, in GiB",
        lost_of_unknown_size Integer "disks lost whose size is not reported; gib_lost does not include them",
        first_loss_s Integer "seconds from the start to the first release; empty if there is none",
        loss_free_s Integer "the same; the length of the run in seconds if there is none",
        first_protected_loss_s Integer "seconds from the start to the first release counted in protected_lost; empty if there is none",
        protected_loss_free_s Integer "the same; the length of the run in seconds if there is none",
        protected_loss_free_at_least_s Integer "the same, if all unknown protections were on",
        worth_lost Number "worth of the released instances, as far as it is stated; empty if the scenario has no currency",
        billed_until_end Number "cost of resources that are left behind, to the end of the run, as far as prices are stated; empty if the scenario has no currency",
        lost_without_worth Integer "released instances whose worth is not stated; worth_lost does not include them",
        billed_without_price Integer "resources that are left behind and whose price is not stated; billed_until_end does not include them",
        first_loss_trigger Word "trigger of the first release; empty if there is none",
        released_manual Integer "instances released by the trigger manual",
        released_scheduled_release Integer "instances released by the trigger scheduled-release",
        released_billing_overdue Integer "instances released by the trigger billing-overdue",
        released_expiry Integer "instances released by the trigger expiry",
        released_security_release Integer "instances released by the trigger security-release",
        released_spot_reclaim Integer "instances released by the trigger spot-reclaim",
        released_scale_in Integer "instances released by the trigger scale-in",
        released_health_check Integer "instances released by the trigger health-check",
        released_delete_members Integer "instances released by the trigger delete-members",
        released_detach Integer "instances released by the trigger detach",
        released_group_delete Integer "instances released by the trigger group-delete",
        released_group_action Integer "instances released by the trigger group-action",
        released_model_update Integer "instances released by the trigger model-update",
        released_zone_balance Integer "instances released by the trigger zone-balance",
        released_maintenance Integer "instances released by the trigger maintenance",
        released_cancellation Integer "instances released by the trigger cancellation",
        released_launch_hook Integer "instances released by the trigger launch-hook",
        currency Text "currency of the scenario's prices; empty if it has none",
        first_loss_of_any_s Integer "seconds from the start to the first instance released or resource lost; empty if there is none",
        first_loss_of_any_trigger Word "trigger of that release or loss; empty if there is none",
        certain_shares List "if it did not complete: the shares of estimates.csv toward which it counts whatever would have followed, such as any-released",
    }
    [count_ Integer "decisions that the scenario counts under this name; empty if it does not"]
    ESTIMATES ESTIMATE_COLUMNS "estimates.csv": "metric over all replications"
        key(scenario case metric)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        policy List "the policies in use, the scenario's own first",
        metric Text "metric; `any-NAME` is the share of replications in which NAME is not 0",
        unit Word "share, instances, decisions, disks, resources, GiB, seconds or money",
        replications Integer "number of complete replications",
        n Integer "number of replications with an observation",
        mean Number "mean of the observations, or the share; empty if a replication did not complete",
        std_error Number "standard error of the mean; empty with fewer than two observations, and if a replication did not complete",
        ci_low Number "lower end of the confidence interval",
        ci_high Number "upper end of the confidence interval",
        level Number "confidence level, in percent",
        method Word "student-t for means, clopper-pearson for shares, clopper-pearson-bounds for shares if a replication did not complete; none if there is no interval: a mean of equal observations or of fewer than two, or a replication did not complete",
        min Number "smallest observation",
        p05 Number "5th percentile",
        p25 Number "25th percentile",
        p50 Number "median",
        p75 Number "75th percentile",
        p95 Number "95th percentile",
        max Number "largest observation",
        currency Text "currency of the scenario's prices, in which metrics with the unit money are; empty if it has none",
        incomplete Integer "number of replications that did not complete; with any, a share has only bounds, and other metrics have no figure",
        mean_at_least Number "the share if only those of these replications have the property that had it before they stopped; empty for other metrics, and if all completed",
        mean_at_most Number "the share if all of these replications have the property; empty for other metrics, and if all completed",
    }
    COMPARISON COMPARISON_COLUMNS "comparison.csv": "case of a scenario"
        key(scenario case)
    {
        scenario Text "name of the scenario",
        case Text "case of the scenario; `-` if it has none",
        instances Integer "number of instances, including those that events create",
        released Integer "number of released instances; empty, as all totals, if the run stopped before its end",
        protected_lost Integer "instances released while a protection was known to be on, with or without effect",
        protected_lost_at_most Integer "instances released while a protection was on or may have been on",
        first_loss Time "time of the first release; empty if there was none",
        first_loss_trigger Word "trigger of the first release",
        resources_lost Integer "number of resources lost",
        gib_lost Integer "total known size of lost disks",
        left_billed Integer "number of resources left behind and still billed",
        held Integer "number of decisions in which a protection held",
        overridden Integer "number of decisions that went ahead although a protection was in force",
        worth_lost Number "worth of the released instances, as far as it is stated",
        billed_until_end Number "cost of resources that are left behind, to the end of the run, as far as prices are stated",
        currency Text "currency of the scenario's prices; empty if it has none",
        stop Word "drained or horizon; any other word means that the run stopped before its end and has no totals",
    }
    DIFFERENCES DIFFERENCE_COLUMNS "differences.csv": "metric under two policies or of two cases, with common random numbers"
        key(scenario old_case new_case old new metric)
    {
        scenario Text "name of the scenario",
        old_case Text "the old case of the scenario; `-` if it has none",
        new_case Text "the new case; equal to the old one unless two cases are compared",
        old Text "the old policy",
        new Text "the new policy",
        metric Text "metric",
        unit Word "share, instances, decisions, disks, resources, GiB, seconds or money",
        n Integer "number of replications with an observation under both policies",
        old_mean Number "mean under the old policy, over these replications; empty if a replication did not complete",
        new_mean Number "mean under the new policy, over these replications; empty if a replication did not complete",
        difference Number "new - old; empty if a replication did not complete",
        std_error Number "standard error of the difference",
        ci_low Number "lower end of the confidence interval",
        ci_high Number "upper end of the confidence interval",
        level Number "confidence level, in percent",
        method Word "student-t for means, clopper-pearson-paired for shares, clopper-pearson-paired-bounds for shares if a replication did not complete; none if there is no interval: a mean of equal differences or of fewer than two, or a replication did not complete",
        currency Text "currency of the scenario's prices, in which metrics with the unit money are; empty if it has none",
        fewer Integer "number of replications with a lower observation under the new policy",
        alike Integer "number of replications with the same observation under both policies",
        more Integer "number of replications with a higher observation under the new policy",
        incomplete Integer "number of pairs of replications of which at least one did not complete; with any, a share has only bounds, and other metrics have no figure",
        difference_at_least Number "the least difference of shares over all results that these replications can have; empty for other metrics, and if all completed",
        difference_at_most Number "the greatest difference of shares over all results that these replications can have; empty for other metrics, and if all completed",
    }
}
