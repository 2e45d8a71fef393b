//! Instances: what `DescribeInstances` says of each.

use super::disks::resource;
use super::groups::states_of_members;
use super::reader::{DELETION_PROTECTION, Reader};
use super::reply_kind::Kind;
use crate::diagnostics::{Code, Problem, Spanned};
use crate::format::{
    AutoRelease, Known, Map, Name, OneOrMany, When, WrittenInstance, WrittenProtect,
    WrittenResource,
};
use crate::import::fields::{Row, RowText, harmless, text};
use crate::time::SimTime;
use crate::words::{Billing, Lifecycle, Lock, ResourceKind};

/// The tag by which Auto Scaling marks its members.
const GROUP_TAG: &str = "acs:autoscaling:scalingGroupId";

/// A term that ends in or after the year 2099 does not end: that year stands where
/// there is no term.
const NEVER_FROM: SimTime = SimTime::from_seconds(4_070_908_800);

const CHARGES: &[(&str, Billing)] =
    &[("PostPaid", Billing::PayAsYouGo), ("PrePaid", Billing::Subscription)];

/// Whether an instance is a spot instance.
const STRATEGIES: &[(&str, bool)] =
    &[("NoSpot", false), ("SpotWithPriceLimit", true), ("SpotAsPriceGo", true)];

