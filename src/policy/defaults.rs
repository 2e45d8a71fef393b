//! Defaults of a provider.
//!
//! Each default is a small decision table, so that a default is stated by rules with an id,
//! sources, a confidence and, where the documents are silent, a switch.

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

/// The columns that the default of a group may test.
pub const OF_A_GROUP: &[Column] = &[Column::Channel, Column::Orchestration];
/// The columns that the default of an instance or of a resource may test.
pub const OF_AN_INSTANCE: &[Column] = &[Column::Channel, Column::Billing, Column::ResourceKind];

/// The key of the conclusion in these tables.
pub const IS: &str = "is";

/// Most orders in a default.
const MOST_ORDERS: usize = 4;

/// A list of orders, as indices into the orders of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orders {
    indices: [u8; MOST_ORDERS],
    count: usize,
}

impl Orders {
    /// The indices, in order.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        self.indices.iter().take(self.count).map(|index| usize::from(*index))
    }
}

/// A type of default.
pub trait DefaultValue: Copy + PartialEq {
    /// Reads a value; `orders` are the orders of the policy.
    fn read_default(node: &Node, orders: &[Order], problems: &mut Problems) -> Option<Self>;

    /// The value as text.
    fn text(&self, orders: &[Order]) -> String;
}

impl<W: Word> DefaultValue for W {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        crate::format::read_word(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.word().to_owned()
    }
}

impl DefaultValue for SimSpan {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.to_string()
    }
}

impl DefaultValue for u32 {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.to_string()
    }
}

impl DefaultValue for Orders {
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

    fn text(&self, orders: &[Order]) -> String {
        let names: Vec<&str> = self.indices().map(|at| orders[at].name.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

/// Builds the tables of defaults.
pub trait BuildTables {
    /// The table of one default, whose rules may test `columns`.
    fn table<V: DefaultValue>(
        &mut self,
        name: &'static str,
        rules: &Map<Node>,
        columns: &[Column],
    ) -> Table<V>;
}

/// Compares the tables of two policies, with one call for each default.
pub trait CompareDefaults {
    /// Compares one default.
    fn default<V: DefaultValue>(&mut self, name: &'static str, old: &Table<V>, new: &Table<V>);
}

/// One rule on a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRow {
    /// The key of the default.
    pub name: &'static str,
    /// The rule.
    pub rule: RuleId,
    /// The value as text.
    pub is: String,
}

/// Declares, from one list, the keys of the file and the tables that they become.
macro_rules! defaults {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $columns:ident => $field:ident: $value:ty,
    )+) => {
        record! {
            /// What the provider sets if the scenario does not, as rules with the key `is`.
            #[derive(Default)]
            WrittenDefaults: "defaults" {
                $(
                    $(#[doc = $doc])+
                    default $name => $field: Map<Node>,
                )+
            }
        }

                /// What a provider sets if the scenario does not. For a table without rows, the world has
                /// its own default.
        #[derive(Debug, Clone)]
        pub struct Defaults {
            $($(#[doc = $doc])+ pub $field: Table<$value>,)+
        }

        impl Defaults {
            /// The tables of a file.
            pub fn build(part: &WrittenDefaults, builder: &mut impl BuildTables) -> Self {
                Self { $($field: builder.table($name, &part.$field, $columns),)+ }
            }

            /// The tables with every switch settled.
            #[must_use]
            pub fn under(&self, settings: &[u8]) -> Self {
                Self { $($field: self.$field.under(settings),)+ }
            }

            /// Calls `visitor` with each table and that of another policy.
            pub fn beside(&self, other: &Self, visitor: &mut impl CompareDefaults) {
                $(visitor.default($name, &self.$field, &other.$field);)+
            }

            /// All rules of these tables.
            pub fn rows(&self, orders: &[Order]) -> Vec<DefaultRow> {
                let mut rows = Vec::new();
                $(rows.extend(self.$field.rows().iter().map(|row| DefaultRow {
                    name: $name,
                    rule: row.rule,
                    is: row.says.text(orders),
                }));)+
                rows
            }
        }
    };
}

defaults! {
    /// The orchestration mode of a group.
    "orchestration" OF_A_GROUP => orchestration: Orchestration,
    /// The health check of a group.
    "health-check" OF_A_GROUP => health_check: HealthCheck,
    /// How a group repairs an unhealthy member.
    "repair" OF_A_GROUP => repair: Repair,
    /// Time between the detection of an unhealthy member and its repair.
    "repair-grace" OF_A_GROUP => repair_grace: SimSpan,
    /// Cooldown of a group after a member was added or removed.
    "cooldown" OF_A_GROUP => cooldown: SimSpan,
    /// The orders in which a scale-in selects members.
    "removal" OF_A_GROUP => removal: Orders,
    /// How a group distributes members over its zones.
    "zone-policy" OF_A_GROUP => zone_policy: ZonePolicy,
    /// Whether a scale-in releases or recycles members.
    "reclaim" OF_A_GROUP => reclaim: Reclaim,
    /// The size of a batch of an upgrade, in percent of the members.
    "batch-percent" OF_A_GROUP => batch_percent: u32,
    /// The timeout of a hook.
    "hook-timeout" OF_A_GROUP => hook_timeout: SimSpan,
    /// The result of a hook that times out.
    "hook-result" OF_A_GROUP => hook_result: HookResult,
    /// Whether reclaimed spot capacity is deallocated or deleted.
    "eviction" OF_AN_INSTANCE => eviction: Eviction,
    /// Whether a resource is released with its instance.
    "with-instance" OF_AN_INSTANCE => with_instance: YesNo,
}
