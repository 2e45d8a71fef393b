//! Rows of replies as parts of a fleet.

use super::Reader;
use super::replies::{Disk, Group, Instance, Member, Renews, Wrapped, text_of};
use crate::fleet::{AutoRelease, GroupPart, InstancePart, ProtectPart, ThingPart, ThingRecord};
use crate::import::place_of;
use crate::text::{Code, FileId, Map, Name, OneOrMany, Place, Problem, Spanned, When};
use crate::time::{CalendarSpan, SimTime, Term};
use crate::vocab::{Billing, HealthCheck, Lifecycle, Lock, Membership, Renewal, Thing};

/// The attributes by which policies know the protections.
const DELETION_PROTECTION: &str = "DeletionProtection";
const PROTECTED: &str = "ProtectedFromScaleIn";
const STANDBY: &str = "Standby";
pub(super) const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";

/// The tag by which Auto Scaling marks its members.
const GROUP_TAG: &str = "acs:autoscaling:scalingGroupId";

/// A term that ends in or after this year does not end: pay-as-you-go instances
/// carry 2099, disks 2999.
const NEVER_FROM: &str = "2099";

impl Reader<'_> {
    pub(super) fn instance(&mut self, file: FileId, instance: Instance) {
        let id = instance.instance_id.clone();
        let place = place_of(&id, file, self.sources);
        if self.at.contains_key(&id) {
            let masked = id.contains('*');
            let title = format!("`{id}` appears a second time");
            let label = if masked {
                "its id is masked, so it may be another instance; left out"
            } else {
                "left out; the first one counts"
            };
            self.left_out(place, title, label);
            return;
        }
        if id.starts_with(['=', '+', '-', '@']) || id.chars().any(char::is_control) {
            self.problems.add(Name::problem(&id, "a report could not carry it", place));
            return;
        }
        let Some(part) = self.part(instance, place) else { return };
        self.at.insert(id.clone(), self.out.instances.len());
        self.out.instances.push((Spanned::new(id, place), part));
    }

    fn part(&mut self, from: Instance, place: Place) -> Option<InstancePart> {
        let spanned = |value| Spanned::new(value, place);
        let spot = from.spot_strategy.as_deref().is_some_and(|s| !s.is_empty() && s != "NoSpot");
        let billing = match from.instance_charge_type.as_deref() {
            Some("PostPaid") if spot => Billing::Spot,
            Some("PostPaid") => Billing::PayAsYouGo,
            Some("PrePaid") => Billing::Subscription,
            other => {
                let said = other.unwrap_or("nothing");
                let title = format!("`{}` does not say how it is paid for", from.instance_id);
                let label = format!("InstanceChargeType says {said}");
                self.problems.add(Problem::at(Code::BadReply, place, title, label));
                return None;
            }
        };
        let mut part = InstancePart::blank();
        part.billing = Some(spanned_as(billing, place));
        part.state = self
            .state(from.status.as_deref(), &from.instance_id, place)
            .map(|s| spanned_as(s, place));
        part.economical = from.stopped_mode.as_deref().map(|mode| mode == "StopCharging");
        part.zone = from.zone_id.filter(|zone| !zone.is_empty()).map(|zone| Name(zone.into()));
        part.created =
            self.time(from.creation_time, place).map(|at| spanned_as(When::At(at), place));
        if billing == Billing::Subscription {
            let expires = from.expired_time.filter(|time| time.as_str() < NEVER_FROM);
            part.expires = self.time(expires, place).map(|at| spanned_as(When::At(at), place));
        }
        part.auto_release = self
            .time(from.auto_release_time, place)
            .map(|at| spanned_as(AutoRelease { at: When::At(at), set_earlier: true }, place));
        let mut protect = ProtectPart::default();
        match from.deletion_protection {
            Some(true) => protect.on.push(spanned(DELETION_PROTECTION.into())),
            Some(false) => {}
            None => protect.unknown.push(spanned(DELETION_PROTECTION.into())),
        }
        let tags = tags(&from.tags, place);
        if let Some((_, group)) = tags.iter().find(|(key, _)| *key.value == *GROUP_TAG) {
            // A member by its tag; how, another reply may tell.
            part.group = Some(Spanned::new(Name(group.as_str().into()), place));
            protect.unknown.push(spanned(PROTECTED.into()));
            protect.unknown.push(spanned(STANDBY.into()));
        }
        part.protect = Some(protect);
        part.tags = (!tags.is_empty()).then_some(Map(tags));
        part.lock = self.lock(&from.operation_locks, &from.instance_id, place);
        let mut things = Vec::new();
        let eip = text_of(&from.eip_address, "AllocationId");
        if !eip.is_empty() {
            things.push(thing(&eip, Thing::Eip, None, None, place));
        }
        for address in from.public_ip_address.texts() {
            things.push(thing(address, Thing::StaticIp, None, None, place));
        }
        if let Some(gib) = from.local_storage_capacity.filter(|gib| *gib > 0) {
            things.push(thing("local-storage", Thing::LocalDisk, Some(gib), None, place));
        }
        part.things = Some(Map(things));
        Some(part)
    }

    fn state(&mut self, status: Option<&str>, id: &str, place: Place) -> Option<Lifecycle> {
        match status {
            Some("Running" | "Stopping") => Some(Lifecycle::Running),
            Some("Pending" | "Starting") => Some(Lifecycle::Pending),
            Some("Stopped") => Some(Lifecycle::Stopped),
            other => {
                let said = other.unwrap_or("nothing");
                let title = format!("`{id}` is in an unknown state, and is taken as running");
                self.left_out(place, title, &format!("Status says {said}"));
                None
            }
        }
    }

    fn lock(&mut self, locks: &Wrapped, id: &str, place: Place) -> Option<Spanned<Lock>> {
        let mut found = None;
        for lock in locks.items() {
            let reason = text_of(lock, "LockReason");
            match reason.to_ascii_lowercase().as_str() {
                "security" => found = Some(Lock::Security),
                "recycling" => found = found.or(Some(Lock::Recycling)),
                _ => {
                    let title = format!("`{id}` is locked: {reason}");
                    let label = "since when is not said; the replay begins without this lock";
                    self.left_out(place, title, label);
                }
            }
        }
        found.map(|lock| spanned_as(lock, place))
    }

    fn time(&mut self, text: Option<String>, place: Place) -> Option<SimTime> {
        let text = text.filter(|text| !text.is_empty())?;
        let found = SimTime::parse(&text);
        if found.is_err() {
            self.left_out(place, format!("`{text}` is not a time"), "left out");
        }
        found.ok()
    }

    pub(super) fn group(&mut self, file: FileId, group: Group) {
        let id = group.scaling_group_id;
        let place = place_of(&id, file, self.sources);
        if self.out.groups.iter().any(|(known, _)| known.value == id) {
            self.left_out(place, format!("`{id}` appears a second time"), "left out");
            return;
        }
        if let Some(state) = group.lifecycle_state.filter(|state| state != "Active") {
            let title = format!("the group `{id}` is {}", state.to_lowercase());
            self.left_out(place, title, "the replay treats it as active");
        }
        let health_check = match group.health_check_type.as_deref() {
            Some("NONE") => HealthCheck::None,
            Some(_) => HealthCheck::Instance,
            None => {
                let title = format!("the group `{id}` does not say how it watches its members");
                self.left_out(place, title, "taken as not at all");
                HealthCheck::None
            }
        };
        let attribute = Spanned::new(GROUP_DELETION_PROTECTION.to_owned(), place);
        let mut protect = ProtectPart::default();
        match group.group_deletion_protection {
            Some(true) => protect.on.push(attribute),
            Some(false) => {}
            None => protect.unknown.push(attribute),
        }
        let removal: Vec<_> =
            group.removal_policies.texts().map(|word| Spanned::new(kebab(word), place)).collect();
        let part = GroupPart {
            min: group.min_size,
            max: group.max_size,
            removal: (!removal.is_empty()).then_some(OneOrMany(removal)),
            health_check: Some(health_check),
            protect,
            ..GroupPart::default()
        };
        self.out.groups.push((Spanned::new(id, place), part));
    }

    /// The part of an instance that another reply speaks of; strangers are reported.
    pub(super) fn known(
        &mut self,
        file: FileId,
        id: &str,
        what: &str,
    ) -> Option<&mut InstancePart> {
        if let Some(at) = self.at.get(id) {
            return Some(&mut self.out.instances[*at].1);
        }
        let place = place_of(id, file, self.sources);
        let title = format!("{what} of `{id}`, which no DescribeInstances reply lists");
        self.left_out(place, title, "left out; nothing is invented");
        None
    }

    pub(super) fn disk(&mut self, file: FileId, disk: Disk) {
        let place = place_of(&disk.disk_id, file, self.sources);
        let Some(id) = disk.instance_id.filter(|id| !id.is_empty()) else {
            let title = format!("the disk `{}` is attached to nothing", disk.disk_id);
            self.left_out(place, title, "left out");
            return;
        };
        let local = disk.category.as_deref().is_some_and(|c| c.starts_with("local"));
        let kind = match (disk.r#type.as_deref(), local) {
            (Some("system"), _) => Thing::SystemDisk,
            (_, true) => Thing::LocalDisk,
            _ => Thing::DataDisk,
        };
        let entry = thing(&disk.disk_id, kind, disk.size, disk.delete_with_instance, place);
        if let Some(part) = self.known(file, &id, "a disk") {
            part.things.get_or_insert_default().0.push(entry);
        }
    }

    pub(super) fn member(&mut self, file: FileId, member: Member) {
        let place = place_of(&member.instance_id, file, self.sources);
        let joined = self.time(member.created_time.or(member.creation_time), place);
        let membership = match (member.creation_type.as_deref(), member.entrusted) {
            (Some("AutoCreated"), _) => Some(Membership::AutoCreated),
            (Some("Attached"), Some(true)) => Some(Membership::Entrusted),
            (Some("Attached"), Some(false)) => Some(Membership::Attached),
            _ => None,
        };
        let state = member.lifecycle_state.unwrap_or_default();
        if !matches!(state.as_str(), "InService" | "Protected" | "Standby" | "") {
            let title = format!("`{}` is {state} in its group", member.instance_id);
            self.left_out(place, title, "the replay treats it as in service");
        }
        let Some(part) = self.known(file, &member.instance_id, "a membership") else { return };
        if let Some(group) = member.scaling_group_id {
            part.group = Some(Spanned::new(Name(group.into()), place));
        }
        part.membership = membership.map(|membership| spanned_as(membership, place));
        part.joined = joined.map(|at| spanned_as(When::At(at), place)).or(part.joined);
        let protect = part.protect.get_or_insert_default();
        if !state.is_empty() {
            protect.unknown.retain(|name| ![PROTECTED, STANDBY].contains(&name.value.as_str()));
        }
        match state.as_str() {
            "Protected" => protect.on.push(spanned_as(PROTECTED.into(), place)),
            "Standby" => protect.on.push(spanned_as(STANDBY.into(), place)),
            _ => {}
        }
    }

    pub(super) fn renewal(&mut self, file: FileId, renews: &Renews) {
        let place = place_of(&renews.instance_id, file, self.sources);
        let count = renews.duration.unwrap_or(1);
        let span = match renews.period_unit.as_deref() {
            Some("Week") => CalendarSpan::from_days(i64::from(count) * 7),
            Some("Year") => CalendarSpan::from_months(count.saturating_mul(12)),
            _ => CalendarSpan::from_months(count),
        };
        let automatic = renews.renewal_status.as_deref() == Some("AutoRenewal");
        let Some(part) = self.known(file, &renews.instance_id, "a renewal setting") else { return };
        let renewal = if automatic { Renewal::Automatic } else { Renewal::None };
        part.renewal = Some(spanned_as(renewal, place));
        part.renews_for = Term::new(span);
    }
}

fn spanned_as<T>(value: T, place: Place) -> Spanned<T> {
    Spanned::new(value, place)
}

fn tags(tags: &Wrapped, place: Place) -> Vec<(Spanned<Name>, String)> {
    tags.items()
        .iter()
        .map(|tag| {
            let key = Name(text_of(tag, "TagKey").into());
            (Spanned::new(key, place), text_of(tag, "TagValue"))
        })
        .collect()
}

fn thing(
    name: &str,
    kind: Thing,
    gib: Option<u64>,
    with_instance: Option<bool>,
    place: Place,
) -> (Spanned<Name>, ThingPart) {
    let record = ThingRecord { kind, gib, with_instance };
    (Spanned::new(Name(name.into()), place), ThingPart(record))
}

/// `OldestInstance` as policies spell it: `oldest-instance`.
fn kebab(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    for (at, c) in word.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
