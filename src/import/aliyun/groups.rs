//! Scaling groups and their members.

use std::collections::BTreeSet;

use super::names::{CLOUD, DELETION_PROTECTION, GROUP_DELETION_PROTECTION, PROTECTED, STANDBY};
use crate::diagnostics::{Span, Spanned};
use crate::format::{
    Known, Name, OneOrMany, When, WrittenGroup, WrittenInstance, WrittenProtect, group_facts,
};
use crate::import::fields::{ReplyObject, text};
use crate::import::json::shown;
use crate::import::reader::{FleetReader, Missing, RowIs, join_protections};
use crate::time::SimSpan;
use crate::words::{Billing, HealthCheck, Membership, ResourceKind, ZonePolicy};

/// The words of `CreationType`. `Managed` members are machines of other providers.
const CREATIONS: &[(&str, Creation)] = &[
    ("AutoCreated", Creation::Automatic),
    ("Attached", Creation::Attached),
    ("Managed", Creation::Managed),
];

/// The words of `RemovalPolicies`, as the policies name these orders.
const ORDERS: &[(&str, &str)] = &[
    ("OldestInstance", "oldest-instance"),
    ("NewestInstance", "newest-instance"),
    ("OldestScalingConfiguration", "oldest-scaling-configuration"),
];

/// The words of `HealthCheckType`.
const HEALTH_CHECKS: &[(&str, HealthCheck)] = &[
    ("NONE", HealthCheck::None),
    ("ECS", HealthCheck::Instance),
    ("LOAD_BALANCER", HealthCheck::Instance),
];

/// The states of members, and the protection that each means.
const MEMBER_STATES: &[(&str, Option<&str>)] =
    &[("InService", None), ("Protected", Some(PROTECTED)), ("Standby", Some(STANDBY))];

/// The fields of a member that are read.
const MEMBER_FACTS: [&str; 6] = [
    "ScalingGroupId",
    "CreationTime",
    "CreatedTime",
    "CreationType",
    "Entrusted",
    "LifecycleState",
];

/// The label for a member whose membership no reply contains.
const MEMBERSHIP_UNKNOWN: &str = "its membership is unknown";

#[derive(Clone, Copy)]
enum Creation {
    Automatic,
    Attached,
    Managed,
}

