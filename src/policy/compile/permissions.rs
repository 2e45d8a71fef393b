//! Compilation of permissions, and the proof that each call of a person has exactly one row.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Problems, Severity, Span, Spanned, closest};
use crate::format::{Node, OneOrMany, Read};
use crate::policy::edition::Protection;
use crate::policy::facts::Condition;
use crate::policy::file::{PolicyFile, WrittenPermissions};
use crate::policy::permission::{
    CallPermission, Needs, Permissions, SETS, Switching, caller_verbs,
};
use crate::policy::rule_node::PermissionRule;
use crate::policy::space::{Axis, Over};
use crate::policy::table::{TableRow, axes_of};
use crate::policy::written_rule::WrittenRule;
use crate::words::ProtectionId;

impl Compiler<'_> {
    pub(super) fn permissions(
        &mut self,
        file: &PolicyFile,
        protections: &[Protection],
    ) -> Option<Permissions> {
        let written = file.permissions.as_ref()?;
        self.parts.push("permissions".to_owned());
        let before = self.problems.count(Severity::Error);
        let denied = WrittenRule::read_answer(&written.denied, self.problems);
        let mut found = Permissions { actions: action_names(written), calls: Vec::new() };
        let mut parts = Vec::new();
        for (id, node) in &written.calls.0 {
            let id = id.clone().map(|name| name.0);
            let keys = PermissionRule::KEYS;
            let Some(mut part) = WrittenRule::read(id, node, keys, self.problems) else { continue };
            let Some(call) = self.row(node, &part, &found, protections) else { continue };
            if call.needs != Needs::Nothing && part.answer.is_none() {
                part.answer.clone_from(&denied);
            }
            if part.because.is_none() {
                part.because = Some(lacks(&call.needs, &found));
            }
            let (rule, when) = self.rule(&part);
            found.calls.push(CallPermission { rule, when, ..call });
            parts.push(part);
        }
        // Rows with a mistake are missing, and the proof would report the same mistake again.
        if self.problems.count(Severity::Error) == before && self.is_provable {
            self.demand_a_row_for_each_call(written.span(), &found, &parts, protections);
        }
        Some(found)
    }

    fn row(
        &mut self,
        node: &Node,
        part: &WrittenRule,
        known: &Permissions,
        protections: &[Protection],
    ) -> Option<CallPermission> {
        let verbs = self.verbs(node, part.span);
        let protections = self.named_protections(node.get("protection"), protections);
        if !protections.is_empty() && verbs.as_ref().is_some_and(|verbs| *verbs != [SETS]) {
            let title = format!("`protection` is a key of rows about `{SETS}` only");
            let span = node.get("protection").map_or(part.span, |node| node.span);
            self.problems.add(Problem::at(Code::Contradiction, span, title, "another verb"));
        }
        let switches = node.get("switches").map_or(Switching::Either, |node| match node.scalar() {
            Some("on") => Switching::On,
            Some("off") => Switching::Off,
            _ => {
                let title = "`switches` is neither `on` nor `off`";
                self.problems.add(Problem::at(Code::UnknownWord, node.span, title, "not a word"));
                Switching::Either
            }
        });
        let needs = self.needs(node, part, known);
        let events = node.get("event").and_then(|node| OneOrMany::read(node, self.problems));
        let events = events.map(|events: OneOrMany<String>| events.0).unwrap_or_default();
        Some(CallPermission {
            rule: crate::words::RuleId(0),
            verbs: verbs?,
            when: Condition::default(),
            protections,
            switches,
            needs: needs?,
            events,
        })
    }

    /// The permissions that a row needs; `None` if the row does not state them exactly once.
    fn needs(&mut self, node: &Node, part: &WrittenRule, known: &Permissions) -> Option<Needs> {
        let ids = |named: OneOrMany<String>| -> Vec<usize> {
            named.0.iter().filter_map(|name| known.action(name)).collect()
        };
        match (node.get("needs"), node.get("needs-one-of")) {
            (Some(needs), None) if needs.scalar() == Some("nothing") => Some(Needs::Nothing),
            (Some(needs), None) if needs.scalar() == Some("unavailable") => {
                Some(Needs::Unavailable)
            }
            (Some(needs), None) => {
                OneOrMany::read(needs, self.problems).map(|named| Needs::All(ids(named)))
            }
            (None, Some(needs)) => {
                OneOrMany::read(needs, self.problems).map(|named| Needs::OneOf(ids(named)))
            }
            (None, None) => {
                let title = format!("the row `{}` needs the key `needs`", *part.id);
                let problem = Problem::at(Code::MissingKey, part.span, title, "no `needs`");
                self.problems.add(problem.help(
                    "write the provider's names of the actions, or `needs: nothing` or `needs: unavailable`",
                ));
                None
            }
            (Some(_), Some(second)) => {
                let title = "`needs` and `needs-one-of` are both given";
                let problem = Problem::at(Code::Contradiction, second.span, title, "second key");
                self.problems.add(problem.help("write one of them"));
                None
            }
        }
    }

    /// The verbs of a row; `None` if one is not a verb that a person calls.
    fn verbs(&mut self, node: &Node, span: Span) -> Option<Vec<String>> {
        let Some(named) = node.get("verb") else {
            let title = "missing key `verb` in a row of `permissions`";
            self.problems.add(Problem::at(Code::MissingKey, span, title, "no `verb`"));
            return None;
        };
        let named = OneOrMany::<Spanned<String>>::read(named, self.problems)?;
        let known = |name: &Spanned<String>| {
            let found = caller_verbs().find(|verb| *verb == **name).map(str::to_owned);
            if found.is_none() {
                let title = format!("`{}` is not a verb that a person calls", **name);
                let problem = Problem::at(Code::UnknownWord, name.span, title, "not such a verb");
                self.problems.add(problem.did_you_mean(&closest(name, caller_verbs())));
            }
            found
        };
        named.0.iter().map(known).collect()
    }

    /// Requires exactly one row for each verb that a person calls, in each situation.
    fn demand_a_row_for_each_call(
        &mut self,
        span: Span,
        found: &Permissions,
        parts: &[WrittenRule],
        protections: &[Protection],
    ) {
        let has = |verb: &&str| found.calls.iter().any(|row| row.has(verb));
        let missing: Vec<&str> = caller_verbs().filter(|verb| !has(verb)).collect();
        if let Some(first) = missing.first() {
            let title = format!("`permissions` has no row for {}", quoted(&missing));
            let problem = Problem::at(Code::OpenCell, span, title, "each call needs a row");
            self.problems.add(problem.help(format!(
                "write `PM-{first}: {{ verb: {first}, needs: ACTION, source: … }}` under `calls:`"
            )));
        }
        for verb in caller_verbs().filter(has) {
            if verb != SETS {
                self.prove_call(&format!("permissions of {verb}"), span, (found, parts), |row| {
                    row.has(verb)
                });
                continue;
            }
            for (index, protection) in protections.iter().enumerate() {
                let id = ProtectionId::from_index(index);
                // An edition that adds a protection need not state the permission to set it.
                // Scenarios with principals refuse such an edition.
                if !found.sets(id) {
                    continue;
                }
                for (to, word) in [(Switching::On, "on"), (Switching::Off, "off")] {
                    let name = format!("permissions of {verb} {} {word}", protection.name);
                    self.prove_call(&name, span, (found, parts), |row| {
                        let named = row.protections.is_empty() || row.protections.contains(id);
                        row.has(SETS) && named && row.switches.includes(to)
                    });
                }
            }
        }
    }

    fn prove_call(
        &mut self,
        name: &str,
        span: Span,
        (found, parts): (&Permissions, &[WrittenRule]),
        concerns: impl Fn(&CallPermission) -> bool,
    ) {
        let all = found.calls.iter().zip(parts);
        let (rows, parts): (Vec<TableRow<()>>, Vec<WrittenRule>) = all
            .filter(|(row, _)| concerns(row))
            .map(|(row, part)| {
                (TableRow { rule: row.rule, when: row.when.clone(), says: () }, part.clone())
            })
            .unzip();
        self.prove_rows(name, span, rows, &parts);
    }

    /// Proves that exactly one of some rows applies in each situation.
    pub(super) fn prove_rows(
        &mut self,
        name: &str,
        span: Span,
        rows: Vec<TableRow<()>>,
        parts: &[WrittenRule],
    ) {
        let conditions = rows.iter().map(|row| &row.when);
        let mut axes: Vec<Axis> =
            axes_of(conditions, &self.columns, |switch| self.switch_size(switch));
        // Most rows test nothing, so that their space is a single cell.
        axes.retain(|axis| {
            rows.iter().any(|row| match axis.over {
                Over::Column(column) => row.when.words(column).is_some(),
                Over::Switch(switch) => row.when.switches().iter().any(|(id, _)| *id == switch),
            })
        });
        self.prove((name, span), axes, rows, parts, None);
    }
}

