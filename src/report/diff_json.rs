//! The differences of two editions as JSON, and the JSON Schema of that output.

use serde_json::{Map, Value as Json, json};

use crate::policy::{CellCounts, Class, Comparison, Difference, Direction, Part, Statement};
use crate::words::{Confidence, Word};

/// The comparison as JSON; `stayput schema diff` prints its schema.
pub fn diff_json(comparison: &Comparison) -> Json {
    let CellCounts { unchanged, changed, accepted } = comparison.cell_counts();
    json!({
        "format": "diff/1",
        "old": comparison.old,
        "new": comparison.new,
        "cells": comparison.cells,
        "unchanged": unchanged,
        "changed": changed,
        "accepted-cells": accepted,
        "worse": comparison.count(Direction::Worse),
        "better": comparison.count(Direction::Better),
        "differences": comparison.differences.iter().map(difference_json).collect::<Vec<_>>(),
    })
}

pub(super) fn difference_json(d: &Difference) -> Json {
    let situation: Map<String, Json> =
        d.situation.iter().map(|t| (t.name.clone(), json!(t.words))).collect();
    json!({
        "key": d.key(),
        "part": d.part.word(),
        "subject": d.subject,
        "situation": situation,
        "class": d.class.word(),
        "aspects": d.aspects().into_iter().map(Word::word).collect::<Vec<_>>(),
        "direction": d.direction.word(),
        "cells": d.cells,
        "off-default": d.off_default,
        "old": statement_json(&d.old),
        "new": statement_json(&d.new),
    })
}

fn statement_json(statement: &Statement) -> Json {
    let mut object = Map::new();
    object.insert("says".into(), json!(statement.says));
    if let Some(rule) = &statement.rule {
        object.insert("rule".into(), json!(rule.id));
        object.insert("confidence".into(), json!(rule.confidence.word()));
        object.insert("source".into(), json!(rule.sources));
        object.insert("documents".into(), json!(rule.documents));
        let texts =
            [("answer", &rule.answer), ("because", &rule.because), ("remedy", &rule.remedy)];
        for (key, text) in texts {
            if let Some(text) = text {
                object.insert(key.into(), json!(text));
            }
        }
    }
    Json::Object(object)
}

/// The JSON Schema of the output of `diff -f json`.
pub(super) fn schema() -> Json {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let count = json!({ "type": "integer", "minimum": 0 });
    let (difference, decision, accepted) =
        (difference_schema(), decision_schema(), accepted_change_schema());
    let touched = json!({
        "type": "object",
        "properties": { "difference": text, "run": text, "instances": texts },
    });
    json!({
        "type": "object",
        "properties": {
            "format": { "const": "diff/1" },
            "old": text,
            "new": text,
            "cells": { "type": "integer", "minimum": 0, "description": "compared cells: those unchanged, changed and accepted" },
            "unchanged": count,
            "changed": { "type": "integer", "minimum": 0, "description": "cells that differ, without those whose difference is accepted" },
            "accepted-cells": { "type": "integer", "minimum": 0, "description": "cells whose difference is accepted" },
            "worse": count,
            "better": count,
            "differences": { "type": "array", "items": difference },
            "touched": { "type": "array", "items": touched },
            "compared": count,
            "decisions": { "type": "array", "items": decision },
            "accepted": { "type": "array", "items": accepted },
            "stale": { "type": "array", "items": { "type": "object" }, "description": "acceptances that have expired or whose changes do not occur, each with `key` and `why`" },
            "incomplete": { "type": "array", "items": text, "description": "a sentence for each recording that is incomplete, for each run that only one contains, and for each run of which replications did not complete" },
            "replications": { "type": "array", "items": { "type": "object" }, "description": "differences of replications with common random numbers, with the columns of differences.csv" },
        },
        "required": ["format", "old", "new", "differences"],
    })
}

fn difference_schema() -> Json {
    let words = |words: Vec<&str>| json!({ "enum": words });
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let statement = json!({
        "type": "object",
        "properties": {
            "says": text,
            "rule": text,
            "confidence": words(Confidence::ALL.iter().map(|w| w.word()).collect()),
            "source": texts,
            "documents": texts,
            "answer": text,
            "because": text,
            "remedy": text,
        },
        "required": ["says"],
    });
    let classes = words(Class::ALL.iter().map(|w| w.word()).collect());
    json!({
        "type": "object",
        "properties": {
            "key": { "type": "string", "description": "the stable name of the difference; a file of accepted changes refers to it" },
            "part": words(Part::ALL.iter().map(|w| w.word()).collect()),
            "subject": text,
            "situation": { "type": "object", "additionalProperties": texts },
            "class": classes,
            "aspects": { "type": "array", "items": classes, "description": "further aspects in which the two rules differ" },
            "direction": words(Direction::ALL.iter().map(|w| w.word()).collect()),
            "cells": { "type": "integer", "minimum": 0 },
            "off-default": {
                "type": "array",
                "items": text,
                "description": "switches that must be at a position other than their default",
            },
            "old": statement,
            "new": statement,
        },
        "required": ["key", "part", "subject", "situation", "class", "aspects", "direction", "cells", "off-default", "old", "new"],
    })
}

fn accepted_change_schema() -> Json {
    let text = json!({ "type": "string" });
    let (difference, decision) = (difference_schema(), decision_schema());
    let mut accepted_difference = difference;
    accepted_difference["type"] = json!(["object", "null"]);
    accepted_difference["description"] =
        json!("the aspect that differs; null for a changed decision");
    json!({
        "type": "object",
        "description": "an accepted change",
        "properties": {
            "key": text,
            "reason": text,
            "until": { "type": ["string", "null"], "description": "last day of the acceptance; null if it does not expire" },
            "difference": accepted_difference,
            "decisions": { "type": "array", "items": decision, "description": "the changed decisions that are accepted with it" },
        },
        "required": ["key", "reason", "until", "difference", "decisions"],
    })
}

fn decision_schema() -> Json {
    let words = |words: Vec<&str>| json!({ "enum": words });
    let text = json!({ "type": "string" });
    let row = json!({
        "type": ["object", "null"],
        "description": "a row of decisions.csv, without its empty cells",
        "additionalProperties": text,
    });
    json!({
        "type": "object",
        "properties": {
            "key": text,
            "class": words(Class::ALL.iter().map(|w| w.word()).collect()),
            "direction": words(Direction::ALL.iter().map(|w| w.word()).collect()),
            "causes": { "type": "array", "items": text, "description": "keys of the differences that caused it; it is accepted when all of them are; empty if none explains it" },
            "old": row,
            "new": row,
        },
    })
}
