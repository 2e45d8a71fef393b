//! Defaults of a provider.
//!
//! Each default is a small decision table of its own, so that a default is a rule like any
//! other: with an id, sources, a confidence and, where the documents are silent, a switch.

use super::facts::Column;
use super::order::Order;
use super::table::Table;
use crate::diagnostics::{Code, Problem, Problems, Spanned, closest};
use crate::format::{Map, Node, OneOrMany, Read, record};
use crate::time::SimSpan;
use crate::words::{
    Eviction, HealthCheck, HookResult, Orchestration, Reclaim, Repair, RuleId, Word, YesNo,
    ZonePolicy,
};

/// What the default of a group may depend on: the way by which the group was created.
pub const OF_A_GROUP: &[Column] = &[Column::Channel, Column::Orchestration];
/// What the default of an instance and of its resources may depend on.
pub const OF_AN_INSTANCE: &[Column] = &[Column::Channel, Column::Billing, Column::ResourceKind];

/// The key under which a rule of these tables says what is set.
pub const IS: &str = "is";

/// The most orders that a default may list.
const MOST_ORDERS: usize = 4;

/// Orders of a policy, by their places in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orders {
    indices: [u8; MOST_ORDERS],
    count: usize,
}

impl Orders {
    /// The places.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        self.indices.iter().take(self.count).map(|index| usize::from(*index))
    }
}

/// Something that a default can be.
pub trait Value: Copy + PartialEq {
    /// Reads it; `orders` are those that the policy has.
    fn read_default(node: &Node, orders: &[Order], problems: &mut Problems) -> Option<Self>;

    /// What it is, in words.
    fn in_words(&self, orders: &[Order]) -> String;
}

impl<W: Word> Value for W {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        crate::format::read_word(node, problems)
    }

    fn in_words(&self, _: &[Order]) -> String {
        self.word().to_owned()
    }
}

impl Value for SimSpan {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn in_words(&self, _: &[Order]) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn in_words(&self, _: &[Order]) -> String {
        self.to_string()
    }
}

impl Value for Orders {
    fn read_default(node: &Node, orders: &[Order], problems: &mut Problems) -> Option<Self> {
        let names: OneOrMany<Spanned<String>> = OneOrMany::read(node, problems)?;
        let mut read = Self::default();
        for name in &names.0 {
            let Some(at) = orders.iter().position(|order| order.name == **name) else {
                let title = format!("unknown order `{}`", **name);
                let known = orders.iter().map(|order| order.name.as_str());
                let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown order");
                problems.add(problem.did_you_mean(&closest(name, known)));
                return None;
            };
            let Some(slot) = read.indices.get_mut(read.count) else {
                let title = format!("a default lists at most {MOST_ORDERS} orders");
                problems.add(Problem::at(Code::BadNumber, name.span, title, "one too many"));
                return None;
            };
            *slot = u8::try_from(at).unwrap_or(u8::MAX);
            read.count += 1;
        }
        Some(read)
    }

    fn in_words(&self, orders: &[Order]) -> String {
        let names: Vec<&str> = self.indices().map(|at| orders[at].name.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

/// Makes the tables: one call for each.
pub trait Make {
    /// The table of one default, whose rules may test `columns`.
    fn table<V: Value>(
        &mut self,
        name: &'static str,
        rules: &Map<Node>,
        columns: &[Column],
    ) -> Table<V>;
}

/// Looks at the tables of two policies: one call for each default.
pub trait LookAtBoth {
    /// One default.
    fn default<V: Value>(&mut self, name: &'static str, old: &Table<V>, new: &Table<V>);
}

/// One rule on a default, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRow {
    /// The key of the default.
    pub name: &'static str,
    /// The rule.
    pub rule: RuleId,
    /// What is set.
    pub is: String,
}

/// Declares, from one list, what a policy file may say and the tables that it becomes.
macro_rules! defaults {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $columns:ident => $field:ident: $value:ty,
    )+) => {
        record! {
            /// What the provider sets where nobody says otherwise, each by rules that say `is`.
            #[derive(Default)]
            WrittenDefaults: "defaults" {
                $(
                    $(#[doc = $doc])+
                    default $name => $field: Map<Node>,
                )+
            }
        }

        /// What a provider sets where nobody says otherwise. A table without rows says nothing;
        /// the world then does the plainest thing.
        #[derive(Debug, Clone)]
        pub struct Defaults {
            $($(#[doc = $doc])+ pub $field: Table<$value>,)+
        }

        impl Defaults {
            /// The tables of a file.
            pub fn make(part: &WrittenDefaults, make: &mut impl Make) -> Self {
                Self { $($field: make.table($name, &part.$field, $columns),)+ }
            }

            /// The same with every switch settled.
            #[must_use]
            pub fn under(&self, settings: &[u8]) -> Self {
                Self { $($field: self.$field.under(settings),)+ }
            }

            /// Shows each of them beside the same one of another policy.
            pub fn beside(&self, other: &Self, look: &mut impl LookAtBoth) {
                $(look.default($name, &self.$field, &other.$field);)+
            }

            /// Every rule, in words.
            pub fn rows(&self, orders: &[Order]) -> Vec<DefaultRow> {
                let mut rows = Vec::new();
                $(rows.extend(self.$field.rows().iter().map(|row| DefaultRow {
                    name: $name,
                    rule: row.rule,
                    is: row.says.in_words(orders),
                }));)+
                rows
            }
        }
    };
}

defaults! {
    /// How a group's members are kept.
    "orchestration" OF_A_GROUP => orchestration: Orchestration,
    /// How a group watches its members.
    "health-check" OF_A_GROUP => health_check: HealthCheck,
    /// What a group does to a member that is unhealthy.
    "repair" OF_A_GROUP => repair: Repair,
    /// How long a group waits before that.
    "repair-grace" OF_A_GROUP => repair_grace: SimSpan,
    /// How long a group rests after a member was added or removed.
    "cooldown" OF_A_GROUP => cooldown: SimSpan,
    /// The orders by which a group shrinks.
    "removal" OF_A_GROUP => removal: Orders,
    /// How a group spreads over its zones.
    "zone-policy" OF_A_GROUP => zone_policy: ZonePolicy,
    /// What a group does with members that it no longer needs.
    "reclaim" OF_A_GROUP => reclaim: Reclaim,
    /// The size of a batch of an upgrade, in percent of the members.
    "batch-percent" OF_A_GROUP => batch_percent: u32,
    /// How long a hook waits.
    "hook-timeout" OF_A_GROUP => hook_timeout: SimSpan,
    /// How a hook ends if nobody says anything.
    "hook-result" OF_A_GROUP => hook_result: HookResult,
    /// What becomes of spot capacity that is taken back.
    "eviction" OF_AN_INSTANCE => eviction: Eviction,
    /// Whether a resource goes with its instance.
    "with-instance" OF_AN_INSTANCE => with_instance: YesNo,
}
