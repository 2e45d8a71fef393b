//! The fleet and the metrics of a scenario, in the scenario itself or in other files.

use serde_json::{Value as Json, json};

use super::fleet::{WrittenAccount, WrittenGroup, WrittenInstance};
use super::read::{Map, Name, Read};
use super::read_time::When;
use super::record::record;
use super::schema::Schemas;
use super::tree::Node;
use crate::decimal::Decimal;
use crate::diagnostics::{Problems, Spanned};

record! {
    /// The fleet: accounts, groups and instances.
    WrittenFleet: "a fleet" {
        /// The accounts; one account called `default` if not given.
        default "accounts" => accounts: Map<WrittenAccount>,
        /// The scaling groups and scale sets.
        default "groups" => groups: Map<WrittenGroup>,
        /// Default settings for all instances.
        optional "defaults" => defaults: WrittenInstance,
        /// Instances by name, or `{ file: fleet.csv }`. A name may be a range: `web-1..4`.
        optional "instances" => instances: WrittenInstances,
        /// Replies of providers that describe real fleets.
        default "import" => import: Vec<WrittenImport>,
        /// The time at which this fleet was listed. Instances that were created later, or that a
        /// clock would have released by then, are left out with a warning.
        optional "captured" => captured: Spanned<When>,
    }
}

record! {
    /// A real fleet, read from replies of a provider.
    WrittenImport: "an import" {
        /// The provider of the replies, if their contents do not show it.
        optional "from" => from: Spanned<String>,
        /// The files with the replies, in any order.
        required "files" => files: Vec<Spanned<String>>,
        /// The account that owns the instances; the only account if not given.
        optional "account" => account: Spanned<Name>,
        /// The time at which the files were saved; the time of the newest file if not given.
        optional "captured" => captured: Spanned<When>,
    }
}

record! {
    /// A list in a CSV file: its columns are the keys of a row, and before them the name, or the
    /// verb of an event.
    WrittenFile: "a file" {
        /// The path of the file, relative to the scenario.
        required "file" => file: Spanned<String>,
    }
}

/// Instances, in the scenario or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenInstances {
    /// Instances in the scenario, by name.
    Here(Map<WrittenInstance>),
    /// The path of a CSV file.
    File(Spanned<String>),
}

impl Read for WrittenInstances {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        Map::read(node, problems).map(Self::Here)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let here = Map::<WrittenInstance>::schema(schemas);
        Schemas::file_or(&WrittenFile::schema(schemas), &here)
    }
}

/// Whether a node is `{ file: … }`.
pub fn is_file(node: &Node) -> bool {
    node.get("file").is_some_and(|file| file.scalar().is_some())
}

/// The path of a node `{ file: … }`.
pub fn read_file(node: &Node, problems: &mut Problems) -> Option<Spanned<String>> {
    WrittenFile::read(node, problems).map(|part| part.file)
}

record! {
    /// A value of a metric, which is valid until the next one.
    MetricStep: "a step of a metric" {
        /// The time from which on the metric has this value.
        required "at" => at: Spanned<When>,
        /// The value, or `unknown` while the metric cannot be read.
        required "value" => value: MetricLevel,
    }
}

/// A value, or `unknown`, which is `None`.
#[derive(Debug, Clone, Copy)]
pub struct MetricLevel(pub Option<Decimal>);

impl Read for MetricLevel {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("unknown") => Some(Self(None)),
            _ => Decimal::read(node, problems).map(|level| Self(Some(level))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [Decimal::schema(schemas), { "const": "unknown" }] })
    }
}

/// Metrics, in the scenario or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenMetrics {
    /// Metrics in the scenario, by name.
    Here(Map<Vec<MetricStep>>),
    /// The path of a CSV file with the columns `metric`, `at` and `value`.
    File(Spanned<String>),
}

impl Default for WrittenMetrics {
    fn default() -> Self {
        Self::Here(Map::default())
    }
}

impl Read for WrittenMetrics {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if is_file(node) {
            return read_file(node, problems).map(Self::File);
        }
        Map::read(node, problems).map(Self::Here)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let here = Map::<Vec<MetricStep>>::schema(schemas);
        Schemas::file_or(&WrittenFile::schema(schemas), &here)
    }
}