impl FleetReader<'_> {
    pub(in crate::import) fn ess_group(&mut self, row: &ReplyObject<'_>) {
        if let Some(id) = row.id("ScalingGroupId", self.problems) {
            self.ess_group_called(row, id);
        }
    }

    /// Reads the settings of a group.
    pub(in crate::import) fn ess_group_called(
        &mut self,
        row: &ReplyObject<'_>,
        id: Spanned<Name>,
    ) -> RowIs {
        let state = row.text("LifecycleState", self.problems);
        let health_check = self.word(row, "HealthCheckType", HEALTH_CHECKS);
        let protected = row.flag(GROUP_DELETION_PROTECTION, self.problems);
        let (min, max) =
            (row.number("MinSize", self.problems), row.number("MaxSize", self.problems));
        let desired = row.number("DesiredCapacity", self.problems);
        let cooldown = row.number("DefaultCooldown", self.problems);
        let zones = row.text("MultiAZPolicy", self.problems);
        let zones = zones.or(row.text("multi_az_policy", self.problems));
        let removal = self.removal(row);
        if let Some(state) = state.filter(|state| **state != "Active") {
            let title = format!("the group `{}` is {}", id.value, state.to_lowercase());
            self.left_out(state.span, title, "treated as active");
        }
        if row.is_blank("HealthCheckType") {
            let title = format!("the reply has no `HealthCheckType` for the group `{}`", id.value);
            self.left_out(id.span, title, "the provider's default is used");
        }
        let mut written = undescribed(id.span);
        if let Some(flag) = protected {
            written.protect = WrittenProtect::default();
            if *flag {
                written.protect.on.push(flag.map(|_| GROUP_DELETION_PROTECTION.to_owned()));
            }
        }
        written.min = min.map(|min| min.value);
        written.max = max.map(|max| max.value);
        written.desired = desired;
        written.cooldown = cooldown.map(|seconds| SimSpan::from_seconds(i64::from(seconds.value)));
        written.zone_policy = zones.and_then(|policy| match policy.as_ref() {
            "PRIORITY" => Some(ZonePolicy::Priority),
            "BALANCE" => Some(ZonePolicy::Balance),
            other => {
                let title = format!("the group `{}` has the zone policy {other}", id.value);
                self.left_out(policy.span, title, "treated as a group without a zone policy");
                None
            }
        });
        written.removal = removal;
        written.health_check = health_check.map(|check| check.value);
        let mut facts = group_facts(&written);
        facts.extend(row.facts(&["LifecycleState"]));
        let is = self.row_is("group", &id, facts);
        match is {
            RowIs::First => self.list_group(CLOUD, id, written),
            RowIs::Again => {
                let at = self.out.groups.iter().position(|(known, _)| known.value == *id.value.0);
                if let Some((first, known)) = at.map(|at| &mut self.out.groups[at]) {
                    let protect = (first.span, &mut known.protect);
                    let other = (id.span, &written.protect);
                    let differ = join_protections(&mut self.disputed, &id.value, protect, other);
                    differ.into_iter().for_each(|problem| self.fold(problem));
                }
            }
            RowIs::LeftOut => {}
        }
        is
    }

    fn removal(&mut self, row: &ReplyObject<'_>) -> Option<OneOrMany<Spanned<String>>> {
        let pieces = row.list("RemovalPolicies", "RemovalPolicy", self.problems);
        let words = pieces.into_iter().filter_map(|p| text("RemovalPolicy", p, self.problems));
        let words: Vec<_> = words.collect();
        let mut orders = Vec::new();
        for word in words {
            let order = ORDERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word));
            if let Some((_, order)) = order {
                orders.push(word.map(|_| (*order).to_owned()));
            } else {
                let title = format!("`{}` is not a known removal policy", shown(&word));
                self.left_out(word.span, title, "left out");
            }
        }
        (!orders.is_empty()).then_some(OneOrMany(orders))
    }

    pub(in crate::import) fn ess_member(&mut self, row: &ReplyObject<'_>) {
        let id = row.id("InstanceId", self.problems);
        let group = row.id("ScalingGroupId", self.problems);
        let minutes = row.time("CreationTime", self.problems);
        let joined = row.time("CreatedTime", self.problems).or(minutes);
        let creation = self.word(row, "CreationType", CREATIONS);
        let entrusted = row.flag("Entrusted", self.problems);
        let state = row.text("LifecycleState", self.problems);
        let facts = row.facts(&MEMBER_FACTS);
        let Some(id) = id.filter(|id| self.is_first("member", id, facts)) else { return };
        if let Some(group) = &group {
            self.missing.remove(&Missing::members_of(CLOUD, &group.value, ""));
        }
        let Some(index) = self.known(&id, "a membership") else { return };
        let (membership, unclear) = match (creation.map(|creation| creation.value), entrusted) {
            (Some(Creation::Automatic), _) => (Some(Membership::AutoCreated), None),
            (Some(Creation::Attached), Some(Spanned { value: true, .. })) => {
                (Some(Membership::Entrusted), None)
            }
            (Some(Creation::Attached), Some(_)) => (Some(Membership::Attached), None),
            (Some(Creation::Attached), None) => {
                (None, Some(format!("the member `{}` has no `Entrusted`", id.value)))
            }
            (Some(Creation::Managed), _) => {
                (None, Some(format!("`{}` is managed: a machine of another provider", id.value)))
            }
            (None, _) => (None, Some(format!("the member `{}` has no `CreationType`", id.value))),
        };
        if let Some(title) = unclear {
            self.left_out(id.span, title, MEMBERSHIP_UNKNOWN);
        }
        let known = state.as_ref().and_then(|state| {
            MEMBER_STATES.iter().find(|(word, _)| word.eq_ignore_ascii_case(state))
        });
        if let (Some(state), None) = (&state, known) {
            let title = format!("`{}` is {} in its group", id.value, **state);
            self.left_out(state.span, title, "treated as in service");
        }
        let written = &mut self.out.instances[index].1;
        written.group = group.or(written.group.take());
        written.membership = Some(Spanned::new(Known(membership), id.span));
        written.joined = joined.map(|at| at.map(When::At)).or(written.joined);
        let protect = written.protect.get_or_insert_default();
        let is_other = |name: &Spanned<String>| ![PROTECTED, STANDBY].contains(&&*name.value);
        protect.unknown.retain(is_other);
        match state {
            None => {
                let on =
                    |name: &Spanned<String>| protect.on.iter().any(|on| on.value == name.value);
                let unknown = states_of_members(id.span).into_iter().filter(|name| !on(name));
                protect.unknown.extend(unknown);
            }
            // What an older state file states no longer counts.
            Some(state) => {
                protect.on.retain(is_other);
                let name = known.and_then(|(_, name)| *name);
                protect.on.extend(name.map(|name| Spanned::new(name.to_owned(), state.span)));
            }
        }
    }

    /// Adds the groups that members name but no reply lists, without bounds.
    pub(in crate::import) fn complete_groups(&mut self) {
        let mut known: BTreeSet<String> =
            self.out.groups.iter().map(|(name, _)| name.value.clone()).collect();
        let (mut reported, mut unknown, mut unlisted) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (id, written)) in self.out.instances.iter().enumerate() {
            let Some(group) = &written.group else { continue };
            if written.membership.is_none() {
                let title = format!("no DescribeScalingInstances reply lists `{}`", id.value);
                reported.push((group.span, title, MEMBERSHIP_UNKNOWN));
                unknown.push(index);
            }
            if known.insert(group.value.to_string()) {
                let title =
                    format!("no DescribeScalingGroups reply lists the group `{}`", group.value);
                let label =
                    "used without bounds, with the provider's defaults and unknown protections";
                reported.push((group.span, title, label));
                unlisted.push(group.clone());
            }
        }
        for group in unlisted {
            let written = undescribed(group.span);
            self.list_group(CLOUD, group, written);
        }
        for index in unknown {
            let written = &mut self.out.instances[index].1;
            let span = written.group.as_ref().map(|group| group.span);
            written.membership = span.map(|span| Spanned::new(Known::UNKNOWN, span));
        }
        for (span, title, label) in reported {
            self.left_out(span, title, label);
        }
    }
}