impl Reader<'_> {
    pub(super) fn instance(&mut self, row: &Row<'_>) {
        let id = row.id("InstanceId", self.problems);
        if let Some(id) = &id
            && !self.is_first(Kind::Instances, id)
        {
            return;
        }
        // Of a row without a name, too, all that is wrong is reported.
        let called = match &id {
            Some(id) => Spanned::new(format!("`{}`", id.value), id.span),
            None => Spanned::new("this instance".to_owned(), row.span),
        };
        let part = self.part(row, &called);
        if let (Some(id), Some(part)) = (id, part) {
            self.at.insert(id.value.clone(), self.out.instances.len());
            self.out.instances.push((id.map(|name| name.0.into_string()), part));
        }
    }

    fn part(&mut self, row: &Row<'_>, id: &Spanned<String>) -> Option<WrittenInstance> {
        let mut part = WrittenInstance::blank();
        part.billing = self.billing(row, id);
        part.state = self.state(row, id);
        let mode = row.text("StoppedMode", self.problems);
        part.economical = mode.map(|mode| *mode == "StopCharging");
        part.zone = row.name("ZoneId", self.problems).map(|zone| zone.value);
        part.created = row.time("CreationTime", self.problems).map(|created| created.map(When::At));
        part.expires = self.expires(row, id, part.billing.and_then(|billing| billing.value.0));
        part.auto_release = self.release_time(row, id, part.billing);
        let mut protect = WrittenProtect::default();
        let attribute = |span| Spanned::new(DELETION_PROTECTION.to_owned(), span);
        match row.flag(DELETION_PROTECTION, self.problems) {
            Some(flag) if *flag => protect.on.push(attribute(flag.span)),
            Some(_) => {}
            None => protect.unknown.push(attribute(id.span)),
        }
        let tags = self.tags(row);
        if let Some((_, group)) = tags.iter().find(|(key, _)| &*key.value == GROUP_TAG) {
            // A member by its tag; how, another reply may tell.
            part.group = harmless(group, self.problems);
            protect.unknown.extend(states_of_members(id.span));
        }
        part.protect = Some(protect);
        let tags = tags.into_iter().map(|(key, value)| (key, value.value.into_owned()));
        part.tags = Some(Map(tags.collect())).filter(|tags| !tags.0.is_empty());
        part.lock = Some(self.locks(row, id));
        part.resources = Some(Map(self.resources(row)));
        part.billing.is_some().then_some(part)
    }

    /// Says of which instances nobody knows whether a release is scheduled: nothing else would.
    pub(super) fn tell_unscheduled(&mut self) {
        let Some(first) = self.unscheduled.first() else { return };
        let more = match self.unscheduled.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let title = format!("nothing says whether a release of {}{more} is scheduled", first.value);
        let span = first.span;
        let problem =
            Problem::at(Code::LeftOut, span, title, "AutoReleaseTime is missing: unknown");
        let help =
            "save the whole reply, or take the position `assume: { unknown-schedule: none }`";
        self.problems.add(problem.note("no release is simulated for it").help(help));
    }

    /// The time set for its release. An empty text says that there is none, and no text at all
    /// that nobody knows. On a subscription none can be set.
    fn release_time(
        &mut self,
        row: &Row<'_>,
        id: &Spanned<String>,
        billing: Option<Spanned<Known<Billing>>>,
    ) -> Option<Spanned<Known<AutoRelease>>> {
        let key = "AutoReleaseTime";
        let release = row.time(key, self.problems);
        let set = |at: SimTime| AutoRelease { at: When::At(at), set_earlier: true };
        if let Some(at) = release {
            return Some(at.map(|at| Known(Some(set(at)))));
        }
        let subscription = billing.is_some_and(|b| b.value == Known(Some(Billing::Subscription)));
        if subscription || !row.is_missing(key) {
            return None;
        }
        self.unscheduled.push(id.clone());
        Some(Spanned::new(Known::UNKNOWN, id.span))
    }

    fn billing(&mut self, row: &Row<'_>, id: &Spanned<String>) -> Option<Spanned<Known<Billing>>> {
        let is_spot = row.word("SpotStrategy", STRATEGIES, self.problems);
        let charge = row.word("InstanceChargeType", CHARGES, self.problems);
        if charge.is_none() && row.is_silent("InstanceChargeType") {
            let title = format!("{} does not say how it is paid for", id.value);
            let label = "InstanceChargeType says nothing";
            let problem = Problem::at(Code::BadReply, id.span, title, label);
            let help = "write `\"InstanceChargeType\": \"PostPaid\"` or `\"PrePaid\"` into its row";
            self.problems.add(problem.help(help));
        }
        let charge = charge?;
        Some(charge.map(|charge| match (charge, is_spot) {
            (Billing::PayAsYouGo, Some(Spanned { value: true, .. })) => Known(Some(Billing::Spot)),
            (Billing::PayAsYouGo, None) => Known::UNKNOWN,
            (charge, _) => Known(Some(charge)),
        }))
    }

    fn state(&mut self, row: &Row<'_>, id: &Spanned<String>) -> Option<Spanned<Lifecycle>> {
        let status = row.text("Status", self.problems);
        let known = match status.as_ref().map(|status| status.as_ref()) {
            Some("Running" | "Stopping") => Lifecycle::Running,
            Some("Pending" | "Starting") => Lifecycle::Pending,
            Some("Stopped") => Lifecycle::Stopped,
            said => {
                let label = format!("Status says {}", said.unwrap_or("nothing"));
                let span = status.as_ref().map_or(id.span, |status| status.span);
                let title = format!("{} is in an unknown state, and is taken as running", id.value);
                self.left_out(span, title, &label);
                return None;
            }
        };
        status.map(|status| Spanned::new(known, status.span))
    }

    fn expires(
        &mut self,
        row: &Row<'_>,
        id: &Spanned<String>,
        billing: Option<Billing>,
    ) -> Option<Spanned<When>> {
        let expires = row.time("ExpiredTime", self.problems);
        if billing != Some(Billing::Subscription) {
            return None;
        }
        if row.is_silent("ExpiredTime") {
            let title = format!("{} does not say when its term ends", id.value);
            self.left_out(id.span, title, "taken as never");
        }
        expires.filter(|at| **at < NEVER_FROM).map(|at| at.map(When::At))
    }

    fn tags<'t>(&mut self, row: &Row<'t>) -> Vec<(Spanned<Name>, RowText<'t>)> {
        let mut tags = Vec::new();
        for tag in row.list("Tags", "Tag", self.problems) {
            let Some(tag) = Row::open(tag, "a tag", self.problems) else { continue };
            let key = tag.id("TagKey", self.problems);
            let value = tag.text("TagValue", self.problems);
            if let Some(key) = key {
                let empty = Spanned::new("".into(), key.span);
                tags.push((key, value.unwrap_or(empty)));
            }
        }
        tags
    }

    fn locks(&mut self, row: &Row<'_>, id: &Spanned<String>) -> Known<OneOrMany<Spanned<Lock>>> {
        let mut found = Vec::new();
        if row.is_missing("OperationLocks") {
            return Known::UNKNOWN;
        }
        for lock in row.list("OperationLocks", "LockReason", self.problems) {
            let Some(lock) = Row::open(lock, "a lock", self.problems) else { continue };
            let Some(reason) = lock.id("LockReason", self.problems) else { continue };
            match reason.to_ascii_lowercase().as_str() {
                "security" => found.push(reason.map(|_| Lock::Security)),
                "recycling" => found.push(reason.map(|_| Lock::Recycling)),
                "financial" => {
                    let title = format!("{} is locked: {}", id.value, reason.value);
                    let label = "its account owes; since when is not said: unknown";
                    self.left_out(reason.span, title, label);
                    found.push(reason.map(|_| Lock::Financial));
                }
                _ => {
                    let title = format!("{} is locked: {}", id.value, reason.value);
                    let label = "what that bars is not known; the replay begins without it";
                    self.left_out(reason.span, title, label);
                }
            }
        }
        Known(Some(OneOrMany(found)))
    }

    /// The addresses and local disks of an instance.
    fn resources(&mut self, row: &Row<'_>) -> Vec<(Spanned<Name>, WrittenResource)> {
        let mut resources = Vec::new();
        let eip = row.row("EipAddress", self.problems);
        if let Some(eip) = eip.and_then(|eip| eip.name("AllocationId", self.problems)) {
            resources.push(resource(eip, ResourceKind::Eip, None, None));
        }
        for address in row.list("PublicIpAddress", "IpAddress", self.problems) {
            let address = text("IpAddress", address, self.problems);
            let address = address.and_then(|address| harmless(&address, self.problems));
            resources.extend(
                address.map(|address| resource(address, ResourceKind::StaticIp, None, None)),
            );
        }
        let local = row.number("LocalStorageCapacity", self.problems);
        if let Some(local) = local.filter(|gib| **gib > 0) {
            let name = Spanned::new(Name("local-storage".into()), local.span);
            resources.push(resource(name, ResourceKind::LocalDisk, Some(u64::from(*local)), None));
        }
        resources
    }
}
