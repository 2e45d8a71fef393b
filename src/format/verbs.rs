//! The verbs of events, one record for each.
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
                optional "by" => by: Spanned<Name>,
                /// The channel of the call.
                optional "via" => via: Channel,
            }
        }
    };
}

call! {
    /// Creates an instance.
    Create: "create" {
        /// The name of the new instance.
        required "instance" => instance: Spanned<Name>,
        /// The settings of the new instance. All others are the defaults of the fleet.
        optional "like" => like: WrittenInstance,
    }
}

call! {
    /// Releases instances permanently.
    Release: "release" {
        /// The instances.
        required "instance" => instance: Selector,
        /// Whether a running instance may be released; `false` if not given.
        optional "force" => force: bool,
        /// Whether an expired subscription may be released; `false` if not given.
        optional "terminate-subscription" => terminate_subscription: bool,
    }
}

call! {
    /// Stops instances.
    Stop: "stop" {
        /// The instances.
        required "instance" => instance: Selector,
        /// Whether to stop in economical mode, in which compute is free of charge.
        optional "economical" => economical: bool,
    }
}

call! {
    /// Starts instances.
    Start: "start" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Stops instances and starts them again.
    Restart: "restart" {
        /// The instances.
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
        /// The protections by name: `true` switches a protection on, `false` switches it off.
        required "flags" => flags: Map<bool>,
        /// The version of the provider's API that the call uses.
        optional "api-version" => api_version: ApiVersion,
    }
}

call! {
    /// Schedules the release of instances.
    ScheduleRelease: "schedule-release" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The time of the release.
        required "time" => time: When,
    }
}

call! {
    /// Cancels the scheduled release of instances.
    CancelScheduledRelease: "cancel-scheduled-release" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Converts instances to another way of billing.
    ConvertBilling: "convert-billing" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The new way of billing.
        required "to" => to: Billing,
        /// The term, if the new way of billing is a subscription; one month if not given.
        optional "for" => term: Term,
    }
}

call! {
    /// Renews subscriptions.
    Renew: "renew" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The term; the term of the instance's automatic renewal if not given.
        optional "for" => term: Term,
    }
}

call! {
    /// Takes snapshots of the disks of instances.
    Snapshot: "snapshot" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Makes custom images of instances.
    CreateImage: "create-image" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Converts the static public addresses of instances to addresses that outlive the instances.
    ConvertAddress: "convert-address" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Attaches instances to a group.
    Attach: "attach" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The group.
        required "group" => group: Spanned<String>,
        /// Whether the group manages the lifecycle of the instances; `false` if not given.
        optional "entrusted" => entrusted: bool,
    }
}

call! {
    /// Detaches members from their group; the instances stay.
    Detach: "detach" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Reduces the size of a group, which chooses the members to remove.
    ScaleIn: "scale-in" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The number of members to remove.
        required "remove" => remove: NonZero<u32>,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Increases the size of a group, which creates the members.
    ScaleOut: "scale-out" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The number of members to add.
        required "add" => add: NonZero<u32>,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Sets the desired capacity of a group, which creates members or chooses members to remove.
    SetCapacity: "set-capacity" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The desired capacity.
        required "to" => to: u32,
        /// The initiator; `user` if not given.
        optional "initiator" => initiator: Initiator,
    }
}

call! {
    /// Applies an operation to members of a group.
    GroupAction: "group-action" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The operation.
        required "do" => operation: GroupOperation,
        /// The members; all members if not given.
        optional "instance" => instance: Selector,
    }
}

call! {
    /// Replaces the model of a group. The upgrade mode of the group determines when its members
    /// change.
    UpdateModel: "update-model" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The name of the model.
        required "to" => to: Name,
    }
}

call! {
    /// Upgrades members of a group to its latest model.
    Upgrade: "upgrade" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members; all members if not given.
        optional "instance" => instance: Selector,
        /// Whether this is an OS image upgrade by the platform; `false` if not given.
        optional "os-image" => os_image: bool,
    }
}

call! {
    /// Replaces the system disks of instances by fresh ones.
    Reimage: "reimage" {
        /// The instances.
        required "instance" => instance: Selector,
        /// Whether data disks are replaced as well; `false` if not given.
        optional "all-disks" => all_disks: bool,
    }
}

call! {
    /// Shuts instances down and frees their compute.
    Deallocate: "deallocate" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Moves instances to other hosts.
    Redeploy: "redeploy" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Moves members of a group to standby.
    EnterStandby: "enter-standby" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The members.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Returns members of a group from standby to service.
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
        /// The processes.
        required "process" => process: OneOrMany<Process>,
    }
}

call! {
    /// Resumes processes of a group.
    Resume: "resume" {
        /// The group.
        required "group" => group: Spanned<String>,
        /// The processes.
        required "process" => process: OneOrMany<Process>,
    }
}

call! {
    /// Completes the hook that instances wait for.
    CompleteHook: "complete-hook" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The result of the hook; `continue` if not given.
        optional "result" => result: HookResult,
    }
}

call! {
    /// Restarts the timeout of the hook that instances wait for.
    Heartbeat: "heartbeat" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

call! {
    /// Removes the given members from a group. The policy decides which of them are released.
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
        /// Whether a group with members may be deleted; `false` if not given.
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
    /// Cancels an account.
    Cancel: "cancel" {
        /// The account.
        required "account" => account: Spanned<Name>,
    }
}

record! {
    /// Reports the health of instances.
    SetHealth: "set-health" {
        /// The instances.
        required "instance" => instance: Selector,
        /// The reported health.
        required "health" => health: Health,
    }
}

record! {
    /// Lets a group rebalance its members over zones.
    BalanceZones: "balance-zones" {
        /// The group.
        required "group" => group: Spanned<String>,
    }
}

record! {
    /// The platform maintains the hosts of instances.
    Maintenance: "maintenance" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

record! {
    /// The bill of an account becomes overdue.
    Overdue: "overdue" {
        /// The account.
        required "account" => account: Spanned<Name>,
    }
}

record! {
    /// The platform locks instances for a violation of its security rules.
    SecurityLock: "security-lock" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

record! {
    /// The platform removes the security lock of instances.
    SecurityUnlock: "security-unlock" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

record! {
    /// The platform releases instances for a violation of its security rules.
    SecurityRelease: "security-release" {
        /// The instances.
        required "instance" => instance: Selector,
    }
}

record! {
    /// The platform announces that it reclaims spot instances.
    SpotReclaim: "spot-reclaim" {
        /// The instances.
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
