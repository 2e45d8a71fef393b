//! A policy file as written: its fixed parts as records, its rules as nodes.
//!
//! Only words are resolved here. Names of sources and switches remain texts.

use super::defaults::WrittenDefaults;
use super::rule_node::{Impossible, PreconditionRule, RuleNode, Rules, SpaceNode, WorksWhen};
use super::written_step::WrittenClocks;
use crate::diagnostics::Spanned;
use crate::format::{Map, OneOrMany, record};
use crate::time::{CalendarSpan, SimSpan, UtcOffset};
use crate::words::{
    Action, AfterSettling, Batch, Billing, BoundFate, CheckedFirst, Confidence, Criterion,
    DesiredAfter, EconomicalStop, Extreme, Fate, FlagEffect, FlagFate, HealthFate, HookFate,
    HookResult, Numbering, Occasion, Refill, RollOut, ScheduleFate, Shortfall, Subject, TermFrom,
    TieBreak, Verdict, ZoneHeld, ZoneRule,
};

record! {
    /// One edition of a provider's rules about protections.
    PolicyFile: "a policy" {
        /// The format: `policy/1`.
        required "stayput" => format: Spanned<String>,
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
        /// The action that a group requests for a member, by its membership.
        default "members" => members: Rules<Action>,
        /// Whether the protection or the precondition answers, if both refuse.
        default "check-order" => check_order: Rules<CheckedFirst>,
        /// How the instances of one request depend on each other.
        default "batches" => batches: Rules<Batch>,
        /// Scheduled releases.
        optional "schedule" => schedule: WrittenSchedule,
        /// The effect of settling on instances that were stopped because of arrears.
        default "settling" => settling: Rules<AfterSettling>,
        /// The effect of a billing conversion on protections.
        default "conversions" => conversions: Rules<FlagFate>,
        /// The reaction of a health check to a member that is not running.
        default "health-checks" => health: Rules<HealthFate>,
        /// The effect of an economical stop.
        default "economical-stops" => economical: Rules<EconomicalStop>,
        /// The instant from which a renewed term counts.
        default "renewals" => renewals: Rules<TermFrom>,
        /// Timers: steps that are due some time after a start.
        default "clocks" => clocks: WrittenClocks,
        /// The reaction to a request that would take a group across a bound.
        default "bounds" => bounds: Rules<BoundFate>,
        /// How a scale-in selects members.
        optional "scale-in" => scale_in: WrittenScaleIn,
        /// How a new model is applied to the members of a group.
        default "roll-outs" => roll_outs: Rules<RollOut>,
        /// Side effects of setting a protection that is `in-model`.
        default "flag-changes" => flag_changes: Rules<FlagEffect>,
        /// How a group replaces members that have left.
        default "refills" => refills: Rules<Refill>,
        /// Limits on the wait before a repair.
        optional "repairs" => repairs: WrittenRepairs,
        /// Lifecycle hooks for members that are created or removed.
        optional "hooks" => hooks: WrittenHooks,
        /// The fate of attached resources.
        default "effects" => effects: Rules<Fate>,
        /// What the provider sets if the scenario does not.
        default "defaults" => defaults: WrittenDefaults,
        /// Questions on which the documents are silent.
        default "switches" => switches: Map<WrittenSwitch>,
        /// Statements of the documents that are not rules.
        default "notes" => notes: Map<WrittenNote>,
    }
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
        optional "of" => of: Spanned<Subject>,
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
        /// The fate of a release that is due.
        default "due" => due: Rules<ScheduleFate>,
        /// The fate of a deferred release when the account settles.
        default "settled" => settled: Rules<ScheduleFate>,
    }
}

record! {
    /// How a scale-in selects members.
    #[derive(Default)]
    WrittenScaleIn: "a scale-in" {
        /// The orders that a group may use, by the provider's names.
        required "orders" => orders: Map<WrittenOrder>,
        /// How members are numbered; members have no numbers if not given.
        default "numbers" => numbers: Rules<Numbering>,
        /// Which of several equal members is selected.
        default "ties" => ties: Rules<TieBreak>,
        /// How zones are taken into account.
        default "zones" => zones: Rules<ZoneRule>,
        /// The reaction to a zone in which all members are protected.
        default "zone-held" => zone_held: Rules<ZoneHeld>,
        /// The reaction if too few members can be removed.
        default "shortfall" => shortfall: Rules<Shortfall>,
        /// The desired size after that.
        default "desired-after-shortfall" => desired_after: Rules<DesiredAfter>,
    }
}

record! {
    /// Limits on the wait before a repair.
    WrittenRepairs: "limits on repairs" {
        /// The shortest wait.
        optional "shortest" => shortest: SimSpan,
        /// The longest wait.
        optional "longest" => longest: SimSpan,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// Lifecycle hooks for members that are created or removed.
    WrittenHooks: "hooks" {
        /// The shortest timeout.
        optional "shortest" => shortest: SimSpan,
        /// The longest timeout.
        optional "longest" => longest: SimSpan,
        /// The results that a hook may have.
        required "results" => results: Vec<Spanned<HookResult>>,
        /// Whether members of a group whose hooks have ended wait for the others.
        default "together" => together: bool,
        /// The billing methods that hooks apply to; all if not given.
        default "billing" => billing: Vec<Billing>,
        /// The largest number of heartbeats.
        default "heartbeats" => heartbeats: u32,
        /// The longest wait with all heartbeats.
        optional "in-all" => in_all: SimSpan,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
        /// Which members wait.
        default "holds" => holds: Rules<HookFate>,
    }
}

record! {
    /// An order of members.
    WrittenOrder: "an order" {
        /// What members are ordered by.
        required "by" => by: Criterion,
        /// Which end is selected first.
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
