//! Instances, and the resources that are attached to them.

use crate::time::SimTime;
use crate::words::{
    AccountId, Billing, Eviction, GroupId, Lifecycle, Locks, Membership, ModelId, ProtectionSet,
    Renewal, ResourceKind, StoppedBy, ZoneId,
};
use std::sync::Arc;

/// An instance. Kept small: a fleet has millions of them.
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// The account that pays for it.
    pub account: AccountId,
    /// The group that it is in.
    pub group: Option<GroupId>,
    /// Its place among the group's members.
    pub(super) slot: u32,
    /// The age of the configuration that it was made from; lower is older.
    pub configuration: u32,
    /// The zone that it is in.
    pub zone: Option<ZoneId>,
    /// The fault domain that it is in.
    pub fault_domain: u8,
    /// The model of its group that it was brought to last.
    pub model: ModelId,
    /// Whether it was reported unhealthy.
    pub unhealthy: bool,
    /// Whether what probes the health of its group's members sees it.
    pub probed: bool,
    /// What becomes of it if it is spot capacity and taken back.
    pub eviction: Eviction,
    /// When it was created.
    pub created: SimTime,
    /// When it joined its group.
    pub joined: SimTime,
    /// When its term ends; never, if it has none.
    pub expires: SimTime,
    /// When it is to be released; never, if no time is set.
    pub auto_release: SimTime,
    /// The protections that are set on it.
    pub on: ProtectionSet,
    /// The protections of which nobody knows whether they are set.
    pub unknown: ProtectionSet,
    /// How it is paid for.
    pub billing: Billing,
    /// Whether that is known; if not, it may be spot capacity.
    pub billing_known: bool,
    /// How it came into its group.
    pub membership: Membership,
    /// Whether that is known.
    pub membership_known: bool,
    /// Its state; changed by [`super::Fleet::set_state`] only.
    pub state: Lifecycle,
    /// What shut it down; changed by [`super::Fleet::set_state`] only.
    pub stopped_by: StoppedBy,
    /// What bars its owner from some calls, besides the clock of its account.
    pub locks: Locks,
    /// Whether that is known.
    pub lock_known: bool,
    /// Whether it is known if its release is scheduled.
    pub schedule_known: bool,
    /// Whether, if stopped, it pays nothing for compute.
    pub economical: bool,
    /// Whether its release was due and waits for the account to settle.
    pub waiting: bool,
    /// Whether its term has ended.
    pub expired: bool,
    /// Whether its subscription prolongs itself.
    pub renewal: Renewal,
    /// How many steps of the clock of its term have been taken.
    pub term_steps: u8,
    /// How many steps of the clock of its reclaim have been taken.
    pub reclaim_steps: u8,
    /// When that clock began; never, if it has not.
    pub reclaim_since: SimTime,
}

impl Instance {
    /// A running pay-as-you-go instance in no group.
    pub const fn new(account: AccountId, created: SimTime) -> Self {
        Self {
            account,
            group: None,
            slot: 0,
            configuration: u32::MAX,
            zone: None,
            fault_domain: 0,
            model: ModelId(0),
            unhealthy: false,
            probed: true,
            eviction: Eviction::Deallocate,
            created,
            joined: created,
            expires: SimTime::NEVER,
            auto_release: SimTime::NEVER,
            on: ProtectionSet::EMPTY,
            unknown: ProtectionSet::EMPTY,
            billing: Billing::PayAsYouGo,
            billing_known: true,
            membership: Membership::None,
            membership_known: true,
            state: Lifecycle::Running,
            stopped_by: StoppedBy::Nothing,
            locks: Locks::NONE,
            lock_known: true,
            schedule_known: true,
            economical: false,
            waiting: false,
            expired: false,
            renewal: Renewal::None,
            term_steps: 0,
            reclaim_steps: 0,
            reclaim_since: SimTime::NEVER,
        }
    }

    /// Whether its group does not count it: it is about to go, or put by for later.
    pub fn is_aside(&self) -> bool {
        self.state == Lifecycle::Removing || self.is_recycled()
    }

    /// Whether its group stopped it and may use it again.
    pub fn is_recycled(&self) -> bool {
        self.stopped_by == StoppedBy::Group && self.is_down()
    }

    /// Whether it is shut down.
    pub const fn is_down(&self) -> bool {
        matches!(self.state, Lifecycle::Stopped | Lifecycle::Reclaimed | Lifecycle::Deallocated)
    }

    /// Whether it is there: created, and not released.
    pub fn is_there(&self) -> bool {
        !matches!(self.state, Lifecycle::Absent | Lifecycle::Released)
    }
}

/// A thing that belongs to an instance and may be lost with it.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name, if somebody gave one.
    pub name: Option<Arc<str>>,
    /// What it is.
    pub resource: ResourceKind,
    /// Its size, if it has one that is known, in GiB.
    pub gib: Option<u64>,
    /// Whether it is set to go with the instance; `None` where nobody says.
    pub with_instance: Option<bool>,
    /// The name of the disk that it is a snapshot of, if it is one and somebody said so.
    pub disk: Option<Arc<str>>,
}

/// What stands in a name between the group that created the member and its number.
pub const MEMBER_TEMPLATE: &str = "-new-";