/// The names of all actions, sorted without regard to case, each once.
fn action_names(written: &WrittenPermissions) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, node) in &written.calls.0 {
        for needs in ["needs", "needs-one-of"].into_iter().filter_map(|key| node.get(key)) {
            if matches!(needs.scalar(), Some("nothing" | "unavailable")) {
                continue;
            }
            // A mistake here is reported when the row is read.
            let mut mistakes = Problems::default();
            names.extend(OneOrMany::<String>::read(needs, &mut mistakes).unwrap_or_default().0);
        }
    }
    names.sort_by_key(|name| name.to_ascii_lowercase());
    names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    names
}

/// The reason of a denied call.
fn lacks(needs: &Needs, known: &Permissions) -> String {
    let names = |actions: &[usize], word: &str| {
        let names: Vec<&str> = actions.iter().map(|at| known.actions[*at].as_str()).collect();
        names.join(word)
    };
    match needs {
        Needs::Nothing => "the call needs no permission".into(),
        Needs::Unavailable => "the provider has no such call".into(),
        Needs::All(actions) => {
            format!("the caller needs the permission {}", names(actions, " and "))
        }
        Needs::OneOf(actions) => {
            format!("the caller needs the permission {}", names(actions, " or "))
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl WrittenPermissions {
    /// The first row, for messages about the table as a whole.
    fn span(&self) -> Span {
        self.calls.0.first().map_or(self.denied.span, |(id, _)| id.span)
    }
}
