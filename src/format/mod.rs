//! The file formats, and how files are read.
//!
//! Every file format is read in the same way: a file becomes a tree of [`Node`]s, each with its
//! span. A `record!` states once which keys a mapping may have; the reader, the messages and the
//! JSON schema come from that statement. Reading collects every problem and never stops at the
//! first one.
//!
//! This module has names only: it has no ids, and it never opens a file; the caller supplies texts.

mod autoscale;
pub(crate) mod cases;
mod csv;
mod decimal;
mod distribution;
pub(crate) mod expect;
mod fleet;
mod fleet_text;
mod format_line;
mod house;
mod money;
mod overlay;
mod pieces;
mod principals;
pub(crate) mod random;
mod read;
mod read_time;
mod record;
mod scenario;
mod schema;
mod sections;
mod selector;
mod tree;
mod verb_list;
mod verb_schemas;
pub mod verbs;
mod warning_code;
mod watch;
mod yaml;

pub use autoscale::{WrittenAutoscale, WrittenMetricRule, WrittenProfile};
pub use csv::{CsvRows, rows};
pub use decimal::UnsignedDecimal;
pub use distribution::{SpanDistribution, SpanFiles, WrittenDistribution, check_gaps};
pub use expect::{WrittenDecision, WrittenExpect};
pub use fleet::{
    AutoRelease, Known, WrittenAccount, WrittenGroup, WrittenHook, WrittenInstance, WrittenProtect,
    WrittenResource, WrittenResourceRecord,
};
pub use fleet_text::{
    account_text, group_facts, group_text, instance_facts, instance_text, yaml_scalar,
};
pub use format_line::{AcceptedFormat, OverlayFormat, PolicyFormat, ScenarioFormat};
pub use house::{TwoPeople, WrittenHouseRule};
pub use overlay::{AddedEvents, change_paths, check_overlay, overlaid, tree_text, without_events};
pub use pieces::{Pieces, Reading};
pub use principals::{WrittenPrincipal, WrittenScope};
pub use random::{Pick, Since, WrittenAlternative, WrittenCall, WrittenRandomSource, WrittenThen};
pub use read::{
    Map, Name, OneOrMany, Read, TagValue, check_format, check_set, expected_kind, read_cell,
    read_word, without_format,
};
pub use read_time::{When, not_an_instant};
pub use record::{Fields, canonical_key};
pub use scenario::{Due, WrittenEvent, WrittenEvents, WrittenScenario};
pub use schema::{SchemaKey, Schemas, Shared, either_spelling};
pub use sections::{
    MetricStep, WrittenFile, WrittenFleet, WrittenImport, WrittenInstances, WrittenMetrics,
    is_file, read_file,
};
pub use selector::{LONGEST, Selector, SelectorPart, count, expand, glob, not_a_range};
pub use tree::{Entry, Node, Style, Value};
pub use verbs::{VERBS, WrittenVerb, verb_definition, verb_keys, verb_needs};
pub use warning_code::WarningCode;
pub use watch::WrittenWatcher;
pub use yaml::{LARGEST as LARGEST_YAML, parse_yaml};

pub(crate) use cases::{escaped_value, value_name};
pub(crate) use record::record;
