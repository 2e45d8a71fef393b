//! Defaults of a provider.
//!
//! Each default is a small decision table, so that a default is stated by rules with an id,
//! sources, a confidence and, where the documents are silent, a switch.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::facts::Column;
use super::order::Order;
use super::rule_node::{RuleKind, Rules};
use super::table::DecisionTable;
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::format::{Node, OneOrMany, Read, SchemaKey, Schemas, record};
use crate::time::SimSpan;
use crate::words::{
    Eviction, HealthCheck, HookResult, Orchestration, Reclaim, Repair, RuleId, Word, YesNo,
    ZonePolicy,
};

/// A rule on a default of a group, which may depend on how the group was created.
#[derive(Debug, Clone)]
pub struct OfGroup<V>(PhantomData<V>);

/// A rule on a default of an instance or of its resources.
#[derive(Debug, Clone)]
pub struct OfInstance<V>(PhantomData<V>);

/// The key of the conclusion in these tables.
pub const IS: &str = "is";

impl<V: DefaultValue> RuleKind for OfGroup<V> {
    fn what() -> String {
        format!("a default {}", V::what())
    }

    fn columns() -> &'static [Column] {
        &[Column::Channel, Column::Orchestration]
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        vec![(IS, "The default value.", V::value_schema(schemas), true)]
    }
}

impl<V: DefaultValue> RuleKind for OfInstance<V> {
    fn what() -> String {
        format!("a default {}", V::what())
    }

    fn columns() -> &'static [Column] {
        &[Column::Channel, Column::Billing, Column::Membership, Column::ResourceKind]
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        vec![(IS, "The default value.", V::value_schema(schemas), true)]
    }
}

/// Most orders in a default.
const MOST_ORDERS: usize = 4;

/// A list of orders, as indices into the orders of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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

    /// The kind of value, without article.
    fn what() -> &'static str;

    /// Its schema.
    fn value_schema(schemas: &mut Schemas) -> Json;
}

impl<W: Word> DefaultValue for W {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        crate::format::read_word(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.word().to_owned()
    }

    fn what() -> &'static str {
        W::WHAT.split_once(' ').map_or(W::WHAT, |(_, bare)| bare)
    }

    fn value_schema(schemas: &mut Schemas) -> Json {
        W::schema(schemas)
    }
}

impl DefaultValue for SimSpan {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.to_string()
    }

    fn what() -> &'static str {
        "duration"
    }

    fn value_schema(schemas: &mut Schemas) -> Json {
        Self::schema(schemas)
    }
}

impl DefaultValue for u32 {
    fn read_default(node: &Node, _: &[Order], problems: &mut Problems) -> Option<Self> {
        Self::read(node, problems)
    }

    fn text(&self, _: &[Order]) -> String {
        self.to_string()
    }

    fn what() -> &'static str {
        "number"
    }

    fn value_schema(schemas: &mut Schemas) -> Json {
        Self::schema(schemas)
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
                problems.add(problem.known_names(name, "orders", known));
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

    fn what() -> &'static str {
        "order"
    }

    fn value_schema(schemas: &mut Schemas) -> Json {
        OneOrMany::<String>::schema(schemas)
    }
}

/// Builds the tables of defaults.
pub trait BuildTables {
    /// The table of one default.
    fn table<V: DefaultValue, K: RuleKind>(
        &mut self,
        name: &'static str,
        rules: &Rules<K>,
    ) -> DecisionTable<V>;
}

/// Compares the tables of two policies, with one call for each default.
pub trait CompareDefaults {
    /// Compares one default.
    fn default<V: DefaultValue>(
        &mut self,
        name: &'static str,
        old: &DecisionTable<V>,
        new: &DecisionTable<V>,
    );
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
        $name:literal $kind:ident => $field:ident: $value:ty,
    )+) => {
        record! {
            /// The provider's settings where the scenario states none, as rules with the key `is`.
            #[derive(Default)]
            WrittenDefaults: "defaults" {
                $(
                    $(#[doc = $doc])+
                    default $name => $field: Rules<$kind<$value>>,
                )+
            }
        }

        /// The provider's settings where the scenario states none. For a table without rows, the
        /// world has its own default.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct Defaults {
            $($(#[doc = $doc])+ pub $field: DecisionTable<$value>,)+
        }

        impl Defaults {
            /// The tables of a file.
            pub fn build(part: &WrittenDefaults, builder: &mut impl BuildTables) -> Self {
                Self { $($field: builder.table($name, &part.$field),)+ }
            }

            /// The tables with every switch settled.
            #[must_use]
            pub fn under(&self, settings: &[u8], known: Option<(&Self, &[u8])>) -> Self {
                Self {
                    $($field: self.$field.under(
                        settings,
                        known.map(|(tables, others)| (&tables.$field, others)),
                    ),)+
                }
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
    /// How a group manages its members.
    "orchestration" OfGroup => orchestration: Orchestration,
    /// The health check of a group.
    "health-check" OfGroup => health_check: HealthCheck,
    /// The reaction of a group to an unhealthy member.
    "repair" OfGroup => repair: Repair,
    /// The time that a group waits before a repair.
    "repair-grace" OfGroup => repair_grace: SimSpan,
    /// The cooldown of a group after a member was added or removed.
    "cooldown" OfGroup => cooldown: SimSpan,
    /// The orders in which a scale-in selects members.
    "removal" OfGroup => removal: Orders,
    /// How a group spreads its members over zones.
    "zone-policy" OfGroup => zone_policy: ZonePolicy,
    /// Whether a scale-in releases or recycles members.
    "reclaim" OfGroup => reclaim: Reclaim,
    /// The size of a batch of an upgrade, in percent of the members.
    "batch-percent" OfGroup => batch_percent: u32,
    /// The timeout of a hook.
    "hook-timeout" OfGroup => hook_timeout: SimSpan,
    /// The result of a hook that no call completes.
    "hook-result" OfGroup => hook_result: HookResult,
    /// The result of a spot reclaim.
    "eviction" OfInstance => eviction: Eviction,
    /// Whether a resource is deleted with its instance.
    "with-instance" OfInstance => with_instance: YesNo,
}
