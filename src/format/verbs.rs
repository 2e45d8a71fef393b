//! The verbs as written: what an event may ask for, one record for each.
//!
//! To add a verb, add its record here and its name to the list at the end; the compiler then
//! names the two other places, `plan/events.rs` and `world/run.rs`.

use std::num::NonZero;

use serde_json::Value as Json;

use super::fleet::WrittenInstance;
use super::read::{Map, Name, OneOrMany, Read};
use super::read_time::When;
use super::record::record;
use super::schema::Schemas;
use super::selector::Selector;
use super::tree::Node;
use super::verb_list::verb_list;
use crate::diagnostics::{Problems, Spanned};
use crate::time::{ApiVersion, Term};
use crate::words::{Billing, Channel, GroupOperation, Health, HookResult, Initiator, Process};

/// The record of an API call: a verb with the keys `by` and `via`.
macro_rules! call {
    ($(#[doc = $about:literal])+ $name:ident: $verb:literal { $($keys:tt)* }) => {
        record! {
            $(#[doc = $about])+
            $name: $verb {
                $($keys)*
                /// The name of the caller.
                optional "by" => by: Name,
                /// The way by which the call comes in.
                optional "via" => via: Channel,
            }
        }
    };
}

call! {
    /// Creates an instance.
    Create: "create" {
        /// Its name.
        required "instance" => instance: Spanned<Name>,
        /// What it is like; the fleet's defaults hold for the rest.
        optional "like" => like: WrittenInstance,
    }
}

call! {
    /// Gives instances up for good.
    Release: "release" {
        /// Which.
        required "instance" => instance: Selector,
        /// Whether a running instance may go.
        optional "force" => force: bool,
        /// Whether an expired subscription is meant to go.
        optional "terminate-subscription" => terminate_subscription: bool,
    }
}

call! {
    /// Shuts instances down.
    Stop: "stop" {
        /// Which.
        required "instance" => instance: Selector,
        /// Whether they are to pay nothing for compute meanwhile.
        optional "economical" => economical: bool,
    }
}

call! {
    /// Starts instances.
    Start: "start" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Stops instances and starts them again.
    Restart: "restart" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Switches protections on and off, on instances or on a group.
    SetProtection: "set-protection" {
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group.
        optional "group" => group: Spanned<String>,
        /// The protections by name: `true` switches on, `false` off.
        required "flags" => flags: Map<bool>,
        /// The version of the provider's interface by which the call comes in.
        optional "api-version" => api_version: ApiVersion,
    }
}

call! {
    /// Sets the time at which instances are to be released.
    ScheduleRelease: "schedule-release" {
        /// Which.
        required "instance" => instance: Selector,
        /// When they are to be released.
        required "time" => time: When,
    }
}

call! {
    /// Takes that time away.
    CancelScheduledRelease: "cancel-scheduled-release" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Changes how instances are paid for.
    ConvertBilling: "convert-billing" {
        /// Which.
        required "instance" => instance: Selector,
        /// How they are to be paid for.
        required "to" => to: Billing,
        /// For how long, if that is a subscription; a month if not given.
        optional "for" => term: Term,
    }
}

call! {
    /// Prolongs the terms of subscriptions.
    Renew: "renew" {
        /// Which.
        required "instance" => instance: Selector,
        /// For how long; as long as they renew themselves for, if not given.
        optional "for" => term: Term,
    }
}

call! {
    /// Copies the disks of instances into snapshots.
    Snapshot: "snapshot" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Makes custom images of instances.
    CreateImage: "create-image" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Turns the static public addresses of instances into ones that outlive them.
    ConvertAddress: "convert-address" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Takes instances into a group.
    Attach: "attach" {
        /// Which.
        required "instance" => instance: Selector,
        /// The group.
        required "group" => group: Spanned<String>,
        /// Whether the group is to manage their lives.
        optional "entrusted" => entrusted: bool,
    }
}

call! {
    /// Takes members out of their group and leaves them alone.
    Detach: "detach" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Has a group shrink; it chooses the members itself.
    ScaleIn: "scale-in" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// By how many members.
        required "remove" => remove: NonZero<u32>,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Has a group grow; it creates the members itself.
    ScaleOut: "scale-out" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// By how many members.
        required "add" => add: NonZero<u32>,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Gives a group another size; it creates or chooses the members itself.
    SetCapacity: "set-capacity" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// How many members it is to have.
        required "to" => to: u32,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Has a group do something to all of its members, or to those that are named.
    GroupAction: "group-action" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// What.
        required "do" => operation: GroupOperation,
        /// The members; all, if none is named.
        optional "instance" => instance: Selector,
    }
}

call! {
    /// Gives a group another model. How it reaches the members is the group's mode.
    UpdateModel: "update-model" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The name of the model.
        required "to" => to: Name,
    }
}

