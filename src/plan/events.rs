//! The events with ids in place of names, as the world handles them.
//!
//! Each verb lists its keys with the types that they are resolved to. `trait Verb` has the
//! operations on a verb, and `trait VerbKey` those on a key. To add a verb, write its record in
//! `format/verbs.rs` and its entry here; the compiler reports the arm that is missing in
//! `world/run.rs`.

use std::num::NonZero;

use serde_json::Value as Json;

use super::name_lookup::NameLookup;
use super::resolver::Resolver;
use super::spelling::Spelling;
use super::targets::EventTargets;
use super::verb_keys::{
    AccountRef, Actor, FlagSwitches, GroupRef, Instances, ModelRef, NewInstance, ProcessSet,
    TimeRef, VerbKey,
};
use crate::format::{WrittenInstance, WrittenVerb, verbs as written};
use crate::time::{ApiVersion, Term};
use crate::words::{
    Action, Billing, Channel, GroupOperation, Health, HookResult, Initiator, Trigger,
};

/// The cells of a row of a streamed table that are keys of its verb.
#[derive(Debug)]
pub struct KeyCells<'r> {
    /// A text that contains the row.
    pub text: &'r str,
    /// Start and end in the text of each cell of the row.
    pub cells: &'r [(u32, u32)],
    /// The column of each key, in the order of the keys.
    pub columns: &'r [usize],
}

impl<'r> KeyCells<'r> {
    /// The text of a column; `None` if it is empty or there is no such column.
    #[inline]
    pub fn cell(&self, column: usize) -> Option<&'r str> {
        let (start, end) = *self.cells.get(column)?;
        if start == end { None } else { self.text.get(start as usize..end as usize) }
    }
}

/// Parses the cells of one verb, in the order of its keys; `None` for a row that needs the full
/// reader.
pub type ParseCells = fn(&KeyCells<'_>, &mut dyn NameLookup) -> Option<Event>;

/// A verb with ids in place of names.
pub trait Verb: Sized {
    /// The verb as a file states it.
    type Written;

    /// Resolves the names of a verb; `None` if it has a mistake, which is reported.
    fn resolve(written: &Self::Written, resolver: &mut Resolver<'_>) -> Option<Self>;

    /// Adds the instances, the group and the account that it names.
    fn add_targets(&self, targets: &mut EventTargets);

    /// Its keys and their values, as a file states them; a key that is left out is not included.
    fn keys(&self, names: &Spelling<'_>) -> Vec<(&'static str, Json)>;

    /// Replaces each of its keys that `targets` names.
    fn retarget(&mut self, targets: &EventTargets);

    /// The event with the cells of a row; `None` if one of them needs the full reader.
    fn parse_cells(cells: &KeyCells<'_>, names: &mut dyn NameLookup) -> Option<Event>;
}

/// Generates, from the list of verbs, a struct for each verb, its `Verb`, and the enum of all.
macro_rules! list {
    ($($verb:literal => $name:ident { $($field:ident: $key:ty,)+ })+) => {
        /// Each verb with ids in place of names.
        #[expect(missing_docs, reason = "the keys are documented in `format/verbs.rs`")]
        pub mod verb {
            use super::*;
            $(
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub struct $name {
                    $(pub $field: <$key as VerbKey>::Resolved,)+
                }

                impl Verb for $name {
                    type Written = written::$name;

                    fn resolve(
                        written: &written::$name,
                        resolver: &mut Resolver<'_>,
                    ) -> Option<Self> {
                        // Every key is resolved, so that every mistake is reported.
                        $(let $field = <$key as VerbKey>::resolve(&written.$field, resolver);)+
                        Some(Self { $($field: $field?,)+ })
                    }

                    fn add_targets(&self, targets: &mut EventTargets) {
                        $(<$key as VerbKey>::add_targets(&self.$field, targets);)+
                    }

                    fn keys(&self, names: &Spelling<'_>) -> Vec<(&'static str, Json)> {
                        let values = [$(<$key as VerbKey>::spell(&self.$field, names),)+];
                        let keys = written::$name::KEYS.iter().copied().zip(values);
                        keys.filter_map(|(key, value)| Some((key, value?))).collect()
                    }

                    fn retarget(&mut self, targets: &EventTargets) {
                        $(<$key as VerbKey>::retarget(&mut self.$field, targets);)+
                    }

                    fn parse_cells(
                        cells: &KeyCells<'_>,
                        names: &mut dyn NameLookup,
                    ) -> Option<Event> {
                        let [$($field,)+] = *cells.columns.first_chunk()?;
                        $(let $field =
                            <$key as VerbKey>::parse_optional(cells.cell($field), names)?;)+
                        Some(Event::$name(Self { $($field,)+ }))
                    }
                }
            )+
        }

        /// A verb with every name resolved.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the verbs are documented in `format/verbs.rs`")]
        pub enum Event {
            $($name(verb::$name),)+
        }

        impl Event {
            /// Resolves the names of a verb.
            pub fn resolve(verb: &WrittenVerb, resolver: &mut Resolver<'_>) -> Option<Self> {
                match verb {
                    $(WrittenVerb::$name(written) => {
                        verb::$name::resolve(written, resolver).map(Self::$name)
                    })+
                }
            }

            /// Its verb.
            pub const fn verb(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $verb,)+
                }
            }

            /// The index of its verb in the list of verbs.
            pub const fn verb_index(&self) -> usize {
                match self {
                    $(Self::$name(_) => VerbIndex::$name as usize,)+
                }
            }

            /// The instances, the group and the account that it names.
            #[inline] // so that a caller that reads one of them does not wait for the others
            pub fn targets(&self) -> EventTargets {
                let mut targets = EventTargets::default();
                match self {
                    $(Self::$name(event) => event.add_targets(&mut targets),)+
                }
                targets
            }

            /// Its keys and their values, as a file states them.
            pub fn keys(&self, names: &Spelling<'_>) -> Json {
                let keys = match self {
                    $(Self::$name(event) => event.keys(names),)+
                };
                keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }

            /// The same event with other targets: each of its keys that `targets` names is
            /// replaced.
            #[must_use]
            pub fn retargeted(mut self, targets: &EventTargets) -> Self {
                match &mut self {
                    $(Self::$name(event) => event.retarget(targets),)+
                }
                self
            }
        }

        /// Events in their order, those of each verb in a list of their own: an event takes only
        /// the space that its verb needs, which is half of the space of [`Event`] or less.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[expect(non_snake_case, reason = "one list for each verb, by its name")]
        pub struct EventLists {
            verbs: Vec<VerbIndex>,
            $($name: Vec<verb::$name>,)+
        }

        /// Number of verbs.
        pub const VERBS: usize = [$($verb),+].len();

        /// A list of [`EventLists`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum VerbIndex {
            $($name,)+
        }

        /// A position in [`EventLists`]: the number of events taken from each list.
        #[derive(Debug, Clone, Default)]
        #[expect(non_snake_case, reason = "one number for each verb, by its name")]
        pub struct EventPosition {
            verbs: usize,
            $($name: usize,)+
        }

        impl EventPosition {
            /// Number of events taken.
            pub const fn index(&self) -> usize {
                self.verbs
            }
        }

        impl EventLists {
            /// Adds the next event.
            pub fn push(&mut self, event: Event) {
                match event {
                    $(Event::$name(event) => {
                        self.verbs.push(VerbIndex::$name);
                        self.$name.push(event);
                    })+
                }
            }

            /// The event at a position, which becomes that of the next; `None` after the last.
            pub fn take(&self, position: &mut EventPosition) -> Option<Event> {
                let verb = self.verbs.get(position.verbs)?;
                position.verbs += 1;
                match verb {
                    $(VerbIndex::$name => {
                        let event = self.$name.get(position.$name)?;
                        position.$name += 1;
                        Some(Event::$name(*event))
                    })+
                }
            }

            /// Returns memory that is not used.
            pub fn shrink_to_fit(&mut self) {
                self.verbs.shrink_to_fit();
                $(self.$name.shrink_to_fit();)+
            }
        }

        /// The parser of a verb's cells; `None` for a word that is not a verb.
        pub fn cell_parser(verb: &str) -> Option<ParseCells> {
            match verb {
                $($verb => Some(verb::$name::parse_cells),)+
                _ => None,
            }
        }
    };
}

