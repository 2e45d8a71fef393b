//! Compilation of the audit trail, and the proof that each kind of event has exactly one row.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Severity, Span};
use crate::format::{Node, OneOrMany, Read};
use crate::policy::facts::Condition;
use crate::policy::file::PolicyFile;
use crate::policy::rule_node::TrailRule;
use crate::policy::table::TableRow;
use crate::policy::trail::{Trail, TrailRow};
use crate::policy::written_rule::WrittenRule;
use crate::words::{Confidence, Recording, RuleId, TrailEvent, Word};

impl Compiler<'_> {
    pub(super) fn trail(&mut self, file: &PolicyFile) -> Option<Trail> {
        let written = file.trail.as_ref()?;
        self.parts.push("trail".to_owned());
        let before = self.problems.count(Severity::Error);
        let sources = self.find_sources(OneOrMany::items(written.source.as_ref()));
        let mut rows = Vec::new();
        let mut parts = Vec::new();
        for (id, node) in &written.records.0 {
            let id = id.clone().map(|name| name.0);
            let keys = TrailRule::KEYS;
            let Some(part) = WrittenRule::read(id, node, keys, self.problems) else { continue };
            let Some(row) = self.trail_row(node, part.span) else { continue };
            let (rule, when) = self.rule(&part);
            rows.push(TrailRow { rule, when, ..row });
            parts.push(part);
        }
        let longest = written.longest;
        self.check_range("shortest", Some(written.shortest), "longest", Some(longest));
        // Rows with a mistake are missing, so the proof would only report the same mistake again.
        if self.problems.count(Severity::Error) == before && self.is_provable {
            let span = written.records.0.first().map_or(file.edition.span, |(id, _)| id.span);
            TrailEvent::ALL.iter().for_each(|of| self.prove_event(*of, span, &rows, &parts));
        }
        let late = sources.iter().any(|source| self.sources[*source].is_late);
        let stated = written.confidence.unwrap_or(Confidence::Documented);
        let confidence = if late { stated.max(Confidence::Inferred) } else { stated };
        Some(Trail {
            name: written.name.clone(),
            shortest: written.shortest,
            longest: longest.value,
            sources,
            confidence,
            rows,
        })
    }

    fn trail_row(&mut self, node: &Node, span: Span) -> Option<TrailRow> {
        let mut needed = |key: &str| {
            let found = node.get(key);
            if found.is_none() {
                let title = format!("missing key `{key}` in a rule on the trail");
                self.problems.add(Problem::at(Code::MissingKey, span, title, "not in this rule"));
            }
            found
        };
        let (of, says) = (needed("of"), needed("then"));
        let of = OneOrMany::<TrailEvent>::read(of?, self.problems);
        let says = Recording::read(says?, self.problems);
        let (rule, when) = (RuleId(0), Condition::default());
        Some(TrailRow { rule, of: of?.0, when, says: says? })
    }

    /// Requires exactly one row for a kind of event, in each position of the switches.
    fn prove_event(
        &mut self,
        of: TrailEvent,
        span: Span,
        rows: &[TrailRow],
        parts: &[WrittenRule],
    ) {
        let all = rows.iter().zip(parts).filter(|(row, _)| row.of.contains(&of));
        let (rows, parts): (Vec<TableRow<()>>, Vec<WrittenRule>) = all
            .map(|(row, part)| {
                (TableRow { rule: row.rule, when: row.when.clone(), says: () }, part.clone())
            })
            .unzip();
        if rows.is_empty() {
            let title = format!("the trail has no rule about `{}`", of.word());
            let problem = Problem::at(Code::OpenCell, span, title, "each kind needs a rule");
            let word = of.word();
            self.problems.add(problem.help(format!(
                "write `TR-{word}: {{ of: {word}, then: recorded, source: … }}` under `records:`"
            )));
            return;
        }
        self.prove_rows(&format!("the trail of {}", of.word()), span, rows, &parts);
    }
}
