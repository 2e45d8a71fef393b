//! Alibaba Cloud: replies of ECS and Auto Scaling as the command-line client prints them.
//!
//! Each list is wrapped twice (`Instances.Instance[]`), times have minute
//! precision, and a missing term is a date far in the future. Field names are
//! those of the API references of `DescribeInstances`, `DescribeDisks`,
//! `DescribeScalingInstances` and `DescribeScalingGroups`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{Imported, place_of};
use crate::fleet::{AutoRelease, GroupPart, InstancePart, ProtectPart, ThingPart, ThingRecord};
use crate::text::{
    Code, FileId, Map, Name, OneOrMany, Place, Problem, Problems, Sources, Spanned, When,
};
use crate::time::{CalendarSpan, SimTime};
use crate::vocab::{Billing, HealthCheck, Lifecycle, Lock, Membership, Renewal, Thing};

/// The attributes by which policies know the protections.
const DELETION_PROTECTION: &str = "DeletionProtection";
const PROTECTED: &str = "ProtectedFromScaleIn";
const STANDBY: &str = "Standby";
const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";

/// The tag by which Auto Scaling marks its members.
const GROUP_TAG: &str = "acs:autoscaling:scalingGroupId";

/// A term that ends in or after this year does not end: pay-as-you-go instances
/// carry 2099, disks 2999.
const NEVER_FROM: &str = "2099";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    instance_id: String,
    status: Option<String>,
    stopped_mode: Option<String>,
    instance_charge_type: Option<String>,
    spot_strategy: Option<String>,
    expired_time: Option<String>,
    auto_release_time: Option<String>,
    creation_time: Option<String>,
    deletion_protection: Option<bool>,
    zone_id: Option<String>,
    local_storage_capacity: Option<u64>,
    #[serde(default)]
    operation_locks: Wrapped,
    #[serde(default)]
    tags: Wrapped,
    #[serde(default)]
    eip_address: Json,
    #[serde(default)]
    public_ip_address: Wrapped,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disk {
    disk_id: String,
    instance_id: Option<String>,
    r#type: Option<String>,
    category: Option<String>,
    size: Option<u64>,
    delete_with_instance: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    instance_id: String,
    scaling_group_id: Option<String>,
    creation_type: Option<String>,
    entrusted: Option<bool>,
    lifecycle_state: Option<String>,
    created_time: Option<String>,
    creation_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    scaling_group_id: String,
    min_size: Option<u32>,
    max_size: Option<u32>,
    health_check_type: Option<String>,
    group_deletion_protection: Option<bool>,
    lifecycle_state: Option<String>,
    #[serde(default)]
    removal_policies: Wrapped,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Renews {
    instance_id: String,
    renewal_status: Option<String>,
    duration: Option<i32>,
    period_unit: Option<String>,
}

/// A list inside an object of one key: `{"Tag": [...]}`.
#[derive(Deserialize, Default)]
#[serde(transparent)]
struct Wrapped(Json);

impl Wrapped {
    fn items(&self) -> &[Json] {
        let inner = self.0.as_object().and_then(|object| object.values().next());
        inner.and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Json::as_str)
    }
}

/// Reads replies, in any order; what one says of an instance of another is joined.
pub fn import(texts: &[FileId], sources: &Sources, problems: &mut Problems) -> Imported {
    let mut reader = Reader { sources, problems, out: Imported::default(), at: BTreeMap::new() };
    let mut later = Vec::new();
    for file in texts {
        let stream = serde_json::Deserializer::from_str(sources.text(*file)).into_iter::<Json>();
        let mut pages = 0;
        for page in stream {
            pages += 1;
            match page {
                Ok(page) => later.extend(reader.page(*file, &page)),
                Err(error) => {
                    reader.not_json(*file, &error);
                    break;
                }
            }
        }
        if pages == 0 {
            let title = "the file holds no reply";
            let place = sources.whole(*file);
            reader.problems.add(Problem::at(Code::Syntax, place, title, "empty"));
        }
    }
    // What is said of instances waits until every instance is known.
    for page in later {
        reader.join(page);
    }
    reader.finish()
}