impl Event {
    /// The trigger and the action of the request. `None` if no policy judges the event. The action
    /// is `None` if a group or a clock requests it later; policies are proved to judge such
    /// actions.
    #[inline]
    pub fn requests(&self) -> Option<(Trigger, Option<Action>)> {
        let manual = |action| (Trigger::Manual, Some(action));
        Some(match self {
            Self::Release(_) => manual(Action::Release),
            Self::Stop(_) => manual(Action::Stop),
            Self::Restart(_) => manual(Action::Restart),
            Self::Reimage(o) if o.all_disks == Some(true) => manual(Action::ReimageAll),
            Self::Reimage(_) => manual(Action::Reimage),
            Self::Deallocate(_) => manual(Action::Deallocate),
            Self::Redeploy(_) => manual(Action::Redeploy),
            Self::SecurityRelease(_) => (Trigger::SecurityRelease, Some(Action::Release)),
            Self::ScheduleRelease(_) => (Trigger::ScheduledRelease, Some(Action::Release)),
            Self::Maintenance(_) => (Trigger::Maintenance, Some(Action::Maintain)),
            Self::GroupAction(o) => (Trigger::GroupAction, Some(Action::from(o.operation))),
            Self::Upgrade(_) => (Trigger::ModelUpdate, Some(Action::Upgrade)),
            Self::UpdateModel(_) => (Trigger::ModelUpdate, None),
            Self::SpotReclaim(_) => (Trigger::SpotReclaim, None),
            Self::Overdue(_) => (Trigger::BillingOverdue, None),
            Self::Cancel(_) => (Trigger::Cancellation, None),
            Self::ScaleIn(_) | Self::SetCapacity(_) => (Trigger::ScaleIn, None),
            Self::DeleteMembers(_) => (Trigger::DeleteMembers, None),
            Self::Detach(_) => (Trigger::Detach, None),
            Self::DeleteGroup(_) => (Trigger::GroupDelete, None),
            Self::BalanceZones(_) => (Trigger::ZoneBalance, None),
            Self::EnterStandby(_)
            | Self::ExitStandby(_)
            | Self::CompleteHook(_)
            | Self::SetProtection(_)
            | Self::Create(_)
            | Self::Start(_)
            | Self::CancelScheduledRelease(_)
            | Self::ConvertBilling(_)
            | Self::Renew(_)
            | Self::Snapshot(_)
            | Self::CreateImage(_)
            | Self::ConvertAddress(_)
            | Self::Attach(_)
            | Self::ScaleOut(_)
            | Self::Suspend(_)
            | Self::Resume(_)
            | Self::Heartbeat(_)
            | Self::SetHealth(_)
            | Self::Settle(_)
            | Self::SecurityLock(_)
            | Self::SecurityUnlock(_) => return None,
        })
    }
}

