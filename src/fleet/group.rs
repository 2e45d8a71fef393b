//! Scaling groups and scale sets.

use super::autoscale::Autoscale;
use super::instance::{Instance, Property};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, HealthCheck, HookResult, InstanceId, ModelId, Orchestration, Process, ProtectionSet,
    Reclaim, Repair, Upgrade, Word, ZoneId, ZonePolicy,
};
use std::collections::VecDeque;

/// A scaling group or scale set.
#[derive(Debug, Clone)]
pub struct Group {
    /// The account that pays for it.
    pub account: AccountId,
    /// Its bounds.
    pub min: u32,
    /// Its bounds.
    pub max: u32,
    /// The size that it is meant to have, if it was given one.
    pub desired: Option<u32>,
    /// How its members are kept.
    pub orchestration: Orchestration,
    /// The orders by which it shrinks, as places in its policy's list.
    pub orders: Vec<usize>,
    /// The zones that it spreads over, in the order in which it lists them.
    pub zones: Vec<ZoneId>,
    /// How it spreads.
    pub zone_policy: ZonePolicy,
    /// What it does with members that it no longer needs.
    pub reclaim: Reclaim,
    /// Whether its disks are kept by the provider.
    pub managed_disks: bool,
    /// How it looks after the health of its members.
    pub care: Care,
    /// How a new model reaches its members.
    pub upgrades: Upgrades,
    /// How long it rests after a member was added or removed, by whatever means.
    pub cooldown: SimSpan,
    /// Until when it rests; long past, if it does not.
    pub rests_until: SimTime,
    /// The processes that are suspended: a bit for each process, by its place.
    pub suspended: u8,
    /// What holds up a member that comes.
    pub launch_hook: Option<Hook>,
    /// What holds up a member that goes.
    pub terminate_hook: Option<Hook>,
    /// What makes it want another size.
    pub autoscale: Option<Box<Autoscale>>,
    /// What a member is like that it creates.
    pub member_template: Instance,
    /// What belongs to such a member.
    pub member_resources: Vec<Property>,
    /// The number of the next member that it creates and that has no name yet.
    pub numbering: u32,
    /// The next members that it creates; they have names already.
    pub expected: VecDeque<InstanceId>,
    /// The protections that are set on it.
    pub on: ProtectionSet,
    /// The protections of which nobody knows whether they are set.
    pub unknown: ProtectionSet,
    /// Its members, in no order that means anything.
    pub members: Vec<InstanceId>,
    /// How many of them do not count: about to go, or put by for later.
    pub(super) aside: u32,
    /// The members that came, left, or changed whether they count; `None` if nobody wants to know.
    pub(super) moved: Option<Vec<InstanceId>>,
    /// Whether it has been deleted.
    pub deleted: bool,
}

/// How a group looks after the health of its members.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// What it looks at.
    pub check: HealthCheck,
    /// What it does to a member that is unhealthy.
    pub repair: Repair,
    /// How long it waits first.
    pub grace: SimSpan,
}

/// How a new model reaches the members of a group.
#[derive(Debug, Clone, Copy)]
pub struct Upgrades {
    /// In which way.
    pub mode: Upgrade,
    /// The model that members are made from now.
    pub model: ModelId,
    /// The size of a batch, in percent of the members.
    pub batch_percent: u32,
    /// How long it waits between two batches.
    pub pause: SimSpan,
}

/// What holds up a member that comes or goes.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    /// For how long.
    pub timeout: SimSpan,
    /// What then becomes of it, if nobody says otherwise.
    pub result: HookResult,
}

impl Group {
    /// An empty group of which nothing is said.
    pub const fn new(account: AccountId, born: SimTime) -> Self {
        Self {
            account,
            min: 0,
            max: u32::MAX,
            desired: None,
            orchestration: Orchestration::Uniform,
            orders: Vec::new(),
            zones: Vec::new(),
            zone_policy: ZonePolicy::None,
            reclaim: Reclaim::Release,
            managed_disks: true,
            care: Care { check: HealthCheck::None, repair: Repair::Replace, grace: SimSpan::ZERO },
            upgrades: Upgrades {
                mode: Upgrade::Manual,
                model: ModelId(0),
                batch_percent: 100,
                pause: SimSpan::ZERO,
            },
            cooldown: SimSpan::ZERO,
            rests_until: born,
            suspended: 0,
            launch_hook: None,
            terminate_hook: None,
            autoscale: None,
            member_template: Instance::new(account, born),
            member_resources: Vec::new(),
            numbering: 1,
            expected: VecDeque::new(),
            on: ProtectionSet::EMPTY,
            unknown: ProtectionSet::EMPTY,
            members: Vec::new(),
            aside: 0,
            moved: None,
            deleted: false,
        }
    }

    /// Notes a change of a member. A list as long as the group is given up: putting all members in
    /// order again then costs less.
    pub(super) fn note(&mut self, member: InstanceId) {
        let most = self.members.len().max(64);
        if self.moved.as_ref().is_some_and(|moved| moved.len() >= most) {
            self.moved = None;
        }
        if let Some(moved) = &mut self.moved {
            moved.push(member);
        }
    }

    /// How many of its members count: not about to go, and not put by for later.
    pub fn size(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX) - self.aside
    }

    /// Whether a process is suspended.
    pub fn is_suspended(&self, process: Process) -> bool {
        self.suspended >> process.index() & 1 == 1
    }
}
