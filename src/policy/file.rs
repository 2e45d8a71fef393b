//! A policy file as written: its fixed parts as records, its rules as parts.
//!
//! Nothing is resolved here except words; names of sources and switches stay text.

use super::defaults::WrittenDefaults;
use super::written_step::StepNodes;
use crate::diagnostics::Spanned;
use crate::format::{Map, Node, OneOrMany, record};
use crate::time::{CalendarSpan, SimSpan, UtcOffset};
use crate::words::{Billing, Confidence, Criterion, Extreme, HookResult, Occasion, Subject};

record! {
    /// One edition of a provider's rules about protections.
    PolicyFile: "a policy" {
        /// The format: `policy/1`.
        required "stayput" => format: Spanned<String>,
        /// The provider's product.
        required "policy" => policy: Spanned<String>,
        /// The date of the documents, or a name of your own; together: `POLICY@EDITION`.
        required "edition" => edition: Spanned<String>,
        /// What it is, in a line.
        required "title" => title: String,
        /// Another edition to start from; what this file says replaces or joins what that one says.
        optional "extends" => extends: Spanned<String>,
        /// Keys of the extended edition to leave out, as dotted paths.
        default "drops" => drops: Vec<Spanned<String>>,
        /// Where days and months are counted.
        default "calendar" => calendar: UtcOffset,
        /// The documents that rules name.
        default "sources" => sources: Map<WrittenCitation>,
        /// The decision space: the columns that protections look at, and their words.
        required "space" => space: Node,
        /// Cells that cannot occur, each with its reason.
        default "impossible" => impossible: Vec<Node>,
        /// Settings meant to keep an instance, each with its decision table.
        default "protections" => protections: Map<WrittenProtection>,
        /// Refusals that are no protection; the first one that fits answers.
        default "preconditions" => preconditions: Map<Node>,
        /// What a group asks of a member, by how it came in.
        default "members" => members: Map<Node>,
        /// Which counts where a protection holds and a refusal fits as well.
        default "check-order" => check_order: Map<Node>,
        /// How the instances of one request hang together.
        default "batches" => batches: Map<Node>,
        /// Scheduled releases.
        optional "schedule" => schedule: WrittenSchedule,
        /// What paying does to instances that the arrears had stopped.
        default "settling" => settling: Map<Node>,
        /// What a conversion of the billing does to protections.
        default "conversions" => conversions: Map<Node>,
        /// What a health check does to a member that does not run.
        default "health-checks" => health: Map<Node>,
        /// What a stop that is to save money does.
        default "economical-stops" => economical: Map<Node>,
        /// From when a renewed term counts.
        default "renewals" => renewals: Map<Node>,
        /// Spans that run by themselves once begun.
        default "clocks" => clocks: Map<StepNodes>,
        /// What becomes of a request that would take a group across one of its bounds.
        default "bounds" => bounds: Map<Node>,
        /// How a group chooses when it shrinks.
        optional "scale-in" => scale_in: WrittenScaleIn,
        /// How a new model reaches the members of a group.
        default "roll-outs" => roll_outs: Map<Node>,
        /// What setting a protection that is `in-model` does to an instance besides.
        default "flag-changes" => flag_changes: Map<Node>,
        /// How a group makes up for members that have gone.
        default "refills" => refills: Map<Node>,
        /// How long a group may wait before it repairs a member.
        optional "repairs" => repairs: WrittenRepairs,
        /// What may hold up members that come or go.
        optional "hooks" => hooks: WrittenHooks,
        /// What an instance's things survive.
        default "effects" => effects: Map<Node>,
        /// What the provider sets where nobody says otherwise.
        default "defaults" => defaults: WrittenDefaults,
        /// Questions that the documents leave open.
        default "switches" => switches: Map<WrittenSwitch>,
        /// Statements of the documents that no rule can carry.
        default "notes" => notes: Map<WrittenNote>,
    }
}

record! {
    /// A document that rules name.
    WrittenCitation: "a source" {
        /// Its title.
        required "title" => title: String,
        /// The part of it.
        optional "section" => section: String,
        /// Its date, as far as it is known.
        optional "dated" => dated: Spanned<String>,
        /// Where it is: an address, https://…
        optional "at" => at: Spanned<String>,
        /// The answers that stand in it, by their codes: what a rule may cite it for.
        default "answers" => answers: Vec<String>,
    }
}