impl FleetReader<'_> {
    /// Counts the facts about instances and groups that no reply contains.
    pub(in crate::import) fn ecs_unseen(&mut self) {
        for (id, written) in &mut self.out.instances {
            if is_subscription(written) {
                written.renewal.get_or_insert(Spanned::new(Known::UNKNOWN, id.span));
            }
        }
        let mut found = Vec::new();
        for (_, written) in &self.out.instances {
            let group = written.group.as_ref().map_or("", |group| &*group.value.0);
            let unknown = written.protect.iter().flat_map(|protect| &protect.unknown);
            let flags = [DELETION_PROTECTION, PROTECTED, STANDBY].into_iter();
            let flags = flags.filter(|flag| unknown.clone().any(|name| name.value == *flag));
            let others = [
                ("billing", written.billing.is_some_and(|billing| !billing.is_known())),
                ("membership", written.membership.is_some_and(|member| !member.is_known())),
                ("auto-release", written.auto_release.is_some_and(|release| !release.is_known())),
                ("renewal", written.renewal.is_some_and(|renewal| !renewal.is_known())),
                ("disks", !has_system_disk(written)),
                ("lock", written.lock.iter().flat_map(|all| &all.0).any(|lock| !lock.is_known())),
            ];
            let others = others.into_iter().filter(|(_, unknown)| *unknown).map(|(fact, _)| fact);
            let of = |fact| Missing::of_instance(CLOUD, fact, group, "");
            found.extend(flags.chain(others).map(of));
        }
        let groups = self.out.groups.iter();
        let groups = groups.filter(|(_, group)| !group.protect.unknown.is_empty());
        found.extend(groups.map(|_| Missing::of_group(CLOUD, GROUP_DELETION_PROTECTION)));
        found.into_iter().for_each(|missing| self.missing(missing));
    }
}

fn is_subscription(written: &WrittenInstance) -> bool {
    written.billing.is_some_and(|billing| billing.value.0 == Some(Billing::Subscription))
}

fn has_system_disk(written: &WrittenInstance) -> bool {
    let resources = written.resources.iter().flat_map(|resources| &resources.0);
    resources.into_iter().any(|(_, resource)| resource.0.kind == ResourceKind::SystemDisk)
}

/// The protections that the state of a member shows. They are unknown without the state.
pub(super) fn states_of_members(span: Span) -> [Spanned<String>; 2] {
    [PROTECTED, STANDBY].map(|name| Spanned::new(name.to_owned(), span))
}

/// A group of which only the name is known.
fn undescribed(span: Span) -> WrittenGroup {
    let attribute = Spanned::new(GROUP_DELETION_PROTECTION.to_owned(), span);
    WrittenGroup {
        protect: WrittenProtect { on: Vec::new(), unknown: vec![attribute] },
        ..WrittenGroup::default()
    }
}
