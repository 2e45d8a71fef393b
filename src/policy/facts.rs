//! The columns that a rule can test, and the facts of one situation.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::format::{Read, Schemas};
use crate::words::{
    Action, Billing, Capacity, Channel, Effect, Eviction, HealthCheck, Initiator, Lead, Lifecycle,
    Locks, Membership, NameForm, Orchestration, Reclaim, Renewal, Repair, ResourceKind, StoppedBy,
    SwitchId, Trigger, Upgrade, Word, YesNo, ZonePolicy,
};

/// Declares the columns and the struct of one situation from one list.
macro_rules! columns {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $name:literal => $field:ident: $words:ty = $default:expr,
    )+) => {
        /// A column: a fact that a rule may test.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Column {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// One situation: a word for each column. A policy sees only these facts, never the fleet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(C)] // in the order of the columns, so that `words` is a copy of adjacent bytes
        pub struct Facts {
            $($(#[doc = $doc])+ pub $field: $words,)+
            /// Columns whose word is unknown; their values are ignored.
            pub unknown: Columns,
        }

        impl Default for Facts {
            /// The words of columns that do not apply.
            fn default() -> Self {
                Self { $($field: $default,)+ unknown: Columns::NONE }
            }
        }

        impl Facts {
            /// The words of all columns.
            #[inline]
            pub(super) fn words(&self) -> FactWords {
                FactWords([$(self.$field.index()),+])
            }

            /// The word of a column, as an index into the words of the column.
            pub fn word(&self, column: Column) -> u8 {
                self.words().of(column)
            }
        }

        impl Facts {
            /// A copy with another word in a column; `None` if the column has no such word.
            pub fn with(mut self, column: Column, word: &str) -> Option<Self> {
                match column {
                    $(Column::$variant => self.$field = <$words>::spelled(word)?,)+
                }
                Some(self)
            }

            /// A copy in which the word of a column is known, given as an index into the words of
            /// the column; `None` if the index is out of range.
            pub fn settled(mut self, column: Column, index: u8) -> Option<Self> {
                let index = usize::from(index);
                match column {
                    $(Column::$variant => self.$field = *<$words>::ALL.get(index)?,)+
                }
                self.unknown = self.unknown.without(column);
                Some(self)
            }
        }

        impl Column {
            /// All columns, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Its words.
            pub fn words(self) -> Vec<&'static str> {
                match self {
                    $(Self::$variant => <$words>::ALL.iter().map(|word| word.word()).collect(),)+
                }
            }

            /// The schema of a word that a condition may write.
            pub fn schema(self, schemas: &mut Schemas) -> Json {
                match self {
                    $(Self::$variant => choice_schema::<$words>(schemas),)+
                }
            }

            /// The words that a condition may contain, each with the mask of the words it matches.
            pub fn choices(self) -> Vec<(&'static str, u32)> {
                match self {
                    $(Self::$variant => <$words>::choices(),)+
                }
            }

            /// Some of its words, given by their indices, as a condition would contain them.
            pub fn describe(self, words: impl Iterator<Item = u8> + Clone) -> Vec<String> {
                let mask = words.clone().fold(0, |mask, word| mask | 1 << word);
                let short = match self {
                    $(Self::$variant => <$words>::describe(mask),)+
                };
                let all = self.words();
                let one_by_one = || words.map(|word| all[usize::from(word)].to_owned()).collect();
                short.map_or_else(one_by_one, |short| vec![short])
            }

            /// Number of words.
            pub const fn size(self) -> usize {
                match self {
                    $(Self::$variant => <$words>::ALL.len(),)+
                }
            }

            /// Its meaning.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

columns! {
    /// The cause of the request.
    Trigger "trigger" => trigger: Trigger = Trigger::Manual,
    /// The requested action.
    Action "action" => action: Action = Action::Release,
    /// The channel of the call: console, API or command line.
    Channel "via" => channel: Channel = Channel::None,
    /// The billing method of the instance.
    Billing "billing" => billing: Billing = Billing::PayAsYouGo,
    /// How the instance joined its group.
    Membership "membership" => membership: Membership = Membership::None,
    /// The state of the instance; while a hook delays it, the state of the machine itself.
    State "state" => state: Lifecycle = Lifecycle::Running,
    /// The cause of the stop of the instance.
    StoppedBy "stopped-by" => stopped_by: StoppedBy = StoppedBy::Nothing,
    /// Whether the term of the subscription has ended.
    Expired "expired" => expired: YesNo = YesNo::No,
    /// Whether the account has an unpaid bill.
    Overdue "overdue" => overdue: YesNo = YesNo::No,
    /// Whether the clock of the account has suspended snapshots.
    SnapshotsSuspended "snapshots-suspended" => snapshots_suspended: YesNo = YesNo::No,
    /// Whether the account has a grace period for an unpaid bill.
    Grace "grace" => grace: YesNo = YesNo::No,
    /// Whether a release of the instance is scheduled.
    Scheduled "scheduled" => scheduled: YesNo = YesNo::No,
    /// Whether the instance, if stopped, is not billed for compute.
    Economical "economical" => economical: YesNo = YesNo::No,
    /// Whether the instance has a local disk of its host.
    LocalDisk "local-disk" => local_disk: YesNo = YesNo::No,
    /// The locks of the instance. A condition names a lock that must be among them.
    Lock "lock" => lock: Locks = Locks::NONE,
    /// Whether the subscription is renewed at the end of its term.
    Renewal "renewal" => renewal: Renewal = Renewal::None,
    /// Whether the call sets `force`.
    Force "force" => force: YesNo = YesNo::No,
    /// Whether the call sets `terminate-subscription`.
    TerminateSubscription "terminate-subscription" => terminate_subscription: YesNo = YesNo::No,
    /// Whether the lead of a scheduled release is within the limits.
    Lead "lead" => lead: Lead = Lead::None,
    /// The billing to convert to.
    To "to" => to: Billing = Billing::PayAsYouGo,
    /// The size of the group after the request, compared with its bounds.
    Capacity "capacity" => capacity: Capacity = Capacity::Within,
    /// Whether the group has members.
    Members "members" => members: YesNo = YesNo::No,
    /// Whether the request names the instance.
    Named "named" => named: YesNo = YesNo::No,
    /// Whether a protection holds every instance of the request.
    AllHeld "all-held" => all_held: YesNo = YesNo::No,
    /// Whether the instance has the latest model of its group.
    LatestModel "latest-model" => latest_model: YesNo = YesNo::No,
    /// The form of the end of the member's name.
    NameForm "name-form" => name_form: NameForm = NameForm::Plain,
    /// The orchestration mode of the group.
    Orchestration "orchestration" => orchestration: Orchestration = Orchestration::Uniform,
    /// How a new model is applied to members.
    Upgrade "upgrade" => upgrade: Upgrade = Upgrade::Manual,
    /// The initiator of the change of the group's size.
    Initiator "initiator" => initiator: Initiator = Initiator::User,
    /// Whether the group is in its cooldown.
    Cooling "cooling" => cooling: YesNo = YesNo::No,
    /// Whether a hook of the group delays a member, so that its scaling activity has not ended.
    Activity "activity" => activity: YesNo = YesNo::No,
    /// Whether the process of the group that makes the request is suspended.
    Suspended "suspended" => suspended: YesNo = YesNo::No,
    /// How the group repairs a member.
    Repair "repair" => repair: Repair = Repair::Replace,
    /// How the group distributes members over zones.
    ZonePolicy "zone-policy" => zone_policy: ZonePolicy = ZonePolicy::None,
    /// The health check of the group.
    HealthCheck "health-check" => health_check: HealthCheck = HealthCheck::None,
    /// Whether a scale-in releases or recycles members.
    Reclaim "reclaim" => reclaim: Reclaim = Reclaim::Release,
    /// Whether the group uses managed disks.
    ManagedDisks "managed-disks" => managed_disks: YesNo = YesNo::Yes,
    /// Whether reclaimed spot capacity is deallocated or deleted.
    Eviction "eviction" => eviction: Eviction = Eviction::Deallocate,
    /// The kind of an attached resource.
    ResourceKind "resource" => resource: ResourceKind = ResourceKind::SystemDisk,
    /// Whether the attached resource is set to be released with the instance.
    WithInstance "with-instance" => with_instance: YesNo = YesNo::Yes,
    /// The effect on the instance.
    Effect "effect" => effect: Effect = Effect::None,
}

/// One of the words of `W`, or of those that conditions use in their place.
fn choice_schema<W: Word>(schemas: &mut Schemas) -> Json {
    let choices = W::choices();
    if choices.iter().map(|(word, _)| *word).eq(W::ALL.iter().map(|word| word.word())) {
        return W::schema(schemas);
    }
    schemas.words(choices.into_iter().map(|(word, _)| (word, "")))
}

impl Column {
    /// The column with this name in files; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }
}

/// The words of all columns of a situation, as indices into the words of each column. A word is
/// found without a branch for its column.
#[derive(Debug, Clone, Copy)]
pub(super) struct FactWords([u8; Column::ALL.len()]);

impl FactWords {
    /// The word of a column.
    #[inline]
    pub(super) const fn of(&self, column: Column) -> u8 {
        self.0[column as usize]
    }
}

/// A set of columns, as a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Columns(u64);

impl Columns {
    /// No column.
    pub const NONE: Self = Self(0);

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `column` is a member.
    pub const fn contains(self, column: Column) -> bool {
        self.0 >> column as u8 & 1 == 1
    }

    /// A copy with `column` as a member.
    #[must_use]
    pub const fn with(self, column: Column) -> Self {
        Self(self.0 | 1 << column as u8)
    }

    /// A copy with `column` as a member if `is_so`.
    #[must_use]
    pub const fn with_if(self, column: Column, is_so: bool) -> Self {
        if is_so { self.with(column) } else { self }
    }

    /// A copy without `column`.
    #[must_use]
    pub const fn without(self, column: Column) -> Self {
        Self(self.0 & !(1 << column as u8))
    }

    /// The members of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members that are not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members in the order of the columns.
    pub fn iter(self) -> impl Iterator<Item = Column> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            // A column's number is its place in `Column::ALL`.
            let column = Column::ALL.get(left.trailing_zeros() as usize).copied();
            left &= left.wrapping_sub(1);
            column
        })
    }
}

