//! A policy file as written: its fixed parts as records, its rules as nodes.
//!
//! Only words are resolved here. Names of sources and switches remain texts.

use super::defaults::WrittenDefaults;
use super::questions::questions;
use super::rule_node::{
    AnswerNode, Impossible, PermissionRule, PreconditionRule, RuleNode, Rules, SpaceNode,
    TrailRule, WorksWhen,
};
use super::written_step::WrittenClocks;
use crate::diagnostics::Spanned;
use crate::format::{Map, OneOrMany, PolicyFormat, record};
use crate::time::{CalendarSpan, SimSpan, UtcOffset};
use crate::words::{
    Billing, Confidence, Criterion, Extreme, HookResult, Occasion, SubjectKind, Verdict,
};

// Each section with questions is a macro that lists its own keys and, among them, `$questions`.

macro_rules! policy {
    ($($questions:tt)*) => {
        record! {
            /// One edition of a provider's rules about protections.
            PolicyFile: "a policy" {
                /// The format: `policy/1`.
                required "stayput" => format: PolicyFormat,
                /// The provider's product.
                required "policy" => policy: Spanned<String>,
                /// The date of the documents, or a name of your own; together: `POLICY@EDITION`.
                required "edition" => edition: Spanned<String>,
                /// A title in one line.
                required "title" => title: String,
                /// The edition to extend. This file replaces or adds to its entries.
                optional "extends" => extends: Spanned<String>,
                /// Keys of the extended edition to leave out, as dotted paths.
                default "drops" => drops: Vec<Spanned<String>>,
                /// The cloud whose listings describe its fleets, as the import names it.
                optional "listings" => listings: String,
                /// The UTC offset in which days and months are counted.
                default "calendar" => calendar: UtcOffset,
                /// The documents that rules cite.
                default "sources" => sources: Map<WrittenCitation>,
                /// The decision space: the columns that protections test, and their words.
                required "space" => space: SpaceNode,
                /// Cells that cannot occur, each with its reason.
                default "impossible" => impossible: Vec<RuleNode<Impossible>>,
                /// Settings that keep an instance, each with its decision table.
                default "protections" => protections: Map<WrittenProtection>,
                /// Refusals that are not verdicts of protections; the first that matches answers.
                default "preconditions" => preconditions: Rules<PreconditionRule>,
                /// The permissions that a caller needs; scenarios with principals need them.
                optional "permissions" => permissions: WrittenPermissions,
                /// The audit trail, from which alerts are raised.
                optional "trail" => trail: WrittenTrail,
                $($questions)*
                /// Scheduled releases.
                optional "schedule" => schedule: WrittenSchedule,
                /// Timers: steps that are due some time after a start.
                default "clocks" => clocks: WrittenClocks,
                /// How a scale-in selects members.
                optional "scale-in" => scale_in: WrittenScaleIn,
                /// Limits on the wait before a repair.
                optional "repairs" => repairs: WrittenRepairs,
                /// Lifecycle hooks for members that are created or removed.
                optional "hooks" => hooks: WrittenHooks,
                /// The provider's settings where the scenario states none.
                default "defaults" => defaults: WrittenDefaults,
                /// Questions on which the documents are silent.
                default "switches" => switches: Map<WrittenSwitch>,
                /// Statements of the documents that are not rules.
                default "notes" => notes: Map<WrittenNote>,
            }
        }
    };
}

record! {
    /// A document that rules cite.
    WrittenCitation: "a source" {
        /// Its title.
        required "title" => title: String,
        /// The section that is cited.
        optional "section" => section: String,
        /// Its date, as far as it is known.
        optional "dated" => dated: Spanned<String>,
        /// Its address: https://…
        optional "at" => at: Spanned<String>,
        /// The codes of the provider answers that it contains.
        default "answers" => answers: Vec<String>,
    }
}

record! {
    /// A setting that keeps an instance.
    WrittenProtection: "a protection" {
        /// The provider's attribute.
        optional "attribute" => attribute: Spanned<String>,
        /// A sentence about it.
        optional "about" => about: String,
        /// Where it is set: `instance` or `group`.
        optional "of" => of: Spanned<SubjectKind>,
        /// Whether it is the state that `enter-standby` enters and `exit-standby` leaves.
        default "standby" => standby: bool,
        /// Whether it is a part of the model of the instance, so that `flag-changes` apply.
        default "in-model" => in_model: bool,
        /// When it can be set.
        optional "settable" => settable: WrittenSettable,
        /// Where it has an effect; elsewhere it is inert.
        optional "works-when" => works_when: RuleNode<WorksWhen>,
        /// Its decision table, keyed by the ids of the rules.
        required "rules" => rules: Rules<Verdict>,
    }
}

record! {
    /// The permissions that a caller needs.
    WrittenPermissions: "permissions" {
        /// The answer of the provider to a caller who lacks a permission.
        required "denied" => denied: AnswerNode,
        /// The permissions of each verb, keyed by the ids of the rows.
        required "calls" => calls: Rules<PermissionRule>,
    }
}

