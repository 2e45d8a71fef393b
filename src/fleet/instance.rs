//! Instances, and the resources that are attached to them.

use crate::money::Money;
use crate::time::SimTime;
use crate::words::{
    AccountId, Billing, Eviction, GroupId, Lifecycle, Lock, Locks, Membership, ModelId, Renewal,
    ResourceKind, SetProtections, StoppedBy, ZoneId,
};
use std::sync::Arc;

/// An instance. It is kept small because a fleet can have millions of instances.
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// The account that owns it.
    pub account: AccountId,
    /// Its group; `None` if it is in no group.
    pub group: Option<GroupId>,
    /// Its index in the group's list of members.
    pub(super) slot: u32,
    /// The age of its configuration; lower is older.
    pub configuration: u32,
    /// Its zone; `None` if it has none.
    pub zone: Option<ZoneId>,
    /// Its fault domain.
    pub fault_domain: u8,
    /// The model of its group that it has.
    pub model: ModelId,
    /// Whether it was reported unhealthy.
    pub unhealthy: bool,
    /// Whether the health probe of its group covers it.
    pub probed: bool,
    /// The effect of a reclaim, if it is a spot instance.
    pub eviction: Eviction,
    /// When it was created.
    pub created: SimTime,
    /// When it joined its group.
    pub joined: SimTime,
    /// The end of its term; [`SimTime::NEVER`] if it has none.
    pub expires: SimTime,
    /// The time of its scheduled release; [`SimTime::NEVER`] if there is none.
    pub auto_release: SimTime,
    /// The protections that are set on it.
    pub protections: SetProtections,
    /// Its billing.
    pub billing: Billing,
    /// Whether the billing is known; if not, it may be a spot instance.
    pub billing_known: bool,
    /// Its membership.
    pub membership: Membership,
    /// Whether the membership is known.
    pub membership_known: bool,
    /// Its state; changed by [`super::Fleet::set_state`] only.
    pub state: Lifecycle,
    /// The cause of its shutdown; changed by [`super::Fleet::set_state`] only.
    pub stopped_by: StoppedBy,
    /// Its locks, apart from those of the clock of its account.
    pub locks: Locks,
    /// Whether the locks are known.
    pub lock_known: bool,
    /// Whether it is known whether its release is scheduled.
    pub schedule_known: bool,
    /// Whether compute is free of charge while it is stopped.
    pub economical: bool,
    /// Whether its release waits; changed by [`super::Fleet::set_waiting`] only.
    pub(super) waiting: bool,
    /// Whether its term has ended.
    pub expired: bool,
    /// How its subscription is renewed at the end of its term.
    pub renewal: Renewal,
    /// Whether the renewal is known.
    pub renewal_known: bool,
    /// Number of steps of the clock of its term that have been taken.
    pub term_steps: u8,
    /// Number of steps of the clock of its reclaim that have been taken.
    pub reclaim_steps: u8,
    /// The start of that clock; [`SimTime::NEVER`] if it has not started.
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
            protections: SetProtections::NONE,
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
            renewal_known: true,
            term_steps: 0,
            reclaim_steps: 0,
            reclaim_since: SimTime::NEVER,
        }
    }

    /// Whether its release was due and waits for the account to settle.
    pub const fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Whether its group does not count it, because it leaves the group or is recycled.
    pub fn is_aside(&self) -> bool {
        self.state == Lifecycle::Removing || self.is_recycled()
    }

    /// Whether its group has stopped it and can start it again.
    pub fn is_recycled(&self) -> bool {
        self.stopped_by == StoppedBy::Group && self.is_down()
    }

    /// Whether the arrears of its account have stopped or locked it.
    pub(super) fn is_affected(&self) -> bool {
        self.stopped_by == StoppedBy::Arrears || self.locks.contains(Lock::Financial)
    }

    /// Whether it is shut down.
    pub const fn is_down(&self) -> bool {
        self.state.is_down()
    }

    /// Whether it exists: it has been created and not released.
    pub fn exists(&self) -> bool {
        !matches!(self.state, Lifecycle::Absent | Lifecycle::Released)
    }
}

/// A resource of an instance, which may be lost with it.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name; `None` if the fleet does not state one.
    pub name: Option<Arc<str>>,
    /// Its kind.
    pub resource: ResourceKind,
    /// Its size in GiB; `None` if it is unknown or the resource has none.
    pub gib: Option<u64>,
    /// Whether it is deleted with the instance; `None` if the fleet does not state it.
    pub with_instance: Option<bool>,
    /// The name of the disk of which it is a snapshot; `None` if that is not stated.
    pub disk: Option<Arc<str>>,
    /// Its price for an hour; `None` if the fleet does not state it.
    pub hourly: Option<Money>,
}

impl Property {
    /// The system disk of an instance whose entry does not list one; `None` if it does.
    pub fn unlisted_system_disk(listed: &[Self]) -> Option<Self> {
        let resource = ResourceKind::SystemDisk;
        if listed.iter().any(|property| property.resource == resource) {
            return None;
        }
        let (name, gib, with_instance, disk, hourly) = (None, None, None, None, None);
        Some(Self { name, resource, gib, with_instance, disk, hourly })
    }
}

/// The prices of an instance, as far as the fleet states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Its price for an hour, without its resources.
    pub hourly: Option<Money>,
    /// The worth that is lost when it is released.
    pub worth: Option<Money>,
}

impl Prices {
    /// No price is stated.
    pub const NONE: Self = Self { hourly: None, worth: None };
}

/// The part between the name of the group and the number, in the name of a new member.
pub const MEMBER_TEMPLATE: &str = "-new-";
