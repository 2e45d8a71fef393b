//! The verbs: what an event may do, stated once.
//!
//! From one statement come what a file may write, its schema, and what the world
//! gets: the same, with ids in place of names. To add an event kind, add it here;
//! the compiler names the arm that is missing in the world.

use super::bulk::csv_stream::Row;
use super::resolver::{
    AccountRef, Actor, FlagSwitches, GroupRef, Instances, ModelRef, NameLookup, NewInstance, Part,
    ProcessSet, Resolver, TimeRef,
};
use super::targets::EventTargets;
use crate::diagnostics::Problems;
use crate::format::{Node, Read, WrittenInstance};
use crate::time::{ApiVersion, Term};
use crate::words::{Billing, Channel, GroupOperation, Health, HookResult, Initiator};
use serde_json::Value as Json;
use std::num::NonZero;

macro_rules! verbs {
    (
        called by somebody { $(
            $(#[doc = $about:literal])+
            $verb:literal => $name:ident {
                $($(#[doc = $doc:literal])+ $mode:ident $key:literal => $field:ident: $part:ty,)+
            }
        )+ }
        befalls them { $($rest:tt)+ }
    ) => {
        // Everything that somebody calls may say who calls, and how.
        verbs! { $(
            $(#[doc = $about])+
            $verb => $name {
                $($(#[doc = $doc])+ $mode $key => $field: $part,)+
                /// Who calls.
                optional "by" => by: Actor,
                /// The way by which the call comes in.
                optional "via" => via: Channel,
            }
        )+ $($rest)+ }
    };
    ($(
        $(#[doc = $about:literal])+
        $verb:literal => $name:ident {
            $($(#[doc = $doc:literal])+ $mode:ident $key:literal => $field:ident: $part:ty,)+
        }
    )+) => {
        /// The verbs.
        pub const VERBS: &[&str] = &[$($verb),+];

        /// What each verb says, as written.
        pub mod written {
            use super::*;
            $(crate::format::record! {
                $(#[doc = $about])+
                $name: $verb {
                    $($(#[doc = $doc])+ $mode $key => $field: <$part as Part>::Written,)+
                }
            })+
        }

        /// What each verb asks of the world.
        pub mod resolved {
            use super::*;
            $(
                $(#[doc = $about])+
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub struct $name {
                    $($(#[doc = $doc])+ pub $field: verbs!(@type $mode <$part as Part>::Resolved),)+
                }
            )+
        }

        /// A verb as written.
        #[derive(Debug, Clone)]
        pub enum WrittenVerb {
            $($(#[doc = $about])+ $name(Box<written::$name>),)+
        }

        /// A verb with every name resolved: what the world is told to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[doc = $about])+ $name(resolved::$name),)+
        }

        impl WrittenVerb {
            /// Reads what stands behind a verb.
            pub fn read(verb: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
                match verb {
                    $($verb => {
                        written::$name::read(node, problems).map(Box::new).map(Self::$name)
                    })+
                    _ => None,
                }
            }

            /// Resolves its names.
            pub fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<Event> {
                match self {
                    $(Self::$name(written) => {
                        $(let $field = verbs!(@resolve $mode $part, written.$field, resolver);)+
                        Some(Event::$name(resolved::$name {
                            $($field: verbs!(@take $mode $field),)+
                        }))
                    })+
                }
            }
        }

        /// What reads the keys of a verb from a row that is plainly right.
        pub fn quick_verb(verb: &str) -> Option<QuickVerb> {
            match verb {
                $($verb => Some(|keys, desk| {
                    $(let $field = verbs!(@quick $mode $part, keys.take(), desk)?;)+
                    Some(Event::$name(resolved::$name { $($field,)+ }))
                }),)+
                _ => None,
            }
        }

        impl Event {
            /// Its verb.
            pub const fn verb(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $verb,)+
                }
            }

            /// What it is about.
            pub fn aim(&self) -> EventTargets {
                let mut aim = EventTargets::default();
                match self {
                    $(Self::$name(order) => {
                        $(verbs!(@tell $mode $part, &order.$field, &mut aim);)+
                    })+
                }
                aim
            }

            /// The same about something else, in each key that it has and the aim names.
            #[must_use]
            pub fn aimed(mut self, aim: &EventTargets) -> Self {
                match &mut self {
                    $(Self::$name(order) => {
                        $(verbs!(@turn $mode $part, &mut order.$field, aim);)+
                    })+
                }
                self
            }
        }

        /// For each verb: itself, what it is about, its schema, whether it must be there.
        pub fn verb_schemas() -> Vec<(&'static str, &'static str, Json, bool)> {
            vec![$((
                $verb,
                concat!($($about),+).trim_ascii(),
                written::$name::schema(),
                false,
            )),+]
        }

        /// For each verb, its own keys.
        pub fn verb_keys(verb: &str) -> &'static [&'static str] {
            match verb {
                $($verb => written::$name::KEYS,)+
                _ => &[],
            }
        }

        /// For each verb, those of its keys that must be there.
        pub fn verb_needs(verb: &str) -> Vec<&'static str> {
            match verb {
                $($verb => [$(verbs!(@need $mode $key)),+].into_iter().flatten().collect(),)+
                _ => Vec::new(),
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@resolve required $part:ty, $written:expr, $resolver:ident) => {
        <$part as Part>::resolve(&$written, $resolver)
    };
    (@resolve optional $part:ty, $written:expr, $resolver:ident) => {
        match &$written {
            Some(written) => <$part as Part>::resolve(written, $resolver).map(Some),
            None => Some(None),
        }
    };
    (@take $mode:ident $field:ident) => { $field? };
    (@tell required $part:ty, $resolved:expr, $aim:expr) => {
        <$part as Part>::tell($resolved, $aim)
    };
    (@tell optional $part:ty, $resolved:expr, $aim:expr) => {
        if let Some(resolved) = $resolved {
            <$part as Part>::tell(resolved, $aim);
        }
    };
    (@turn required $part:ty, $resolved:expr, $aim:expr) => {
        <$part as Part>::turn($resolved, $aim)
    };
    (@turn optional $part:ty, $resolved:expr, $aim:expr) => {
        if let Some(resolved) = $resolved {
            <$part as Part>::turn(resolved, $aim);
        }
    };
    (@need required $key:literal) => { Some($key) };
    (@need optional $key:literal) => { None };
    (@quick required $part:ty, $cell:expr, $desk:ident) => {
        $cell.and_then(|cell| <$part as Part>::quick(cell, $desk))
    };
    (@quick optional $part:ty, $cell:expr, $desk:ident) => {
        match $cell {
            Some(cell) => <$part as Part>::quick(cell, $desk).map(Some),
            None => Some(None),
        }
    };
}

/// Reads the keys of one verb from a row of a streamed table.
pub type QuickVerb = fn(&mut Keys<'_>, &mut dyn NameLookup) -> Option<Event>;

/// The cells of a row that belong to its verb, in the order of the verb's keys.
pub struct Keys<'r> {
    row: Row<'r>,
    columns: std::slice::Iter<'r, Option<usize>>,
    taken: usize,
}

impl<'r> Keys<'r> {
    /// Those of a row; `columns` has where the keys of its verb stand, one by one.
    pub fn new(row: Row<'r>, columns: &'r [Option<usize>]) -> Self {
        Self { row, columns: columns.iter(), taken: 0 }
    }

    /// What the next key says, if it says anything.
    fn take(&mut self) -> Option<&'r str> {
        let column = self.columns.next().copied().flatten();
        let cell = column.map(|column| self.row.cell(column)).filter(|cell| !cell.is_empty());
        self.taken += usize::from(cell.is_some());
        cell
    }

    /// How many have said something.
    pub const fn taken(&self) -> usize {
        self.taken
    }
}

verbs! {
    called by somebody {
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
            /// For how long, if that is a subscription; a month if it does not say.
            optional "for" => term: Term,
        }

        /// Prolongs the terms of subscriptions.
        "renew" => Renew {
            /// Which.
            required "instance" => instance: Instances,
            /// For how long; as long as they renew themselves for, if it does not say.
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
            required "instances" => instances: Instances,
        }

        /// Has a group shrink; it chooses the members itself.
        "scale-in" => ScaleIn {
            /// The group.
            required "group" => group: GroupRef,
            /// By how many members.
            required "remove" => remove: NonZero<u32>,
            /// Who or what wants it; `user` if it does not say.
            optional "initiator" => initiator: Initiator,
        }

        /// Has a group grow; it creates the members itself.
        "scale-out" => ScaleOut {
            /// The group.
            required "group" => group: GroupRef,
            /// By how many members.
            required "add" => add: NonZero<u32>,
            /// Who or what wants it; `user` if it does not say.
            optional "initiator" => initiator: Initiator,
        }

        /// Gives a group another size; it creates or chooses the members itself.
        "set-capacity" => SetCapacity {
            /// The group.
            required "group" => group: GroupRef,
            /// How many members it is to have.
            required "to" => to: u32,
            /// Who or what wants it; `user` if it does not say.
            optional "initiator" => initiator: Initiator,
        }

        /// Has a group do something to all of its members, or to those that are named.
        "group-action" => GroupAction {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "do" => deed: GroupOperation,
            /// The members; all, if none is named.
            optional "instances" => instances: Instances,
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
            optional "instances" => instances: Instances,
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
            required "instances" => instances: Instances,
        }

        /// Puts members of a group back into service.
        "exit-standby" => ExitStandby {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instances" => instances: Instances,
        }

        /// Tells a group not to do things by itself.
        "suspend" => Suspend {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "process" => process: ProcessSet,
        }

        /// Lets a group do things by itself again.
        "resume" => Resume {
            /// The group.
            required "group" => group: GroupRef,
            /// What.
            required "process" => process: ProcessSet,
        }

        /// Says that what a hook waited for is done, for instances that it holds up.
        "complete-hook" => CompleteHook {
            /// Which.
            required "instance" => instance: Instances,
            /// What becomes of what it held up; `continue` if it does not say.
            optional "result" => result: HookResult,
        }

        /// Says that what a hook waits for takes longer, for instances that it holds up.
        "heartbeat" => Heartbeat {
            /// Which.
            required "instance" => instance: Instances,
        }

        /// Tells a group to remove these very members.
        "delete-members" => DeleteMembers {
            /// The group.
            required "group" => group: GroupRef,
            /// The members.
            required "instances" => instances: Instances,
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

    befalls them {
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
