//! The columns of every table, stated once: header, `schema csv`, and the width
//! of the arrays that the writers fill. Columns are append-only within a major version.

/// What a column holds.
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
    /// A decimal, as short as it can be read back.
    Number,
    /// Texts joined by `;`.
    List,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means. Empty cells mean that it does not apply.
    pub about: &'static str,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its file.
    pub file: &'static str,
    /// What a row is.
    pub row: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

macro_rules! tables {
    ($(#[doc = $of:literal])+ $list:ident: $($name:ident $count:ident $file:literal: $row:literal {
        $($column:ident $kind:ident $about:literal,)+
    })+) => {
        $(
            /// How many columns the table has.
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
        at Time "when it was made",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        trigger Word "as what cause it asked, where it asked anything of instances",
        verb Word "the verb, or the action of the timer",
        actor Text "who called",
        channel Word "the way by which the call came in; `unknown` if the event does not say",
        target Text "the instance, group or account; empty if it named several instances",
        result Word "accepted, refused or partial",
        wanted Integer "how many instances it was to change",
        got Integer "how many it changed",
        answer Text "the provider's answer to the caller, as far as it is documented",
        rule Text "the rule that refused it, or a part of it",
        reason Text "why it was refused, or a part of it",
    }
    DECISIONS DECISION_COLUMNS "decisions.csv": "request × instance" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        at Time "when it was made",
        elapsed_s Integer "seconds since the start",
        event Text "id of the event, or `timer:` and the name of the timer",
        trigger Word "the cause that asked",
        action Word "what was asked",
        actor Text "who called",
        channel Word "the way by which the call came in; `unknown` if the event does not say",
        account Text "who pays for the instance",
        group Text "the group that it was in",
        instance Text "the instance",
        billing Word "how it was paid for; `unknown` if nobody knows whether as spot capacity",
        membership Word "how it had come into its group; `unknown` if nobody knows",
        protections_on List "protections that were on; `NAME=unknown` where nobody knows",
        protections_inert List "those of them that could do nothing here",
        outcome Word "what became of it",
        effect Word "what happened to the instance",
        decided_by Text "the protection that had the last word, or precondition, clock, schedule, health-check, membership, neighbour, state",
        rule Text "the rule of the last word",
        confidence Word "the weakest link of what it rests on",
        source List "the documents that state the rule",
        answer Text "the provider's answer, as far as it is documented",
        assumptions List "the switches that it rests on, as `name=value`",
        remedy Text "what would have prevented it; empty if nothing was lost",
        remedy_until Time "the last instant at which the remedy helps, before whatever else happens then",
        policy Text "the policy that it was made under",
    }
    VERDICTS VERDICT_COLUMNS "verdicts.csv": "decision × protection on" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "the instance",
        protection Text "the protection",
        verdict Word "what became of it",
        rule Text "the rule that says so",
        confidence Word "how well that is founded",
        source List "the documents that state the rule",
    }
    INSTANCES INSTANCE_COLUMNS "instances.csv": "instance at the end" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        instance Text "the instance",
        account Text "who pays for it",
        group Text "the group that it is in",
        state Word "its state",
        released_at Time "when it was released",
        released_by Word "the cause of that",
        protections_on List "protections that are on; `NAME=unknown` where nobody knows",
        held_count Integer "how often a protection held",
        overridden_count Integer "how often protections were overridden",
        remedy Text "what would have prevented its release, or else the last loss of its data",
        remedy_until Time "the last instant at which the remedy helps, before whatever else happens then",
    }
    LOSSES LOSS_COLUMNS "losses.csv": "thing lost, or left behind and still billed" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        seq Integer "number of the request",
        instance Text "the instance that it belonged to",
        kind Word "what it is",
        name Text "its name, if it has one",
        fate Word "lost, or kept-billed",
        at Time "when",
        trigger Word "the cause",
        rule Text "the rule that says so",
        gib Integer "its size in GiB; `unknown` if it has one that nobody told",
        remedy Text "what would have kept it, or what to do about it",
        remedy_until Time "the last instant at which the remedy helps, before whatever else happens then",
    }
    TIMELINE TIMELINE_COLUMNS "timeline.csv": "change of state" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        replication Integer "number of the replication, from 0",
        at Time "when",
        elapsed_s Integer "seconds since the start",
        seq Integer "number of the request",
        account Text "the account, if it is about one",
        group Text "the group, if it is about one",
        instance Text "the instance, if it is about one",
        what Word "what changed",
        from Text "before",
        to Text "after",
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
        replication Integer "its number, from 0",
        events Integer "how many events happened",
        stop Word "drained or horizon; anything else gave no answer, and nothing is counted of it",
        released Integer "instances released, protected or not",
        protected_lost Integer "instances released although a protection was on, inert ones included: at least",
        protected_lost_at_most Integer "the same and those of which nobody knows whether one was on",
        held Integer "decisions in which a protection held",
        overridden Integer "decisions that went ahead although a protection was in force",
        gib_lost Integer "known size of what was lost, in GiB",
        lost_of_unknown_size Integer "disks lost whose size nobody told; gib_lost is too small by theirs",
        first_loss_s Integer "seconds from the start to the first of released; empty if there is none",
        loss_free_s Integer "the same, or all of the run's seconds if there is none",
        first_protected_loss_s Integer "seconds from the start to the first of protected_lost; empty if there is none",
        protected_loss_free_s Integer "the same, or all of the run's seconds if there is none",
        counts List "what the scenario counts, as `name=count`",
    }
    ESTIMATES ESTIMATE_COLUMNS "estimates.csv": "figure over all replications" {
        scenario Text "name of the scenario",
        case Text "case of the scenario; empty if it has none",
        policy List "the policies in use, the scenario's own first",
        metric Text "what it is a figure of; `any-NAME` is the share of replications in which NAME is not 0",
        unit Word "share, instances, decisions, disks, GiB or seconds",
        replications Integer "how many replications gave an answer",
        n Integer "in how many of them there was something to observe",
        mean Number "the mean of what was observed, or the share",
        std_error Number "the standard error of that",
        ci_low Number "the lower end of its confidence interval",
        ci_high Number "the upper end",
        level Number "how often such an interval holds the truth, in per cent",
        method Word "student-t, clopper-pearson, or none where observations do not differ",
        min Integer "the smallest that was observed",
        p05 Integer "no more than this in at least 5 % of observations",
        p25 Integer "the same for 25 %",
        p50 Integer "the same for half of them",
        p75 Integer "the same for 75 %",
        p95 Integer "the same for 95 %",
        max Integer "the largest that was observed",
    }
    DIFFERENCES DIFFERENCE_COLUMNS "differences.csv": "figure under two policies or of two cases, on the same draws" {
        scenario Text "name of the scenario",
        old_case Text "the old case of the scenario; empty if it has none",
        new_case Text "the new one; the same, unless two cases are compared",
        old Text "the old policy",
        new Text "the new one",
        metric Text "what it is a figure of",
        unit Word "share, instances, decisions, disks, GiB or seconds",
        n Integer "in how many replications there was something to observe under both",
        old_mean Number "the mean under the old policy, over these",
        new_mean Number "the mean under the new one",
        difference Number "new - old",
        std_error Number "the standard error of the difference",
        ci_low Number "the lower end of its confidence interval",
        ci_high Number "the upper end",
        level Number "how often such an interval holds the truth, in per cent",
        method Word "student-t, clopper-pearson-paired, or none where differences are all the same",
    }
}
