//! A scenario's fleet and metrics as written, here or in files beside it.

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
    /// What there is.
    WrittenFleet: "a fleet" {
        /// Accounts; one called `default`, if none is named.
        default "accounts" => accounts: Map<WrittenAccount>,
        /// Scaling groups and scale sets.
        default "groups" => groups: Map<WrittenGroup>,
        /// Settings of instances that do not set them themselves.
        optional "defaults" => defaults: WrittenInstance,
        /// Instances by name, or `{ file: fleet.csv }`. A name may be a range: `web-1..4`.
        optional "instances" => instances: WrittenInstances,
        /// Real fleets, as providers' command lines print them.
        default "import" => import: Vec<WrittenImport>,
    }
}

record! {
    /// A real fleet.
    WrittenImport: "an import" {
        /// Whose replies they are.
        required "from" => from: Spanned<String>,
        /// The files, in any order.
        required "files" => files: Vec<Spanned<String>>,
        /// The account that pays for the instances; the only account, if not given.
        optional "account" => account: Spanned<Name>,
    }
}

record! {
    /// A list in a CSV file, whose columns are the keys.
    WrittenFile: "a file" {
        /// Its path, relative to the scenario.
        required "file" => file: Spanned<String>,
    }
}

/// Instances, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenInstances {
    /// Here, by name.
    Here(Map<WrittenInstance>),
    /// In a file.
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
    /// A level of a metric, which holds until the next.
    MetricStep: "a step of a metric" {
        /// Since when.
        required "at" => at: Spanned<When>,
        /// The level, or `unknown` where it cannot be read.
        required "value" => value: MetricLevel,
    }
}

/// A level, or `unknown`.
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

/// Metrics, here or in a CSV file.
#[derive(Debug, Clone)]
pub enum WrittenMetrics {
    /// Here, by name.
    Here(Map<Vec<MetricStep>>),
    /// In a file with the columns `metric`, `at` and `value`.
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
