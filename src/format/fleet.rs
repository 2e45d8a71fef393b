//! The parts of a fleet as a file states them: names, not ids.
//!
//! A scenario, a CSV file and a provider's reply state the same properties of an instance. This
//! file defines these properties once for all of them.

use serde_json::{Value as Json, json};

use super::autoscale::WrittenAutoscale;
use super::read::{Map, Name, OneOrMany, Read, TagValue, read_word};
use super::read_time::When;
use super::record::record;
use super::schema::Schemas;
use super::tree::{Node, Style, Value};
use crate::diagnostics::{Problems, Spanned};
use crate::money::Money;
use crate::time::{SimSpan, Term};
use crate::words::{
    AS_UNKNOWN, Billing, Channel, Eviction, Health, HealthCheck, HookResult, Lifecycle, Lock,
    Membership, Orchestration, Process, Reclaim, Renewal, Repair, ResourceKind, Upgrade,
    ZonePolicy,
};

record! {
    /// An account: it is billed, and it has a policy.
    WrittenAccount: "an account" {
        /// The policy for the instances of the account; the policy of the scenario if not given.
        optional "policy" => policy: Spanned<String>,
        /// The time from the start of an unpaid bill to the first step of its clock; zero if not
        /// given.
        optional "grace" => grace: SimSpan,
        /// Since when the account has had an unpaid bill, if it has one at the start. `unknown` if
        /// it is overdue since an unknown time.
        optional "arrears-since" => arrears_since: Spanned<Known<When>>,
    }
}

record! {
    /// A scaling group or scale set.
    #[derive(Default)]
    WrittenGroup: "a group" {
        /// The account that owns the group.
        optional "account" => account: Spanned<Name>,
        /// The smallest number of members.
        optional "min" => min: u32,
        /// The largest number of members.
        optional "max" => max: u32,
        /// The desired capacity of the group.
        optional "desired" => desired: Spanned<u32>,
        /// The channel by which the group was created, if the provider's defaults depend on it.
        optional "via" => via: Channel,
        /// How the group manages its members; the provider's default if not given.
        optional "orchestration" => orchestration: Spanned<Orchestration>,
        /// The orders in which a scale-in chooses members; the provider's default if not given.
        optional "removal" => removal: OneOrMany<Spanned<String>>,
        /// Another name of the key `removal`.
        optional "scale-in-policy" => scale_in_policy: OneOrMany<Spanned<String>>,
        /// The zones of the group, in order.
        default "zones" => zones: Vec<Spanned<Name>>,
        /// How the group spreads its members over zones; the provider's default if not given.
        optional "zone-policy" => zone_policy: ZonePolicy,
        /// The cooldown after a member was added or removed; the provider's default if not given.
        optional "cooldown" => cooldown: SimSpan,
        /// The processes that are suspended.
        default "suspended" => suspended: Vec<Process>,
        /// The health check of the group; the provider's default if not given.
        optional "health-check" => health_check: HealthCheck,
        /// How the group repairs an unhealthy member; the provider's default if not given.
        optional "repair" => repair: Repair,
        /// The time that the group waits before a repair; the provider's default if not given.
        optional "repair-grace" => repair_grace: Spanned<SimSpan>,
        /// Whether the group releases or stops the members that it removes; the provider's default
        /// if not given.
        optional "reclaim" => reclaim: Reclaim,
        /// Whether the provider manages the disks of members; `true` if not given.
        optional "managed-disks" => managed_disks: bool,
        /// How a new model is rolled out to the members; `manual` if not given.
        optional "upgrade-mode" => upgrade_mode: Spanned<Upgrade>,
        /// The size of a batch of an upgrade, in percent of the members; the provider's default if
        /// not given.
        optional "batch-percent" => batch_percent: Spanned<u32>,
        /// The time between two batches of an upgrade; zero if not given.
        optional "batch-pause" => batch_pause: SimSpan,
        /// The model of the group, from which members are created.
        optional "model" => model: Name,
        /// The hook for which a new member waits.
        optional "launch-hook" => launch_hook: Spanned<WrittenHook>,
        /// The hook for which a member waits before it is removed.
        optional "terminate-hook" => terminate_hook: Spanned<WrittenHook>,
        /// The autoscale rules and profiles of the group.
        optional "autoscale" => autoscale: Spanned<WrittenAutoscale>,
        /// The settings of members that the group creates.
        optional "new-members" => new_members: WrittenInstance,
        /// The names of members that the group creates, in order; further members get numbered
        /// names.
        default "new-names" => new_names: OneOrMany<Spanned<String>>,
        /// The protections that are set on the group.
        default "protect" => protect: WrittenProtect,
    }
}

record! {
    /// A lifecycle hook: a launch or removal waits until the hook is completed or times out.
    WrittenHook: "a hook" {
        /// The timeout of the hook; the provider's default if not given.
        optional "timeout" => timeout: SimSpan,
        /// The result at the timeout; the provider's default if not given.
        optional "result" => result: Spanned<HookResult>,
    }
}