call! {
    /// Brings members of a group to its model.
    Upgrade: "upgrade" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members; all, if none is named.
        optional "instance" => instance: Selector,
        /// Whether it is the platform's own upgrade of the image of the system.
        optional "os-image" => os_image: bool,
    }
}

call! {
    /// Gives instances fresh system disks.
    Reimage: "reimage" {
        /// Which.
        required "instance" => instance: Selector,
        /// Whether their other disks are to be fresh as well.
        optional "all-disks" => all_disks: bool,
    }
}

call! {
    /// Shuts instances down and gives their compute back.
    Deallocate: "deallocate" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Moves instances to other hosts.
    Redeploy: "redeploy" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Lets members of a group stand by.
    EnterStandby: "enter-standby" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Puts members of a group back into service.
    ExitStandby: "exit-standby" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Suspends processes of a group.
    Suspend: "suspend" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// What.
        required "process" => process: OneOrMany<Process>,
    }
}

call! {
    /// Resumes processes of a group.
    Resume: "resume" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// What.
        required "process" => process: OneOrMany<Process>,
    }
}

call! {
    /// Completes the hook that instances wait for.
    CompleteHook: "complete-hook" {
        /// Which.
        required "instance" => instance: Selector,
        /// What becomes of what it held up; `continue` if not given.
        optional "result" => result: HookResult,
    }
}

call! {
    /// Restarts the timeout of the hook that instances wait for.
    Heartbeat: "heartbeat" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Has a group remove the members that are named.
    DeleteMembers: "delete-members" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Deletes a group.
    DeleteGroup: "delete-group" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// Whether it may have members.
        optional "force" => force: bool,
    }
}

call! {
    /// Pays an account's bill.
    Settle: "settle" {
        /// The account.
        required "account" => account: Spanned<Name>,
    }
}

record! {
    /// Has an account cancelled.
    Cancel: "cancel" {
        /// The account.
        required "account" => account: Spanned<Name>,
    }
}

record! {
    /// Reports how well instances serve.
    SetHealth: "set-health" {
        /// Which.
        required "instance" => instance: Selector,
        /// How well.
        required "health" => health: Health,
    }
}

record! {
    /// Has a group even out its zones.
    BalanceZones: "balance-zones" {
        /// The group.
        required "group" => group: Spanned<String>,
    }
}

record! {
    /// Has the platform work on the hosts of instances.
    Maintenance: "maintenance" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

record! {
    /// Leaves an account's bill unpaid.
    Overdue: "overdue" {
        /// The account.
        required "account" => account: Spanned<Name>,
    }
}

record! {
    /// Has the platform lock instances for a breach of its security rules.
    SecurityLock: "security-lock" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

record! {
    /// Has the platform lift that lock.
    SecurityUnlock: "security-unlock" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

record! {
    /// Has the platform release instances for a breach of its security rules.
    SecurityRelease: "security-release" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

record! {
    /// Has the platform give notice that it takes spot capacity back.
    SpotReclaim: "spot-reclaim" {
        /// Which.
        required "instance" => instance: Selector,
    }
}

verb_list! {
    "create" => Create,
    "release" => Release,
    "stop" => Stop,
    "start" => Start,
    "restart" => Restart,
    "set-protection" => SetProtection,
    "schedule-release" => ScheduleRelease,
    "cancel-scheduled-release" => CancelScheduledRelease,
    "convert-billing" => ConvertBilling,
    "renew" => Renew,
    "snapshot" => Snapshot,
    "create-image" => CreateImage,
    "convert-address" => ConvertAddress,
    "attach" => Attach,
    "detach" => Detach,
    "scale-in" => ScaleIn,
    "scale-out" => ScaleOut,
    "set-capacity" => SetCapacity,
    "group-action" => GroupAction,
    "update-model" => UpdateModel,
    "upgrade" => Upgrade,
    "reimage" => Reimage,
    "deallocate" => Deallocate,
    "redeploy" => Redeploy,
    "enter-standby" => EnterStandby,
    "exit-standby" => ExitStandby,
    "suspend" => Suspend,
    "resume" => Resume,
    "complete-hook" => CompleteHook,
    "heartbeat" => Heartbeat,
    "delete-members" => DeleteMembers,
    "delete-group" => DeleteGroup,
    "settle" => Settle,
    "cancel" => Cancel,
    "set-health" => SetHealth,
    "balance-zones" => BalanceZones,
    "maintenance" => Maintenance,
    "overdue" => Overdue,
    "security-lock" => SecurityLock,
    "security-unlock" => SecurityUnlock,
    "security-release" => SecurityRelease,
    "spot-reclaim" => SpotReclaim,
}
