//! Instances of `DescribeInstances`.

use super::disks::{LOCAL_STORAGE, resource};
use super::groups::states_of_members;
use super::names::{CLOUD, DELETION_PROTECTION};
use crate::diagnostics::{Code, Problem, Spanned};
use crate::format::{
    AutoRelease, Known, Map, Name, OneOrMany, When, WrittenInstance, WrittenProtect,
    WrittenResource,
};
use crate::import::facts::{differing_facts, stated_facts};
use crate::import::fields::{FieldText, ReplyObject, safe_name, text};
use crate::import::json::shown;
use crate::import::reader::FleetReader;
use crate::time::SimTime;
use crate::words::{Billing, Lifecycle, Lock, ResourceKind};

/// The tag with which Auto Scaling marks its members.
const GROUP_TAG: &str = "acs:autoscaling:scalingGroupId";

/// 2099-01-01T00:00:00Z. A term that ends at or after this instant has no end, because replies
/// contain the year 2099 for instances without a term.
const NEVER_FROM: SimTime = SimTime::from_seconds(4_070_908_800);

const CHARGES: &[(&str, Billing)] =
    &[("PostPaid", Billing::PayAsYouGo), ("PrePaid", Billing::Subscription)];

/// The words of `SpotStrategy`, and whether each means a spot instance.
const STRATEGIES: &[(&str, bool)] =
    &[("NoSpot", false), ("SpotWithPriceLimit", true), ("SpotAsPriceGo", true)];

/// The words of `Status`, which state files have too.
const STATES: &[(&str, Lifecycle)] = &[
    ("Running", Lifecycle::Running),
    ("Stopping", Lifecycle::Running),
    ("Pending", Lifecycle::Pending),
    ("Starting", Lifecycle::Pending),
    ("Stopped", Lifecycle::Stopped),
];

