//! Scaling groups and scale sets.

use super::autoscale::Autoscale;
use super::instance::{Instance, Prices, Property};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, HealthCheck, HookResult, InstanceId, ModelId, Orchestration, Process, Reclaim,
    Repair, SetProtections, Upgrade, Word, ZoneId, ZonePolicy,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// A scaling group or scale set.
#[derive(Debug, Clone)]
pub struct Group {
    /// The account that owns it.
    pub account: AccountId,
    /// Smallest size, inclusive.
    pub min: u32,
    /// Largest size, inclusive.
    pub max: u32,
    /// The desired size; `None` if the group has none.
    pub desired: Option<u32>,
    /// Its orchestration mode.
    pub orchestration: Orchestration,
    /// Its scale-in orders, as indices in its policy's list.
    pub orders: Vec<usize>,
    /// Its zones, in the order of its list.
    pub zones: Vec<ZoneId>,
    /// How its members are distributed over zones.
    pub zone_policy: ZonePolicy,
    /// How it reclaims members at a scale-in.
    pub reclaim: Reclaim,
    /// Whether its disks are managed by the provider.
    pub managed_disks: bool,
    /// Its health check and repair.
    pub care: Care,
    /// How a new model is applied to its members.
    pub upgrades: Upgrades,
    /// The cooldown after a member was added or removed, whatever the cause.
    pub cooldown: SimSpan,
    /// End of the cooldown; in the past if there is none.
    pub rests_until: SimTime,
    /// The suspended processes, as a mask with one bit for each index in `Process::ALL`.
    pub suspended: u8,
    /// The hook that delays new members; `None` if there is none.
    pub launch_hook: Option<Hook>,
    /// The hook that delays members that leave; `None` if there is none.
    pub terminate_hook: Option<Hook>,
    /// Its autoscale settings; `None` if it has none.
    pub autoscale: Option<Box<Autoscale>>,
    /// The properties of members that it creates.
    pub member_template: Instance,
    /// The resources of members that it creates.
    pub member_resources: Vec<Property>,
    /// The prices of a member that the group creates.
    pub member_prices: Prices,
    /// The number in the name of the next member that it creates without a given name.
    pub numbering: u32,
    /// The next members that it creates, with given names.
    pub expected: VecDeque<InstanceId>,
    /// The protections that are set on it.
    pub protections: SetProtections,
    /// Its members, in arbitrary order.
    pub members: Arc<Vec<InstanceId>>,
    /// Number of members that do not count: those that leave, and reclaimed ones.
    pub(super) aside: u32,
    /// The members that joined, left, or changed whether they count; `None` if changes are not
    /// recorded.
    pub(super) moved: Option<Vec<InstanceId>>,
    /// Whether it is being deleted: it gets no new members, and is deleted once the last has left.
    pub deleting: bool,
    /// Whether it has been deleted.
    pub deleted: bool,
}

/// The health check of a group, and its repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// Kind of the check.
    pub check: HealthCheck,
    /// The repair of an unhealthy member.
    pub repair: Repair,
    /// The grace period before the repair.
    pub grace: SimSpan,
}

/// How a new model is applied to the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upgrades {
    /// The mode.
    pub mode: Upgrade,
    /// The current model.
    pub model: ModelId,
    /// The size of a batch, in percent of the members.
    pub batch_percent: u32,
    /// The pause between two batches.
    pub pause: SimSpan,
}

/// A lifecycle hook: it delays a member that starts or leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Timeout of the delay.
    pub timeout: SimSpan,
    /// The result at the timeout.
    pub result: HookResult,
}

impl Group {
    /// An empty group with default settings.
    pub fn new(account: AccountId, born: SimTime) -> Self {
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
            member_prices: Prices::NONE,
            numbering: 1,
            expected: VecDeque::new(),
            protections: SetProtections::NONE,
            members: Arc::default(),
            aside: 0,
            moved: None,
            deleting: false,
            deleted: false,
        }
    }

    /// The settings that affect an instance that joins the group, to compare groups.
    pub fn settings(&self) -> impl PartialEq {
        // Every field is listed, so that a new one is not forgotten.
        let Self {
            account,
            min,
            max,
            desired,
            orchestration,
            orders,
            zones,
            zone_policy,
            reclaim,
            managed_disks,
            care,
            upgrades,
            cooldown,
            rests_until,
            suspended,
            launch_hook,
            terminate_hook,
            autoscale,
            protections,
            deleting,
            deleted,
            // Only members that the group creates have these.
            member_template: _,
            member_resources: _,
            member_prices: _,
            numbering: _,
            expected: _,
            // The members are compared by their number.
            members: _,
            aside: _,
            moved: _,
        } = self;
        (
            (account, min, max, desired.is_some(), orchestration, orders, zones, zone_policy),
            (reclaim, managed_disks, care, upgrades, cooldown, rests_until, suspended),
            (launch_hook, terminate_hook, autoscale, protections, deleting, deleted),
        )
    }

    /// Records a change of a member. A list as long as the group, and of 64 changes or more, is
    /// dropped, because sorting all members again then costs less.
    pub(super) fn note(&mut self, member: InstanceId) {
        let most = self.members.len().max(64);
        if self.moved.as_ref().is_some_and(|moved| moved.len() >= most) {
            self.moved = None;
        }
        if let Some(moved) = &mut self.moved {
            moved.push(member);
        }
    }

    /// Number of members that count: those that neither leave nor are reclaimed.
    pub fn size(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX) - self.aside
    }

    /// Number of members that it can get until it has its largest size.
    pub fn room(&self) -> u32 {
        self.max.saturating_sub(self.size())
    }

    /// Whether a process is suspended.
    pub fn is_suspended(&self, process: Process) -> bool {
        self.suspended >> process.index() & 1 == 1
    }
}
