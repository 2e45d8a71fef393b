//! `run.json`: the runs, their inputs, and how they ended.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::diagnostics::{is_unseen, visible};
use crate::money::Currency;
use crate::policy::Rulebook;
use crate::stats;
use crate::words::{Confidence, SwitchId};

/// The run file, `run.json`: the runs, their inputs, and how they ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// Always `stayput`; marks a folder that this program may replace.
    pub program: String,
    /// The version of the program.
    pub version: String,
    /// The format of this file.
    pub format: String,
    /// The command line. For replications, only the arguments that affect results.
    pub command: Vec<String>,
    /// The settings of replications; `None` for a single run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<WrittenStudy>,
    /// Every file that was read, with its digest.
    pub inputs: Vec<Input>,
    /// Every policy that was used, with its digest.
    pub policies: Vec<Input>,
    /// The documents that the policies cite.
    pub sources: Vec<WrittenSource>,
    /// Positions of switches that decisions depended on.
    pub assumptions: Vec<WrittenAssumption>,
    /// Number of rows of each table.
    pub rows: Map<String, Json>,
    /// The digest of each table, and of their description in `datapackage.json`.
    #[serde(default)]
    pub outputs: Vec<Input>,
    /// The end of each run.
    pub runs: Vec<RunEnd>,
    /// Whether every run reached its end, so that the tables are complete.
    pub complete: bool,
}

impl RunFile {
    /// Reads a run file.
    ///
    /// # Errors
    /// Why it is not valid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let invalid = |error: serde_json::Error| {
            // What the error expected is named by a type of this program.
            let text = error.to_string();
            let what = text.split(", expected").next().unwrap_or_default();
            let what = what.split(" at line").next().unwrap_or_default();
            let (line, column) = (error.line(), error.column());
            format!("run.json is not valid: {} in line {line}, column {column}", visible(what))
        };
        // Names are printed, so they may have no invisible characters. The command line and the
        // values of cases are quoted as they were written.
        let mut tree: Json = serde_json::from_str(text).map_err(invalid)?;
        if let Some(tree) = tree.as_object_mut() {
            tree.remove("command");
        }
        for run in tree.get_mut("runs").and_then(Json::as_array_mut).into_iter().flatten() {
            if let Some(run) = run.as_object_mut() {
                run.remove("values");
            }
        }
        if let Some(unseen) = unseen_text(&tree) {
            return Err(format!("run.json contains invisible characters: `{}`", visible(unseen)));
        }
        serde_json::from_str(text).map_err(invalid)
    }

    /// The file of a run that has not begun: it has no rows, and nothing is missing.
    pub fn new(command: Vec<String>, inputs: Vec<Input>) -> Self {
        Self {
            program: "stayput".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "run/1".to_owned(),
            command,
            study: None,
            inputs,
            policies: Vec::new(),
            sources: Vec::new(),
            assumptions: Vec::new(),
            rows: Map::new(),
            outputs: Vec::new(),
            runs: Vec::new(),
            complete: true,
        }
    }
}

/// The first text or key with an invisible character; `None` if there is none.
fn unseen_text(value: &Json) -> Option<&str> {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
        Json::String(text) => text.contains(is_unseen).then_some(text),
        Json::Array(items) => items.iter().find_map(unseen_text),
        Json::Object(entries) => entries.iter().find_map(|(key, value)| {
            key.contains(is_unseen).then_some(key.as_str()).or_else(|| unseen_text(value))
        }),
    }
}

/// Settings of replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrittenStudy {
    /// Number of replications of all shards together; the maximum if there is a precision to reach.
    pub replications: u64,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The precisions to reach, as written; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until_halfwidth: Vec<String>,
    /// Number of events after which a replication stops.
    pub max_events: u64,
    /// The shard, `K/N`; `None` if this is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
}

impl WrittenStudy {
    /// The confidence level of intervals; 95 % if the written one is not valid.
    pub fn confidence(&self) -> stats::ConfidenceLevel {
        stats::ConfidenceLevel::per_cent(self.level).unwrap_or(stats::ConfidenceLevel::P95)
    }
}

