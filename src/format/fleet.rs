//! The parts of a fleet as written: names, not ids.
//!
//! A scenario, a CSV file and a provider's reply state the same properties of an instance. This
//! file defines these properties once for all of them.

use serde_json::{Value as Json, json};

use super::autoscale::WrittenAutoscale;
use super::read::{Map, Name, OneOrMany, Read, read_word};
use super::read_time::When;
use super::record::record;
use super::schema::Schemas;
use super::tree::{Node, Style, Value};
use crate::diagnostics::{Problems, Spanned};
use crate::time::{SimSpan, Term};
use crate::words::{
    Billing, Channel, Eviction, Health, HealthCheck, HookResult, Lifecycle, Lock, Membership,
    Orchestration, Process, Reclaim, Renewal, Repair, ResourceKind, Upgrade, ZonePolicy,
};

record! {
    /// An account: what gets the bill, and has a policy.
    WrittenAccount: "an account" {
        /// The policy that its instances are under; the scenario's, if it names none.
        optional "policy" => policy: Spanned<String>,
        /// How long it may be in arrears before anything happens.
        optional "grace" => grace: SimSpan,
        /// Since when it has been in arrears, if it is at the start; `unknown` if it is unknown.
        optional "arrears-since" => arrears_since: Spanned<Known<When>>,
    }
}

record! {
    /// A scaling group or scale set.
    #[derive(Default)]
    WrittenGroup: "a group" {
        /// The account that pays for it.
        optional "account" => account: Spanned<Name>,
        /// The least number of members.
        optional "min" => min: u32,
        /// The largest number of members.
        optional "max" => max: u32,
        /// The number of members that it is meant to have.
        optional "desired" => desired: Spanned<u32>,
        /// The way by which it was created, where the provider's defaults depend on that.
        optional "via" => via: Channel,
        /// How its members are kept; the provider's default, if not given.
        optional "orchestration" => orchestration: Spanned<Orchestration>,
        /// The orders by which it shrinks; the provider's own, if it names none.
        optional "removal" => removal: OneOrMany<Spanned<String>>,
        /// The same, by the other name in use for it.
        optional "scale-in-policy" => scale_in_policy: OneOrMany<Spanned<String>>,
        /// The zones that it spreads over, in order.
        default "zones" => zones: Vec<Spanned<Name>>,
        /// How it spreads over them; the provider's default, if not given.
        optional "zone-policy" => zone_policy: ZonePolicy,
        /// How long it rests after a member was added or removed; the provider's default, if it
        /// does not say.
        optional "cooldown" => cooldown: SimSpan,
        /// The processes that are suspended.
        default "suspended" => suspended: Vec<Process>,
        /// How it watches its members; the provider's default, if not given.
        optional "health-check" => health_check: HealthCheck,
        /// What it does to a member that is unhealthy; the provider's default, if not given.
        optional "repair" => repair: Repair,
        /// How long it waits before that; the provider's default, if not given.
        optional "repair-grace" => repair_grace: Spanned<SimSpan>,
        /// What it does with members that it no longer needs; the provider's default, if
        /// not given.
        optional "reclaim" => reclaim: Reclaim,
        /// Whether its disks are kept by the provider; they are, if not given.
        optional "managed-disks" => managed_disks: bool,
        /// How a new model reaches its members: `manual` if not given.
        optional "upgrade-mode" => upgrade_mode: Spanned<Upgrade>,
        /// The size of a batch of an upgrade, in percent of the members; the provider's default,
        /// if not given.
        optional "batch-percent" => batch_percent: Spanned<u32>,
        /// How long it waits between two batches.
        optional "batch-pause" => batch_pause: SimSpan,
        /// The model that its members were made from.
        optional "model" => model: Name,
        /// What holds up a member that comes.
        optional "launch-hook" => launch_hook: Spanned<WrittenHook>,
        /// What holds up a member that goes.
        optional "terminate-hook" => terminate_hook: Spanned<WrittenHook>,
        /// What makes it want another size.
        optional "autoscale" => autoscale: Spanned<WrittenAutoscale>,
        /// What a member is like that it creates by itself.
        optional "new-members" => new_members: WrittenInstance,
        /// The names of such members, in order; when they run out it goes on counting.
        default "new-names" => new_names: OneOrMany<Spanned<String>>,
        /// The protections that are set on it.
        default "protect" => protect: WrittenProtect,
    }
}