record! {
    /// A setting meant to keep an instance.
    WrittenProtection: "a protection" {
        /// What the provider calls it.
        optional "attribute" => attribute: Spanned<String>,
        /// What it is, in a sentence.
        optional "about" => about: String,
        /// What it is set on: `instance` or `group`.
        optional "of" => of: Spanned<Subject>,
        /// Whether it is the state that `enter-standby` enters and `exit-standby` leaves.
        default "standby" => standby: bool,
        /// Whether it is a part of the instance's own model, so that `flag-changes` apply.
        default "in-model" => in_model: bool,
        /// When it can be switched.
        optional "settable" => settable: WrittenSettable,
        /// Where it can work; elsewhere it is inert.
        optional "works-when" => works_when: Node,
        /// Its decision table, keyed by the ids of the rules.
        required "rules" => rules: Map<Node>,
    }
}

record! {
    /// When a protection can be switched.
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
    /// Scheduled releases: limits, and what becomes of them.
    WrittenSchedule: "a schedule" {
        /// Times are cut down to a multiple of this.
        optional "granularity" => granularity: SimSpan,
        /// How soon one may be set.
        optional "earliest" => earliest: Spanned<CalendarSpan>,
        /// How far ahead one may be set.
        optional "latest" => latest: Spanned<CalendarSpan>,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
        /// What becomes of one that is due.
        default "due" => due: Map<Node>,
        /// What becomes of one that has waited, once the account settles.
        default "settled" => settled: Map<Node>,
    }
}

record! {
    /// How a group chooses when it shrinks.
    WrittenScaleIn: "a scale-in" {
        /// The orders that a group may name, by the provider's words for them.
        required "orders" => orders: Map<WrittenOrder>,
        /// How members are numbered; not at all, if it does not say.
        default "numbers" => numbers: Map<Node>,
        /// Which of several equal members goes.
        default "ties" => ties: Map<Node>,
        /// What zones have to do with it.
        default "zones" => zones: Map<Node>,
        /// What happens when all members of a zone are protected.
        default "zone-held" => zone_held: Map<Node>,
        /// What happens when too few members may go.
        default "shortfall" => shortfall: Map<Node>,
        /// What a group is meant to have after that.
        default "desired-after-shortfall" => desired_after: Map<Node>,
    }
}

record! {
    /// How long a group may wait before it repairs a member.
    WrittenRepairs: "limits on repairs" {
        /// At least.
        optional "shortest" => shortest: SimSpan,
        /// At most.
        optional "longest" => longest: SimSpan,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// What may hold up members that come or go.
    WrittenHooks: "hooks" {
        /// How long at least.
        optional "shortest" => shortest: SimSpan,
        /// How long at most.
        optional "longest" => longest: SimSpan,
        /// How it may end.
        required "results" => results: Vec<Spanned<HookResult>>,
        /// Whether those of a group that may go wait for those that may not yet.
        default "together" => together: bool,
        /// For which billings; all, if it does not say.
        default "billing" => billing: Vec<Billing>,
        /// How often it can be prolonged.
        default "heartbeats" => heartbeats: u32,
        /// How long at most with all that.
        optional "in-all" => in_all: SimSpan,
        /// The source of these figures.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
        /// Which members wait.
        default "holds" => holds: Map<Node>,
    }
}

record! {
    /// An order of members.
    WrittenOrder: "an order" {
        /// What members are ordered by.
        required "by" => by: Criterion,
        /// Which end goes first.
        required "first" => first: Extreme,
        /// Whether the fullest fault domain of a zone goes before that.
        default "fault-domains" => fault_domains: bool,
        /// The statement's source.
        optional "source" => source: OneOrMany<Spanned<String>>,
        /// The confidence, where it is written.
        optional "confidence" => confidence: Confidence,
    }
}

record! {
    /// A question that the documents leave open.
    WrittenSwitch: "a switch" {
        /// The positions that one may take.
        required "one-of" => one_of: Vec<Spanned<String>>,
        /// The position of a scenario that takes none; without it, each must.
        optional "default" => default: Spanned<String>,
        /// The position at which protections are worth least: the default, unless a source
        /// speaks for another.
        optional "cautious" => cautious: Spanned<String>,
        /// The confidence of the default position.
        optional "confidence" => confidence: Spanned<Confidence>,
        /// The question, and why it is open.
        optional "because" => because: String,
        /// What speaks for it.
        optional "source" => source: OneOrMany<Spanned<String>>,
    }
}

record! {
    /// A statement that no rule can carry.
    WrittenNote: "a note" {
        /// What the document says, in our words.
        required "says" => says: String,
        /// Where.
        required "source" => source: OneOrMany<Spanned<String>>,
    }
}