impl FleetReader<'_> {
    pub(in crate::import) fn ecs_instance(&mut self, row: &ReplyObject<'_>) {
        let id = row.id("InstanceId", self.problems);
        // A row without an id is read too, so that all of its mistakes are reported.
        let shown = match &id {
            Some(id) => Spanned::new(format!("`{}`", id.value), id.span),
            None => Spanned::new("this instance".to_owned(), row.span),
        };
        let written = self.written(row, &shown);
        if let Some(id) = id {
            self.list_or_join(CLOUD, id, written);
        }
    }

    /// A row of `DescribeInstanceAttribute`, which has fewer fields than a row of
    /// `DescribeInstances`: beside such a row it is not used, and must not contradict it.
    pub(in crate::import) fn ecs_attribute(&mut self, row: &ReplyObject<'_>) {
        let id = row.id("InstanceId", self.problems);
        let at = id.as_ref().and_then(|id| self.indices.get(&id.value)).copied();
        let (Some(id), Some(at)) = (id, at) else { return self.ecs_instance(row) };
        let shown = Spanned::new(format!("`{}`", id.value), id.span);
        // Warnings about a row that is not used would be false.
        let folded = std::mem::take(&mut self.folded);
        let theirs = stated_facts(&self.written(row, &shown));
        self.folded = folded;
        let (first, written) = &self.out.instances[at];
        let first = first.span;
        let [ours, theirs] = differing_facts(&stated_facts(written), &theirs);
        if ours.is_empty() || id.contains('*') {
            let title = format!("`{}` appears a second time", id.value);
            let label = "left out: it describes the same object";
            let problem = Problem::at(Code::LeftOut, id.span, title, label);
            self.fold(problem.and_at(first, "the first one"));
        } else {
            self.contradiction(&id.value, [(first, ours), (id.span, theirs)]);
        }
    }

    /// A status row contains nothing beyond the list of instances; only its id is checked.
    pub(in crate::import) fn ecs_status(&mut self, row: &ReplyObject<'_>) {
        if let Some(id) = row.id("InstanceId", self.problems) {
            self.known(&id, "a state");
        }
    }

    fn written(&mut self, row: &ReplyObject<'_>, id: &Spanned<String>) -> WrittenInstance {
        let mut written = WrittenInstance::blank();
        written.lock = Some(self.locks(row, id));
        let mut billing = self.billing(row, id);
        // Only spot capacity is reclaimed.
        let mut locks = written.lock.iter().flat_map(|locks| &locks.0);
        if !billing.is_known() && locks.any(|lock| lock.value == Known(Some(Lock::Recycling))) {
            billing.value = Known(Some(Billing::Spot));
        }
        written.billing = Some(billing);
        written.state = self.state(row, id);
        let mode = row.text("StoppedMode", self.problems);
        written.economical = mode.map(|mode| *mode == "StopCharging");
        written.zone = row.name("ZoneId", self.problems).map(|zone| zone.value);
        written.created =
            row.time("CreationTime", self.problems).map(|created| created.map(When::At));
        written.expires = self.expires(row, id, billing.value.0);
        written.auto_release = self.release_time(row, id, billing);
        let mut protect = WrittenProtect::default();
        let attribute = |span| Spanned::new(DELETION_PROTECTION.to_owned(), span);
        match row.flag(DELETION_PROTECTION, self.problems) {
            Some(flag) if *flag => protect.on.push(attribute(flag.span)),
            Some(_) => {}
            None => protect.unknown.push(attribute(id.span)),
        }
        let tags = self.tags(row);
        let mut listed = tags.iter().filter(|(_, value)| !value.trim().is_empty());
        if let Some((_, group)) = listed.find(|(key, _)| &*key.value == GROUP_TAG) {
            // The tag shows the group. Another reply may contain the kind of membership.
            written.group = safe_name(group, self.problems);
            protect.unknown.extend(states_of_members(id.span));
        }
        written.protect = Some(protect);
        let tags = tags.into_iter().map(|(key, value)| {
            let value = self.tag_value(&key, &value, value.span);
            (key, value)
        });
        written.tags = Some(Map(tags.collect())).filter(|tags| !tags.0.is_empty());
        written.resources = Some(Map(self.resources(row)));
        written
    }

    /// Reports the instances of which it is unknown whether a release is scheduled.
    pub(in crate::import) fn report_unknown_schedules(&mut self) {
        let is_unknown = |(_, written): &&(Spanned<String>, WrittenInstance)| {
            written.auto_release.is_some_and(|release| !release.is_known())
        };
        let mut unknown = self.out.instances.iter().filter(is_unknown);
        let Some((first, _)) = unknown.next() else { return };
        let more = match unknown.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let title =
            format!("it is unknown whether a release of `{}`{more} is scheduled", first.value);
        let span = first.span;
        let problem = Problem::at(Code::LeftOut, span, title, "missing key `AutoReleaseTime`");
        let help = "save the complete reply, or write `assume: { unknown-schedule: none }`";
        self.problems.add(problem.note("no release is simulated for it").help(help));
    }

    /// The scheduled release. An empty text means that none is scheduled, and an absent field means
    /// that it is unknown. A subscription cannot have one.
    pub(in crate::import) fn release_time(
        &mut self,
        row: &ReplyObject<'_>,
        id: &Spanned<String>,
        billing: Spanned<Known<Billing>>,
    ) -> Option<Spanned<Known<AutoRelease>>> {
        let key = "AutoReleaseTime";
        let release = row.time(key, self.problems);
        let set = |at: SimTime| AutoRelease { at: When::At(at), set_earlier: true };
        let subscription = billing.value == Known(Some(Billing::Subscription));
        if let Some(at) = release.filter(|_| subscription) {
            let title = format!("{} is a subscription and has an `{key}`", id.value);
            self.left_out(at.span, title, "left out");
        } else if let Some(at) = release {
            return Some(at.map(|at| Known(Some(set(at)))));
        }
        if subscription || !row.is_missing(key) {
            return None;
        }
        Some(Spanned::new(Known::UNKNOWN, id.span))
    }

    pub(in crate::import) fn billing(
        &mut self,
        row: &ReplyObject<'_>,
        id: &Spanned<String>,
    ) -> Spanned<Known<Billing>> {
        let is_spot = self.word(row, "SpotStrategy", STRATEGIES);
        let charge = self.word(row, "InstanceChargeType", CHARGES);
        let Some(charge) = charge else {
            if row.is_blank("InstanceChargeType") {
                let title = format!("{} has no `InstanceChargeType`", id.value);
                self.left_out(id.span, title, "paid for by use, perhaps as spot capacity");
            }
            let spot = is_spot.filter(|spot| spot.value).map(|_| Billing::Spot);
            return Spanned::new(Known(spot), id.span);
        };
        charge.map(|charge| match (charge, is_spot) {
            (Billing::PayAsYouGo, Some(Spanned { value: true, .. })) => Known(Some(Billing::Spot)),
            (Billing::PayAsYouGo, None) => Known::UNKNOWN,
            (charge, _) => Known(Some(charge)),
        })
    }

    pub(in crate::import) fn state(
        &mut self,
        row: &ReplyObject<'_>,
        id: &Spanned<String>,
    ) -> Option<Spanned<Lifecycle>> {
        let status = row.text("Status", self.problems);
        let (span, label) = match status {
            None => (id.span, "missing key `Status`".to_owned()),
            Some(status) => {
                let known = STATES.iter().find(|(word, _)| word.eq_ignore_ascii_case(&status));
                if let Some((_, state)) = known {
                    return Some(Spanned::new(*state, status.span));
                }
                (status.span, format!("unknown status `{}`", shown(&status)))
            }
        };
        let title = format!("{} is in an unknown state; it is treated as running", id.value);
        self.left_out(span, title, &label);
        None
    }

    pub(in crate::import) fn expires(
        &mut self,
        row: &ReplyObject<'_>,
        id: &Spanned<String>,
        billing: Option<Billing>,
    ) -> Option<Spanned<When>> {
        let expires = row.time("ExpiredTime", self.problems);
        if billing != Some(Billing::Subscription) {
            return None;
        }
        if row.is_blank("ExpiredTime") {
            let title = format!("the reply has no `ExpiredTime` for {}", id.value);
            self.left_out(id.span, title, "treated as a term that never ends");
        }
        expires.filter(|at| **at < NEVER_FROM).map(|at| at.map(When::At))
    }

    fn tags<'t>(&mut self, row: &ReplyObject<'t>) -> Vec<(Spanned<Name>, FieldText<'t>)> {
        let mut tags = Vec::new();
        for tag in row.list("Tags", "Tag", self.problems) {
            let Some(tag) = ReplyObject::open(tag, "a tag", self.problems) else { continue };
            let key = tag.id("TagKey", self.problems);
            let value = tag.text("TagValue", self.problems);
            if let Some(key) = key {
                let empty = Spanned::new("".into(), key.span);
                tags.push((key, value.unwrap_or(empty)));
            }
        }
        tags
    }

    fn locks(
        &mut self,
        row: &ReplyObject<'_>,
        id: &Spanned<String>,
    ) -> OneOrMany<Spanned<Known<Lock>>> {
        let mut found = Vec::new();
        if row.is_missing("OperationLocks") {
            return OneOrMany(vec![Spanned::new(Known::UNKNOWN, id.span)]);
        }
        for lock in row.list("OperationLocks", "LockReason", self.problems) {
            let Some(lock) = ReplyObject::open(lock, "a lock", self.problems) else { continue };
            let Some(reason) = lock.id("LockReason", self.problems) else { continue };
            match reason.to_ascii_lowercase().as_str() {
                "security" => found.push(reason.map(|_| Known(Some(Lock::Security)))),
                "recycling" => {
                    let title = format!("{} is about to be reclaimed", id.value);
                    let label = "the reply does not state when it began; counted from the listing";
                    self.left_out(reason.span, title, label);
                    found.push(reason.map(|_| Known(Some(Lock::Recycling))));
                }
                "financial" => {
                    let title = format!("{} is locked: {}", id.value, reason.value);
                    let label = "its account is overdue; the reply does not state when it began";
                    self.left_out(reason.span, title, label);
                    found.push(reason.map(|_| Known(Some(Lock::Financial))));
                }
                _ => {
                    let title = format!("{} is locked: {}", id.value, reason.value);
                    self.left_out(reason.span, title, "its effect is unknown: `lock: unknown`");
                    found.push(reason.map(|_| Known::UNKNOWN));
                }
            }
        }
        let mut locks: Vec<Spanned<Known<Lock>>> = Vec::new();
        for lock in found {
            if locks.iter().all(|known| known.value != lock.value) {
                locks.push(lock);
            }
        }
        OneOrMany(locks)
    }

    /// The addresses and local disks of an instance.
    fn resources(&mut self, row: &ReplyObject<'_>) -> Vec<(Spanned<Name>, WrittenResource)> {
        let mut resources = Vec::new();
        let eip = row.object("EipAddress", self.problems);
        if let Some(eip) = eip.and_then(|eip| eip.name("AllocationId", self.problems)) {
            resources.push(resource(eip, ResourceKind::Eip, None, None));
        }
        for address in row.list("PublicIpAddress", "IpAddress", self.problems) {
            let address = text("IpAddress", address, self.problems);
            let address = address.and_then(|address| safe_name(&address, self.problems));
            resources.extend(
                address.map(|address| resource(address, ResourceKind::StaticIp, None, None)),
            );
        }
        let local = row.number("LocalStorageCapacity", self.problems);
        if let Some(local) = local.filter(|gib| **gib > 0) {
            let name = Spanned::new(Name(LOCAL_STORAGE.into()), local.span);
            resources.push(resource(name, ResourceKind::LocalDisk, Some(u64::from(*local)), None));
        }
        resources
    }
}