record! {
    /// What holds up a member that comes or goes, until it is completed.
    WrittenHook: "a hook" {
        /// For how long; the provider's default, if not given.
        optional "timeout" => timeout: SimSpan,
        /// The result if no call has completed the hook by then; the provider's default, if not
        /// given.
        optional "result" => result: Spanned<HookResult>,
    }
}

record! {
    /// An instance.
    WrittenInstance: "an instance" {
        /// The account that pays for it; its group's account, or the only one.
        optional "account" => account: Spanned<Name>,
        /// The group that it is in.
        optional "group" => group: Spanned<Name>,
        /// How it came into its group; `auto-created` if not given, and `unknown` if
        /// it is not known.
        optional "membership" => membership: Spanned<Known<Membership>>,
        /// The zone that it is in.
        optional "zone" => zone: Name,
        /// The fault domain that it is in.
        optional "fault-domain" => fault_domain: u8,
        /// When it was created; the start, if not given.
        optional "created" => created: Spanned<When>,
        /// When it joined its group; its creation, if not given.
        optional "joined" => joined: Spanned<When>,
        /// How it is paid for; `pay-as-you-go` if not given. `unknown`: by use, perhaps as
        /// spot capacity.
        optional "billing" => billing: Spanned<Known<Billing>>,
        /// When its term ends.
        optional "expires" => expires: Spanned<When>,
        /// Whether its subscription prolongs itself.
        optional "renewal" => renewal: Spanned<Renewal>,
        /// How long it is then prolonged for.
        optional "renews-for" => renews_for: Term,
        /// When it is to be released; `unknown` if it is unknown whether a time is set.
        optional "auto-release" => auto_release: Spanned<Known<AutoRelease>>,
        /// The protections that are set on it. `unknown` stands for those whose setting is unknown.
        optional "protect" => protect: WrittenProtect,
        /// The state that it is in; `running` if not given.
        optional "state" => state: Spanned<Lifecycle>,
        /// What bars its owner from some calls: a lock, or several; `unknown` if it is unknown.
        optional "lock" => lock: Known<OneOrMany<Spanned<Lock>>>,
        /// Whether, while it is stopped, it pays nothing for compute.
        optional "economical" => economical: bool,
        /// The age of the configuration that it was made from; lower is older. What was added to
        /// its group by hand was made from none.
        optional "configuration" => configuration: u32,
        /// The model of its group that it was brought to; the group's, if not given.
        optional "model" => model: Name,
        /// Whether it was reported healthy or unhealthy.
        optional "health" => health: Health,
        /// What becomes of it if it is spot capacity and taken back.
        optional "eviction" => eviction: Eviction,
        /// What belongs to it, by name: disks, snapshots, images, addresses.
        optional "resources" => resources: Map<WrittenResource>,
        /// What it is tagged with.
        optional "tags" => tags: Map<String>,
    }
}

impl WrittenInstance {
    /// An instance of which nothing is said.
    pub const fn blank() -> Self {
        Self {
            account: None,
            group: None,
            membership: None,
            zone: None,
            fault_domain: None,
            created: None,
            joined: None,
            billing: None,
            expires: None,
            renewal: None,
            renews_for: None,
            auto_release: None,
            protect: None,
            state: None,
            lock: None,
            economical: None,
            configuration: None,
            model: None,
            health: None,
            eviction: None,
            resources: None,
            tags: None,
        }
    }

    /// What this part says, and where it says nothing, what `defaults` says.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        let Self {
            account,
            group,
            membership,
            zone,
            fault_domain,
            created,
            joined,
            billing,
            expires,
            renewal,
            renews_for,
            auto_release,
            protect,
            state,
            lock,
            economical,
            configuration,
            model,
            health,
            eviction,
            resources,
            tags,
        } = self;
        Self {
            account: account.or_else(|| defaults.account.clone()),
            group: group.or_else(|| defaults.group.clone()),
            membership: membership.or(defaults.membership),
            zone: zone.or_else(|| defaults.zone.clone()),
            fault_domain: fault_domain.or(defaults.fault_domain),
            created: created.or(defaults.created),
            joined: joined.or(defaults.joined),
            billing: billing.or(defaults.billing),
            expires: expires.or(defaults.expires),
            renewal: renewal.or(defaults.renewal),
            renews_for: renews_for.or(defaults.renews_for),
            auto_release: auto_release.or(defaults.auto_release),
            protect: protect.or_else(|| defaults.protect.clone()),
            state: state.or(defaults.state),
            lock: lock.or_else(|| defaults.lock.clone()),
            economical: economical.or(defaults.economical),
            configuration: configuration.or(defaults.configuration),
            model: model.or_else(|| defaults.model.clone()),
            health: health.or(defaults.health),
            eviction: eviction.or(defaults.eviction),
            resources: resources.or_else(|| defaults.resources.clone()),
            tags: tags.or_else(|| defaults.tags.clone()),
        }
    }
}