/// A file or a policy, and the digest of its contents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// Path of the file, or `NAME@EDITION` of the policy.
    pub name: String,
    /// SHA-256 of its text as hexadecimal digits. The text is unpacked, in UTF-8, and without a
    /// byte order mark.
    pub sha256: String,
}

/// A run at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases, which the file writes as `-`.
    #[serde(with = "case_name")]
    pub case: String,
    /// The values of the case, as the scenario writes them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Json>,
    /// The seed.
    pub seed: u64,
    /// Start of the simulated span, in UTC.
    pub start: String,
    /// End of the simulated span, in UTC.
    pub end: String,
    /// The UTC offset in which the scenario states its start.
    pub offset: String,
    /// Currency of all prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Names of the counts that the scenario defines; each has a column in the table of
    /// replications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<String>,
    /// The policies in use with their digests, that of the scenario first.
    pub policies: Vec<Input>,
    /// Number of events of all replications together.
    pub events: u64,
    /// `drained`, `horizon`, `limit-events`, `limit-events-at-once`, `limit-members`, `undecided`
    /// or `interrupted`; of replications `replications` (all of them), `halfwidth` (the precision
    /// was reached), `limit-replications` (it was not), `interrupted` (also of a case that had not
    /// begun) or `partial` (some shards are missing).
    pub stop: String,
    /// The file and the line in which each event of the scenario is written. Events of tables that
    /// are read row by row have no entry.
    pub written_at: Vec<EventPlace>,
}

/// The file and the line of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPlace {
    /// Name of the event.
    pub event: String,
    /// Path of the file.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
}

/// A run, by its scenario and case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunName {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases, which the file writes as `-`.
    #[serde(with = "case_name")]
    pub case: String,
}

/// A document that a policy cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenSource {
    /// The policy.
    pub policy: String,
    /// The key by which rules and tables name the document.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The section of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
}

/// The position of a switch that decisions depended on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenAssumption {
    /// The policy.
    pub policy: String,
    /// The switch.
    pub switch: String,
    /// The question that the documents leave open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The position.
    pub value: String,
    /// `default` if the policy sets it, `scenario` if the scenario does.
    pub chosen_by: String,
    /// Confidence of the policy's default.
    pub confidence: Confidence,
    /// Number of decisions that depended on it; none are counted for replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<u64>,
    /// The runs that depended on it, whether or not one of their decisions did.
    pub runs: BTreeSet<RunName>,
}

impl WrittenAssumption {
    /// The position of a switch, without decisions and runs.
    pub fn of(book: &Rulebook, id: SwitchId) -> Self {
        let switch = &book.policy.switches[id.index()];
        Self {
            policy: book.policy.name.clone(),
            switch: switch.name.clone(),
            question: switch.because.clone(),
            value: book.setting(id).to_owned(),
            chosen_by: if book.is_taken(id) { "scenario" } else { "default" }.to_owned(),
            confidence: switch.confidence,
            decisions: None,
            runs: BTreeSet::new(),
        }
    }

    /// `POLICY: SWITCH=VALUE`.
    pub fn line(&self) -> String {
        format!("{}: {}={}", self.policy, self.switch, self.value)
    }

    /// The assumptions of several runs or shards: equal ones become one, in the order of their
    /// names.
    pub fn merged(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: BTreeMap<[String; 4], Self> = BTreeMap::new();
        for one in all {
            let Self { policy, switch, value, chosen_by, .. } = one.clone();
            match merged.entry([policy, switch, value, chosen_by]) {
                Entry::Vacant(none) => {
                    none.insert(one);
                }
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.runs.extend(one.runs);
                    if let (Some(all), Some(more)) = (&mut known.decisions, one.decisions) {
                        *all += more;
                    }
                }
            }
        }
        merged.into_values().collect()
    }
}

/// The name of a case, which files write as `-` if there is none, as the tables do.
mod case_name {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::report::csv::rows::NO_CASE;

    pub(super) fn serialize<S: Serializer>(case: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if case.is_empty() { NO_CASE } else { case })
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<String, D::Error> {
        let case = String::deserialize(from)?;
        Ok(if case == NO_CASE { String::new() } else { case })
    }
}

/// Writes the run file.
///
/// # Errors
/// If writing fails.
pub fn run_json(run: &RunFile, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, run)?;
    out.write_all(b"\n")?;
    out.flush()
}