/// The condition of a rule: for each column that it tests, a mask of the words that match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    // INVARIANT: both are sorted, so that the order of keys in a file has no effect.
    columns: Vec<(Column, u32)>,
    switches: Vec<(SwitchId, u32)>,
}

impl Condition {
    /// Adds the test that a column has one of the words of a mask.
    pub fn require(&mut self, column: Column, words: u32) {
        let at = self.columns.partition_point(|known| *known < (column, words));
        self.columns.insert(at, (column, words));
    }

    /// Adds the test that a switch has one of the positions of a mask.
    pub fn assume(&mut self, switch: SwitchId, values: u32) {
        let at = self.switches.partition_point(|known| *known < (switch, values));
        self.switches.insert(at, (switch, values));
    }

    /// The words that match in a column, as a mask; `None` if the column is not tested.
    pub fn words(&self, column: Column) -> Option<u32> {
        self.columns.iter().find(|(tested, _)| *tested == column).map(|(_, words)| *words)
    }

    /// The same condition with other words in a column.
    #[must_use]
    pub fn with(&self, column: Column, words: u32) -> Self {
        let mut changed = self.clone();
        changed.columns.retain(|(tested, _)| *tested != column);
        changed.require(column, words);
        changed
    }

    /// The columns that it tests, as a set.
    pub fn tested(&self) -> Columns {
        self.columns().fold(Columns::NONE, Columns::with)
    }