/// The word for an unknown value.
const UNKNOWN: &str = "unknown";

/// Something that a file says, or `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<T>(pub Option<T>);

impl<T> Known<T> {
    /// An unknown value.
    pub const UNKNOWN: Self = Self(None);

    /// Whether it is known.
    pub const fn is_known(&self) -> bool {
        self.0.is_some()
    }
}

impl<T: Read> Read for Known<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if node.scalar() == Some(UNKNOWN) {
            return Some(Self::UNKNOWN);
        }
        T::read(node, problems).map(|known| Self(Some(known)))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let known = T::schema(schemas);
        json!({ "anyOf": [known, { "const": UNKNOWN, "description": "Unknown." }] })
    }
}

/// The protections that are set, and whether there may be others.
#[derive(Debug, Clone, Default)]
pub struct WrittenProtect {
    /// Those that are set.
    pub on: Vec<Spanned<String>>,
    /// Names of the protections whose setting is unknown.
    pub unknown: Vec<Spanned<String>>,
}

impl Read for WrittenProtect {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let names = Vec::<Spanned<String>>::read(node, problems)?;
        let mut part = Self::default();
        for name in names {
            match name.strip_suffix("=unknown") {
                Some(bare) => part.unknown.push(Spanned::new(bare.to_owned(), name.span)),
                None => part.on.push(name),
            }
        }
        Some(part)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("protections", |schemas| {
            let name = String::schema(schemas);
            let mut list = schemas.list(&name);
            list["description"] =
                "Protections by name or attribute; `NAME=unknown` for an unknown setting.".into();
            list
        })
    }
}

/// A scheduled release, and whether it was set before the scenario begins.
#[derive(Debug, Clone, Copy)]
pub struct AutoRelease {
    /// When.
    pub at: When,
    /// Whether the limits on how far ahead it may be set no longer matter.
    pub set_earlier: bool,
}

record! {
    /// A scheduled release that was set before the scenario begins.
    AutoReleaseRecord: "a scheduled release" {
        /// When the instance is to be released.
        required "at" => at: When,
        /// `earlier`: it was set before the scenario begins.
        required "set" => set: Spanned<String>,
    }
}

impl Read for AutoRelease {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if node.entries().is_none() {
            return When::read(node, problems).map(|at| Self { at, set_earlier: false });
        }
        let record = AutoReleaseRecord::read(node, problems)?;
        if record.set.value != "earlier" {
            let title = format!("`{}` is not `earlier`", *record.set);
            problems.add(crate::diagnostics::Problem::at(
                crate::diagnostics::Code::UnknownWord,
                record.set.span,
                title,
                "the only word here is `earlier`",
            ));
        }
        Some(Self { at: record.at, set_earlier: true })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [When::schema(schemas), AutoReleaseRecord::schema(schemas)] })
    }
}

/// A resource of an instance: its kind, or more about it.
#[derive(Debug, Clone)]
pub struct WrittenResource(pub WrittenResourceRecord);

record! {
    /// A resource of an instance.
    WrittenResourceRecord: "a resource" {
        /// What it is.
        required "kind" => kind: ResourceKind,
        /// Its size in GiB.
        optional "gib" => gib: u64,
        /// Whether it is set to go with the instance; where it does not say, the policy does. A
        /// snapshot of a disk goes with that disk.
        optional "with-instance" => with_instance: bool,
        /// The disk that a snapshot is of: it stays where that disk stays.
        optional "disk" => disk: Spanned<Name>,
    }
}

impl Read for WrittenResource {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar(_, Style::Plain | Style::Cell | Style::Quoted) => {
                let kind = read_word(node, problems)?;
                Some(Self(WrittenResourceRecord {
                    kind,
                    gib: None,
                    with_instance: None,
                    disk: None,
                }))
            }
            Value::Empty | Value::List(_) | Value::Map(_) => {
                WrittenResourceRecord::read(node, problems).map(Self)
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [ResourceKind::schema(schemas), WrittenResourceRecord::schema(schemas)] })
    }
}