list! {
    "create" => Create {
        instance: NewInstance, like: Option<WrittenInstance>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "release" => Release {
        instance: Instances, force: Option<bool>, terminate_subscription: Option<bool>,
        by: Option<Actor>, via: Option<Channel>,
    }
    "stop" => Stop {
        instance: Instances, economical: Option<bool>, by: Option<Actor>, via: Option<Channel>,
    }
    "start" => Start { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "restart" => Restart { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "set-protection" => SetProtection {
        instance: Option<Instances>, group: Option<GroupRef>, flags: FlagSwitches,
        api_version: Option<ApiVersion>, by: Option<Actor>, via: Option<Channel>,
    }
    "schedule-release" => ScheduleRelease {
        instance: Instances, time: TimeRef, by: Option<Actor>, via: Option<Channel>,
    }
    "cancel-scheduled-release" => CancelScheduledRelease {
        instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "convert-billing" => ConvertBilling {
        instance: Instances, to: Billing, term: Option<Term>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "renew" => Renew {
        instance: Instances, term: Option<Term>, by: Option<Actor>, via: Option<Channel>,
    }
    "snapshot" => Snapshot { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "create-image" => CreateImage { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "convert-address" => ConvertAddress {
        instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "attach" => Attach {
        instance: Instances, group: GroupRef, entrusted: Option<bool>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "detach" => Detach {
        group: GroupRef, instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "scale-in" => ScaleIn {
        group: GroupRef, remove: NonZero<u32>, initiator: Option<Initiator>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "scale-out" => ScaleOut {
        group: GroupRef, add: NonZero<u32>, initiator: Option<Initiator>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "set-capacity" => SetCapacity {
        group: GroupRef, to: u32, initiator: Option<Initiator>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "group-action" => GroupAction {
        group: GroupRef, operation: GroupOperation, instance: Option<Instances>,
        by: Option<Actor>, via: Option<Channel>,
    }
    "update-model" => UpdateModel {
        group: GroupRef, to: ModelRef, by: Option<Actor>, via: Option<Channel>,
    }
    "upgrade" => Upgrade {
        group: GroupRef, instance: Option<Instances>, os_image: Option<bool>, by: Option<Actor>,
        via: Option<Channel>,
    }
    "reimage" => Reimage {
        instance: Instances, all_disks: Option<bool>, by: Option<Actor>, via: Option<Channel>,
    }
    "deallocate" => Deallocate { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "redeploy" => Redeploy { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "enter-standby" => EnterStandby {
        group: GroupRef, instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "exit-standby" => ExitStandby {
        group: GroupRef, instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "suspend" => Suspend {
        group: GroupRef, process: ProcessSet, by: Option<Actor>, via: Option<Channel>,
    }
    "resume" => Resume {
        group: GroupRef, process: ProcessSet, by: Option<Actor>, via: Option<Channel>,
    }
    "complete-hook" => CompleteHook {
        instance: Instances, result: Option<HookResult>, by: Option<Actor>, via: Option<Channel>,
    }
    "heartbeat" => Heartbeat { instance: Instances, by: Option<Actor>, via: Option<Channel>, }
    "delete-members" => DeleteMembers {
        group: GroupRef, instance: Instances, by: Option<Actor>, via: Option<Channel>,
    }
    "delete-group" => DeleteGroup {
        group: GroupRef, force: Option<bool>, by: Option<Actor>, via: Option<Channel>,
    }
    "settle" => Settle { account: AccountRef, by: Option<Actor>, via: Option<Channel>, }
    "cancel" => Cancel { account: AccountRef, }
    "set-health" => SetHealth { instance: Instances, health: Health, }
    "balance-zones" => BalanceZones { group: GroupRef, }
    "maintenance" => Maintenance { instance: Instances, }
    "overdue" => Overdue { account: AccountRef, }
    "security-lock" => SecurityLock { instance: Instances, }
    "security-unlock" => SecurityUnlock { instance: Instances, }
    "security-release" => SecurityRelease { instance: Instances, }
    "spot-reclaim" => SpotReclaim { instance: Instances, }
}