record! {
    /// The audit trail of the provider.
    WrittenTrail: "a trail" {
        /// The provider's name of it.
        required "name" => name: String,
        /// The shortest time from a call to the first alert that can be raised from it.
        default "shortest" => shortest: SimSpan,
        /// The longest time. Alerts are judged by it.
        required "longest" => longest: Spanned<SimSpan>,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
        /// Whether each kind of event is recorded, keyed by the ids of the rows.
        required "records" => records: Rules<TrailRule>,
    }
}

record! {
    /// When a protection can be set.
    WrittenSettable: "`settable`" {
        /// The occasions.
        required "at" => at: Vec<Occasion>,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

macro_rules! schedule {
    ($($questions:tt)*) => {
        record! {
            /// Scheduled releases: limits and fate.
            #[derive(Default)]
            WrittenSchedule: "a schedule" {
                /// Times are rounded down to a multiple of this.
                optional "granularity" => granularity: SimSpan,
                /// The shortest lead.
                optional "earliest" => earliest: Spanned<CalendarSpan>,
                /// The longest lead.
                optional "latest" => latest: Spanned<CalendarSpan>,
                /// The source of these figures.
                optional "source" => source: OneOrMany<Spanned<String>>,
                /// The confidence, where it is written.
                optional "confidence" => confidence: Confidence,
                $($questions)*
            }
        }
    };
}

macro_rules! scale_in {
    ($($questions:tt)*) => {
        record! {
            /// How a scale-in selects members.
            #[derive(Default)]
            WrittenScaleIn: "a scale-in" {
                /// The orders that a group may use, by the provider's names.
                required "orders" => orders: Map<WrittenOrder>,
                $($questions)*
            }
        }
    };
}

record! {
    /// Limits on the wait before a repair.
    WrittenRepairs: "limits on repairs" {
        /// The shortest wait.
        optional "shortest" => shortest: SimSpan,
        /// The longest wait.
        optional "longest" => longest: Spanned<SimSpan>,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

macro_rules! hooks {
    ($($questions:tt)*) => {
        record! {
            /// Lifecycle hooks for members that are created or removed.
            #[derive(Default)]
            WrittenHooks: "hooks" {
                /// The shortest timeout.
                optional "shortest" => shortest: SimSpan,
                /// The longest timeout.
                optional "longest" => longest: Spanned<SimSpan>,
                /// The results that a hook may have.
                required "results" => results: Vec<Spanned<HookResult>>,
                /// Whether members of a group whose hooks have ended wait for the others.
                default "together" => together: bool,
                /// The billing methods that hooks apply to; all if not given.
                default "billing" => billing: Vec<Billing>,
                /// The largest number of heartbeats.
                default "heartbeats" => heartbeats: u32,
                /// The longest wait with all heartbeats, not shorter than the longest timeout.
                optional "in-all" => in_all: Spanned<SimSpan>,
                /// The source of these figures.
                optional "source" => source: OneOrMany<Spanned<String>>,
                /// The confidence, where it is written.
                optional "confidence" => confidence: Confidence,
                $($questions)*
            }
        }
    };
}

record! {
    /// An order of members.
    WrittenOrder: "an order" {
        /// The property by which members are ordered.
        required "by" => by: Criterion,
        /// The end of the order that is selected first.
        required "first" => first: Extreme,
        /// Whether members of the fullest fault domain of a zone are selected first.
        default "fault-domains" => fault_domains: bool,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// A question on which the documents are silent.
    WrittenSwitch: "a switch" {
        /// The positions.
        required "one-of" => one_of: Vec<Spanned<String>>,
        /// The position if a scenario does not set the switch; if not given, each scenario must.
        optional "default" => default: Spanned<String>,
        /// The position in which protections hold least. The default must be equal to it,
        /// unless a source supports another.
        optional "cautious" => cautious: Spanned<String>,
        /// The confidence of the default position.
        optional "confidence" => confidence: Spanned<Confidence>,
        /// The question, and why it is open.
        optional "because" => because: String,
        /// The source of the default.
        optional "source" => source: OneOrMany<Spanned<String>>,
    }
}

record! {
    /// A statement that is not a rule.
    WrittenNote: "a note" {
        /// The statement in our own words.
        required "says" => says: String,
        /// The document that contains it.
        required "source" => source: OneOrMany<Spanned<String>>,
    }
}

/// Declares the record of each section with the keys of its questions.
macro_rules! sections {
    ($($section:ident { $(
        $(#[doc = $doc:literal])+
        $key:literal $(as $name:literal)? => $field:ident: $word:ident in $space:ident, $part:ident;
    )* })*) => {
        $($section! { $(
            $(#[doc = $doc])+
            default $key => $field: Rules<$crate::words::$word>,
        )* })*
    };
}

questions!(sections);