/// A reply that says something of instances that another reply lists.
enum Later {
    Disks(FileId, Vec<Disk>),
    Members(FileId, Vec<Member>),
    Renewals(FileId, Vec<Renews>),
    Status(FileId, Vec<Json>),
}

struct Reader<'a> {
    sources: &'a Sources,
    problems: &'a mut Problems,
    out: Imported,
    at: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn not_json(&mut self, file: FileId, error: &serde_json::Error) {
        let text = self.sources.text(file);
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place { start, end: start + 1, ..self.sources.whole(file) };
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        let title = format!("this is not a reply in JSON: {reason}");
        self.problems.add(
            Problem::at(Code::Syntax, place, title, "reading stopped here")
                .help("save the client's output as it prints it, such as with `aliyun ecs DescribeInstances > file.json`"),
        );
    }

    /// Takes in a reply; what depends on others comes back.
    fn page(&mut self, file: FileId, page: &Json) -> Option<Later> {
        if let Json::Array(items) = page
            && items.iter().all(|item| item.get("product").is_some())
        {
            self.count(file, "event notifications", items, |item| text_of(item, "name"));
            return None;
        }
        let said = page.get("TotalCount").and_then(Json::as_u64);
        let rows = |page: &Json, outer: &str| page.get(outer).map(|inner| Wrapped(inner.clone()));
        if let Some(list) = rows(page, "Instances") {
            let instances: Vec<Instance> = self.typed(file, list.items());
            self.say(file, "instances", instances.len(), said);
            instances.into_iter().for_each(|instance| self.instance(file, instance));
            None
        } else if let Some(list) = rows(page, "Disks") {
            let disks: Vec<Disk> = self.typed(file, list.items());
            self.say(file, "disks", disks.len(), said);
            Some(Later::Disks(file, disks))
        } else if let Some(list) = rows(page, "ScalingInstances") {
            let members: Vec<Member> = self.typed(file, list.items());
            self.say(file, "members of scaling groups", members.len(), said);
            Some(Later::Members(file, members))
        } else if let Some(list) = rows(page, "ScalingGroups") {
            let groups: Vec<Group> = self.typed(file, list.items());
            self.say(file, "scaling groups", groups.len(), said);
            groups.into_iter().for_each(|group| self.group(file, group));
            None
        } else if let Some(list) = rows(page, "InstanceRenewAttributes") {
            let renewals: Vec<Renews> = self.typed(file, list.items());
            self.say(file, "renewal settings", renewals.len(), said);
            Some(Later::Renewals(file, renewals))
        } else if let Some(list) = rows(page, "InstanceFullStatusSet") {
            self.say(file, "states of instances", list.items().len(), said);
            Some(Later::Status(file, list.items().to_vec()))
        } else if let Some(list) = rows(page, "InstanceSystemEventSet") {
            self.count(file, "system events", list.items(), |event| {
                let kind = event.get("EventType").map(|kind| text_of(kind, "Name"));
                kind.unwrap_or_default()
            });
            None
        } else {
            let place = self.sources.whole(file);
            let title = "this is no reply that can be read";
            self.problems.add(
                Problem::at(Code::BadReply, Place { end: place.start + 1, ..place }, title, "unknown reply")
                    .note("read are replies of DescribeInstances, DescribeDisks, DescribeScalingInstances, DescribeScalingGroups, DescribeInstanceAutoRenewAttribute, DescribeInstancesFullStatus and DescribeInstanceHistoryEvents, and event notifications"),
            );
            None
        }
    }

    /// The rows of a reply, as far as each makes sense.
    fn typed<T: DeserializeOwned>(&mut self, file: FileId, rows: &[Json]) -> Vec<T> {
        let mut typed = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            match serde_json::from_value(row.clone()) {
                Ok(row) => typed.push(row),
                Err(error) => {
                    let id = text_of(row, "InstanceId");
                    let title = format!("row {} makes no sense: {error}", number + 1);
                    let place = place_of(&id, file, self.sources);
                    self.problems.add(Problem::at(Code::BadReply, place, title, "in this row"));
                }
            }
        }
        typed
    }

    fn say(&mut self, file: FileId, what: &str, rows: usize, said: Option<u64>) {
        let path = self.sources.path(file);
        let mut line = format!("{path}: {rows} {what}");
        if let Some(said) = said.filter(|said| *said != rows as u64) {
            line.push_str(&format!(", though the reply speaks of {said}"));
        }
        self.out.read.push(line);
    }

    /// Rows that change nothing in a fleet are counted by kind.
    fn count(&mut self, file: FileId, what: &str, rows: &[Json], kind: impl Fn(&Json) -> String) {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            *kinds.entry(kind(row)).or_default() += 1;
            if let Some(status) = row.get("EventCycleStatus") {
                *states.entry(text_of(status, "Name")).or_default() += 1;
            }
        }
        let list = |counts: &BTreeMap<String, usize>| {
            let mut counts: Vec<_> = counts.iter().collect();
            counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
            counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
        };
        let path = self.sources.path(file);
        let mut line = format!("{path}: {} {what}: {}", rows.len(), list(&kinds));
        if !states.is_empty() {
            line.push_str(&format!("; {}", list(&states)));
        }
        self.out.read.push(line);
    }

    fn left_out(&mut self, place: Place, title: String, label: &str) {
        self.problems.add(Problem::at(Code::LeftOut, place, title, label));
    }

    fn instance(&mut self, file: FileId, instance: Instance) {
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

    fn group(&mut self, file: FileId, group: Group) {
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
            account: None,
            min: group.min_size,
            max: group.max_size,
            removal: (!removal.is_empty()).then_some(OneOrMany(removal)),
            health_check: Some(health_check),
            protect,
        };
        self.out.groups.push((Spanned::new(id, place), part));
    }

    fn join(&mut self, page: Later) {
        match page {
            Later::Disks(file, disks) => {
                disks.into_iter().for_each(|disk| self.disk(file, disk));
            }
            Later::Members(file, members) => {
                members.into_iter().for_each(|member| self.member(file, member));
            }
            Later::Renewals(file, renewals) => {
                renewals.iter().for_each(|renewal| self.renewal(file, renewal));
            }
            Later::Status(file, rows) => {
                for row in rows {
                    let id = text_of(&row, "InstanceId");
                    self.known(file, &id, "a state");
                }
            }
        }
    }

    /// The part of an instance that another reply speaks of; strangers are reported.
    fn known(&mut self, file: FileId, id: &str, what: &str) -> Option<&mut InstancePart> {
        if let Some(at) = self.at.get(id) {
            return Some(&mut self.out.instances[*at].1);
        }
        let place = place_of(id, file, self.sources);
        let title = format!("{what} of `{id}`, which no DescribeInstances reply lists");
        self.left_out(place, title, "left out; nothing is invented");
        None
    }

    fn disk(&mut self, file: FileId, disk: Disk) {
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

    fn member(&mut self, file: FileId, member: Member) {
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

    fn renewal(&mut self, file: FileId, renews: &Renews) {
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
        part.renews_for = Some(span);
    }

    /// Groups that members name and no reply describes are taken in without bounds.
    fn finish(mut self) -> Imported {
        let named: Vec<Spanned<Name>> =
            self.out.instances.iter().filter_map(|(_, part)| part.group.clone()).collect();
        for name in named {
            if self.out.groups.iter().any(|(known, _)| *known.value == *name.value.0) {
                continue;
            }
            let title = format!("no DescribeScalingGroups reply lists the group `{}`", name.value);
            self.left_out(
                name.place,
                title,
                "taken in without bounds and without protection known",
            );
            let part = GroupPart {
                account: None,
                min: None,
                max: None,
                removal: None,
                health_check: None,
                protect: ProtectPart {
                    on: Vec::new(),
                    unknown: vec![Spanned::new(GROUP_DELETION_PROTECTION.to_owned(), name.place)],
                },
            };
            self.out.groups.push((Spanned::new(name.value.to_string(), name.place), part));
        }
        self.out
    }
}

fn spanned_as<T>(value: T, place: Place) -> Spanned<T> {
    Spanned::new(value, place)
}

fn text_of(json: &Json, key: &str) -> String {
    json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
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
