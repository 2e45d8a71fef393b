//! The verbs: what an event may do, stated once.
//!
//! `verbs!` makes three things of each entry: the record that a file may write, its JSON schema,
//! and a struct with ids in place of names for the world. To add a verb, add an entry; the compiler
//! reports the arm that is missing in the world.

use std::num::NonZero;

use serde_json::Value as Json;

use super::name_lookup::NameLookup;
use super::resolver::Resolver;
use super::targets::EventTargets;
use super::verb_keys::{
    AccountRef, Actor, FlagSwitches, GroupRef, Instances, ModelRef, NewInstance, ProcessSet,
    TimeRef, VerbKey,
};
use super::verbs::verbs;
use crate::diagnostics::Problems;
use crate::format::{Node, Read, Schemas, WrittenInstance};
use crate::time::{ApiVersion, Term};
use crate::words::{Billing, Channel, GroupOperation, Health, HookResult, Initiator};

/// Reads the cells of one verb, in the order of its keys (`None` for a cell without text), where
/// each is certainly right; gives `None` for a row that needs the full reader.
pub type ParseCells =
    fn(&mut dyn Iterator<Item = Option<&str>>, &mut dyn NameLookup) -> Option<Event>;

verbs! {
    api_calls {
        /// Creates an instance.
        "create" => Create {
            /// Its name.
            required "instance" => instance: NewInstance,
            /// What it is like; the fleet's defaults hold for the rest.
            optional "like" => like: WrittenInstance,
        }

        /// Gives instances up for good.
        "release" => Release {
            /// Which.
            required "instance" => instance: Instances,
            /// Whether a running instance may go.
            optional "force" => force: bool,
            /// Whether an expired subscription is meant to go.
            optional "terminate-subscription" => terminate_subscription: bool,
        }

        /// Shuts instances down.
        "stop" => Stop {
            /// Which.
            required "instance" => instance: Instances,
            /// Whether they are to pay nothing for compute meanwhile.
            optional "economical" => economical: bool,
        }

        /// Starts instances.
        "start" => Start {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Stops instances and starts them again.
        "restart" => Restart {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Switches protections on and off, on instances or on a group.
        "set-protection" => SetProtection {
            /// The instances.
            optional "instance" => instance: Instances,
            /// The group.
            optional "group" => group: GroupRef,
            /// The protections by name: `true` switches on, `false` off.
            required "flags" => flags: FlagSwitches,
            /// The version of the provider's interface by which the call comes in.
            optional "api-version" => api_version: ApiVersion,
        }

        /// Sets the time at which instances are to be released.
        "schedule-release" => ScheduleRelease {
            /// Which.
            required "instance" => instance: Instances,
            /// When they are to be released.
            required "time" => time: TimeRef,
        }

        /// Takes that time away.
        "cancel-scheduled-release" => CancelScheduledRelease {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Changes how instances are paid for.
        "convert-billing" => ConvertBilling {
            /// Which.
            required "instance" => instance: Instances,
            /// How they are to be paid for.
            required "to" => to: Billing,
            /// For how long, if that is a subscription; a month if not given.
            optional "for" => term: Term,
        }

        /// Prolongs the terms of subscriptions.
        "renew" => Renew {
            /// Which.
            required "instance" => instance: Instances,
            /// For how long; as long as they renew themselves for, if not given.
            optional "for" => term: Term,
        }

        /// Copies the disks of instances into snapshots.
        "snapshot" => Snapshot {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Makes custom images of instances.
        "create-image" => CreateImage {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Turns the static public addresses of instances into ones that outlive them.
        "convert-address" => ConvertAddress {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Takes instances into a group.
        "attach" => Attach {
            /// Which.
            required "instance" => instance: Instances,
            /// The group.
            required "group" => group: GroupRef,
            /// Whether the group is to manage their lives.
            optional "entrusted" => entrusted: bool,
        }

        /// Takes members out of their group and leaves them alone.
        "detach" => Detach {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instance" => instance: Instances,
        }

        /// Has a group shrink; it chooses the members itself.
        "scale-in" => ScaleIn {
            /// The group.
            required "group" => group: GroupRef,
            /// By how many members.
            required "remove" => remove: NonZero<u32>,
            /// The initiator; `user` if not given.
            optional "initiator" => initiator: Initiator,
        }

        /// Has a group grow; it creates the members itself.
        "scale-out" => ScaleOut {
            /// The group.
            required "group" => group: GroupRef,
            /// By how many members.
            required "add" => add: NonZero<u32>,
            /// The initiator; `user` if not given.
            optional "initiator" => initiator: Initiator,
        }

        /// Gives a group another size; it creates or chooses the members itself.
        "set-capacity" => SetCapacity {
            /// The group.
            required "group" => group: GroupRef,
            /// How many members it is to have.
            required "to" => to: u32,
            /// The initiator; `user` if not given.
            optional "initiator" => initiator: Initiator,
        }

        /// Has a group do something to all of its members, or to those that are named.
        "group-action" => GroupAction {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "do" => operation: GroupOperation,
            /// The members; all, if none is named.
            optional "instance" => instance: Instances,
        }

        /// Gives a group another model. How it reaches the members is the group's mode.
        "update-model" => UpdateModel {
            /// The group.
            required "group" => group: GroupRef,
            /// The name of the model.
            required "to" => to: ModelRef,
        }

        /// Brings members of a group to its model.
        "upgrade" => Upgrade {
            /// The group.
            required "group" => group: GroupRef,
            /// The members; all, if none is named.
            optional "instance" => instance: Instances,
            /// Whether it is the platform's own upgrade of the image of the system.
            optional "os-image" => os_image: bool,
        }

        /// Gives instances fresh system disks.
        "reimage" => Reimage {
            /// Which.
            required "instance" => instance: Instances,
            /// Whether their other disks are to be fresh as well.
            optional "all-disks" => all_disks: bool,
        }

        /// Shuts instances down and gives their compute back.
        "deallocate" => Deallocate {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Moves instances to other hosts.
        "redeploy" => Redeploy {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Lets members of a group stand by.
        "enter-standby" => EnterStandby {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instance" => instance: Instances,
        }

        /// Puts members of a group back into service.
        "exit-standby" => ExitStandby {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instance" => instance: Instances,
        }

        /// Suspends processes of a group.
        "suspend" => Suspend {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "process" => process: ProcessSet,
        }

        /// Resumes processes of a group.
        "resume" => Resume {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "process" => process: ProcessSet,
        }

        /// Completes the hook that instances wait for.
        "complete-hook" => CompleteHook {
            /// Which.
            required "instance" => instance: Instances,
            /// What becomes of what it held up; `continue` if not given.
            optional "result" => result: HookResult,
        }

        /// Restarts the timeout of the hook that instances wait for.
        "heartbeat" => Heartbeat {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Has a group remove the members that are named.
        "delete-members" => DeleteMembers {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instance" => instance: Instances,
        }

        /// Deletes a group.
        "delete-group" => DeleteGroup {
            /// The group.
            required "group" => group: GroupRef,
            /// Whether it may have members.
            optional "force" => force: bool,
        }

        /// Pays an account's bill.
        "settle" => Settle {
            /// The account.
            required "account" => account: AccountRef,
        }
    }

    platform_events {
        /// Has an account cancelled.
        "cancel" => Cancel {
            /// The account.
            required "account" => account: AccountRef,
        }

        /// Reports how well instances serve.
        "set-health" => SetHealth {
            /// Which.
            required "instance" => instance: Instances,
            /// How well.
            required "health" => health: Health,
        }

        /// Has a group even out its zones.
        "balance-zones" => BalanceZones {
            /// The group.
            required "group" => group: GroupRef,
        }

        /// Has the platform work on the hosts of instances.
        "maintenance" => Maintenance {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Leaves an account's bill unpaid.
        "overdue" => Overdue {
            /// The account.
            required "account" => account: AccountRef,
        }

        /// Has the platform lock instances for a breach of its security rules.
        "security-lock" => SecurityLock {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Has the platform lift that lock.
        "security-unlock" => SecurityUnlock {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Has the platform release instances for a breach of its security rules.
        "security-release" => SecurityRelease {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Has the platform give notice that it takes spot capacity back.
        "spot-reclaim" => SpotReclaim {
            /// Which.
            required "instance" => instance: Instances,
        }
    }
}