    /// The columns that it tests.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        self.columns.iter().map(|(column, _)| *column)
    }

    /// The switches that it tests, each with a mask of the positions that match.
    pub fn switches(&self) -> &[(SwitchId, u32)] {
        &self.switches
    }

    /// Whether some facts match both conditions; switches are ignored.
    pub fn overlaps(&self, other: &Self) -> bool {
        let meets = |(column, words): &(Column, u32)| {
            other.words(*column).is_none_or(|others| others & words != 0)
        };
        self.columns.iter().all(meets)
    }

    /// Whether the facts match; switches are ignored.
    pub fn meets(&self, facts: &Facts) -> bool {
        let facts = facts.words();
        self.columns.iter().all(|(column, words)| words >> facts.of(*column) & 1 == 1)
    }

    /// Whether the positions of the switches match.
    pub fn assumed(&self, settings: &[u8]) -> bool {
        self.switches.iter().all(|(switch, values)| values >> settings[switch.index()] & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_fits_the_mask_of_a_condition() {
        for column in Column::ALL {
            assert!(column.words().len() <= 32, "{}", column.name());
            assert!(u64::BITS > *column as u32, "{}", column.name());
            assert_eq!(Column::named(column.name()), Some(*column));
        }
    }

    #[test]
    fn a_condition_matches_only_its_words() {
        let mut condition = Condition::default();
        condition.require(Column::Trigger, 1 << Trigger::ScaleIn.index());
        let scale_in = Facts { trigger: Trigger::ScaleIn, ..Facts::default() };
        assert!(condition.meets(&scale_in));
        assert!(!condition.meets(&Facts::default()));
    }
}