record! {
    /// An instance.
    WrittenInstance: "an instance" {
        /// The account that owns the instance; the account of its group, or the only account, if
        /// not given.
        optional "account" => account: Spanned<Name>,
        /// The group of the instance.
        optional "group" => group: Spanned<Name>,
        /// How the instance joined its group; `auto-created` if not given. `unknown` is allowed.
        optional "membership" => membership: Spanned<Known<Membership>>,
        /// The zone of the instance.
        optional "zone" => zone: Name,
        /// The fault domain of the instance.
        optional "fault-domain" => fault_domain: u8,
        /// When the instance was created; the start of the scenario if not given.
        optional "created" => created: Spanned<When>,
        /// When the instance joined its group; when it was created if not given.
        optional "joined" => joined: Spanned<When>,
        /// The billing of the instance; `pay-as-you-go` if not given. `unknown` stands for
        /// pay-as-you-go or spot.
        optional "billing" => billing: Spanned<Known<Billing>>,
        /// When the subscription expires.
        optional "expires" => expires: Spanned<When>,
        /// Whether the subscription is renewed automatically; `none` if not given. `unknown` is
        /// allowed.
        optional "renewal" => renewal: Spanned<Known<Renewal>>,
        /// The term of an automatic renewal.
        optional "renews-for" => renews_for: Term,
        /// When the instance is scheduled to be released; `unknown` if it is unknown whether a time
        /// is set.
        optional "auto-release" => auto_release: Spanned<Known<AutoRelease>>,
        /// The protections that are set on the instance; `NAME=unknown` for an unknown setting.
        optional "protect" => protect: WrittenProtect,
        /// The state of the instance; `running` if not given.
        optional "state" => state: Spanned<Lifecycle>,
        /// The locks of the instance, one or several. `unknown` is allowed; beside other locks it
        /// stands for further ones.
        optional "lock" => lock: OneOrMany<Spanned<Known<Lock>>>,
        /// Whether compute is free of charge while the instance is stopped.
        optional "economical" => economical: bool,
        /// The age of the configuration that the instance was created from; a lower number is
        /// older. Leave it out for an instance that was attached to its group.
        optional "configuration" => configuration: u32,
        /// The model of the group that the instance has; the current model of the group if not
        /// given.
        optional "model" => model: Name,
        /// The reported health of the instance.
        optional "health" => health: Health,
        /// The effect of a reclaim on a spot instance.
        optional "eviction" => eviction: Eviction,
        /// The resources of the instance, by name: disks, snapshots, images, addresses.
        optional "resources" => resources: Map<WrittenResource>,
        /// The tags of the instance.
        optional "tags" => tags: Map<TagValue>,
        /// The price for an hour, without its resources, in the currency of the scenario.
        optional "hourly" => hourly: Spanned<Money>,
        /// The worth that is lost when it is released, in the currency of the scenario.
        optional "worth" => worth: Spanned<Money>,
    }
}

impl WrittenInstance {
    /// An instance of which no property is stated.
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
            hourly: None,
            worth: None,
        }
    }

    /// The same instance, with the properties of `defaults` where it states none.
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
            hourly,
            worth,
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
            hourly: hourly.or(defaults.hourly),
            worth: worth.or(defaults.worth),
        }
    }
}

/// The word for an unknown value.
const UNKNOWN: &str = "unknown";

/// A value, or `unknown`, which is `None`.
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
        let mut found = Problems::default();
        let read = T::read(node, &mut found);
        for mut problem in found.into_list() {
            // This word is accepted as well.
            let words = problem.notes.iter_mut().find(|note| note.starts_with("one of: "));
            if let Some(words) = words {
                words.push_str(&format!(", {UNKNOWN}"));
            }
            problems.add(problem);
        }
        read.map(|known| Self(Some(known)))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let known = T::schema(schemas);
        json!({ "anyOf": [known, { "const": UNKNOWN, "description": "Unknown." }] })
    }
}

/// The protections that are set, and those whose setting is unknown.
#[derive(Debug, Clone, Default)]
pub struct WrittenProtect {
    /// Names of the protections that are set.
    pub on: Vec<Spanned<String>>,
    /// Names of the protections whose setting is unknown.
    pub unknown: Vec<Spanned<String>>,
}

impl Read for WrittenProtect {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let names = Vec::<Spanned<String>>::read(node, problems)?;
        let mut part = Self::default();
        for name in names {
            match name.strip_suffix(AS_UNKNOWN) {
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
    /// The time of the release.
    pub at: When,
    /// Whether it was set before the start, so that the limits on its time do not apply.
    pub set_earlier: bool,
}

record! {
    /// A scheduled release that was set before the scenario begins.
    AutoReleaseRecord: "a scheduled release" {
        /// When the instance is scheduled to be released.
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

/// A resource of an instance, written as its kind alone or as a mapping.
#[derive(Debug, Clone)]
pub struct WrittenResource(pub WrittenResourceRecord);

record! {
    /// A resource of an instance.
    WrittenResourceRecord: "a resource" {
        /// The kind of the resource.
        required "kind" => kind: ResourceKind,
        /// The size in GiB.
        optional "gib" => gib: u64,
        /// Whether the resource is deleted with the instance; decided by the policy if not given. A
        /// snapshot of a disk is deleted with that disk.
        optional "with-instance" => with_instance: bool,
        /// The disk that a snapshot was taken of; the snapshot is kept if the disk is kept.
        optional "disk" => disk: Spanned<Name>,
        /// The price for an hour, in the currency of the scenario.
        optional "hourly" => hourly: Spanned<Money>,
    }
}

impl WrittenResource {
    /// A resource of which only these properties are known. `gib` is its size; `with_instance`
    /// states whether it is deleted with the instance; each is `None` if not known.
    pub const fn new(kind: ResourceKind, gib: Option<u64>, with_instance: Option<bool>) -> Self {
        Self(WrittenResourceRecord { kind, gib, with_instance, disk: None, hourly: None })
    }
}

impl Read for WrittenResource {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar(_, Style::Plain | Style::Cell | Style::Quoted) => {
                Some(Self::new(read_word(node, problems)?, None, None))
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
