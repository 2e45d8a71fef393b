//! Compilation of the tables: verdicts of protections, preconditions, and the other tables.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Problems, Severity, Span, Spanned};
use crate::format::{Name, Node, OneOrMany, Read, read_word};
use crate::policy::edition::{DecisionTables, FlagTest, Hooks, Precondition, Protection, Repairs};
use crate::policy::facts::{Column, Condition};
use crate::policy::file::{
    PolicyFile, WrittenHooks, WrittenProtection, WrittenScaleIn, WrittenSchedule,
};
use crate::policy::order::Order;
use crate::policy::questions::{questions, table_name};
use crate::policy::rule_node::{ConclusionWord, PreconditionRule, Rules};
use crate::policy::space::{Axis, Over};
use crate::policy::table::{DecisionTable, TableRow, axes_of};
use crate::policy::written_rule::WrittenRule;
use crate::time::{ApiVersion, SimSpan};
use crate::words::{Occasion, ProtectionId, ProtectionSet, SubjectKind, Verdict, Word};

/// The sections of a policy file that have questions; one that is left out has no rules.
struct Sections<'f> {
    policy: &'f PolicyFile,
    schedule: WrittenSchedule,
    scale_in: WrittenScaleIn,
    hooks: WrittenHooks,
}

impl Compiler<'_> {
    pub(super) fn protections(&mut self, file: &PolicyFile) -> Vec<Protection> {
        if file.protections.0.len() > ProtectionSet::MOST {
            let title = format!("a policy has at most {} protections", ProtectionSet::MOST);
            let span = file.protections.0[ProtectionSet::MOST].0.span;
            self.problems.add(Problem::at(Code::BadNumber, span, title, "one too many"));
            return Vec::new();
        }
        self.demand_unambiguous_names(file);
        let all = file.protections.0.iter().enumerate();
        let mut all: Vec<Protection> = all
            .map(|(written, (name, part))| self.protection((name, name.span), written, part))
            .collect();
        // Ids are in the order of names, so that nothing depends on the order in the file.
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Requires that names and attributes together are unambiguous, because a protection is looked
    /// up by both.
    fn demand_unambiguous_names(&mut self, file: &PolicyFile) {
        let parts = &file.protections.0;
        for (index, (name, part)) in parts.iter().enumerate() {
            let Some(attribute) = &part.attribute else { continue };
            let same =
                |(other_index, (other, part)): &(usize, &(Spanned<Name>, WrittenProtection))| {
                    let other_attribute = part.attribute.as_ref().map(|a| a.value.as_str());
                    let is_duplicate =
                        *other_index < index && other_attribute == Some(attribute.value.as_str());
                    *other_index != index && (is_duplicate || *other.value.0 == **attribute)
                };
            let Some((_, (other, _))) = parts.iter().enumerate().find(same) else { continue };
            let title = format!(
                "the name `{}` is ambiguous: it means `{}` and `{}`",
                **attribute, **other, **name
            );
            let label = "ambiguous name";
            let problem = Problem::at(Code::Twice, attribute.span, title, label);
            let problem = problem.help("give each protection a different `attribute:`");
            self.problems.add(problem);
        }
    }

    pub(super) fn protection(
        &mut self,
        (name, span): (&str, Span),
        written: usize,
        part: &WrittenProtection,
    ) -> Protection {
        self.parts.push(format!("protections.{name}"));
        let works_when = part.works_when.as_ref().and_then(|node| {
            let id = node.get("id").and_then(Node::scalar);
            let id = id.map_or_else(|| format!("{name}.works-when"), str::to_owned);
            let id = Spanned::new(id.into_boxed_str(), node.span);
            let part = WrittenRule::read(id, node, &["id"], self.problems)?;
            for test in &part.when {
                self.demand_in_space(test.column, test.span);
            }
            Some(self.rule(&part))
        });
        let (parts, rows, whole) = self.rows::<Verdict>(&part.rules);
        for part in &parts {
            self.demand_words_in_space(part);
        }
        let conditions = rows.iter().map(|row| &row.when);
        let axes = axes_of(conditions, &self.columns, |switch| self.switch_size(switch));
        let in_space = |axis: &Axis| match axis.over {
            Over::Column(column) => self.columns.iter().any(|(known, _)| *known == column),
            Over::Switch(_) => true,
        };
        let axes: Vec<Axis> = axes.into_iter().filter(in_space).collect();
        let table = if whole && self.is_provable {
            let inert = works_when.as_ref().map(|(rule, works)| {
                let when = Condition::default();
                (works, TableRow { rule: *rule, when, says: Verdict::NotConsulted })
            });
            self.prove((name, span), axes, rows, &parts, inert)
        } else {
            DecisionTable::empty()
        };
        let settable = part.settable.as_ref();
        let named = settable.and_then(|settable| settable.source.as_ref());
        let named = self.find_sources(OneOrMany::items(named));
        Protection {
            name: name.to_owned(),
            written,
            attribute: part.attribute.as_ref().map(|attribute| attribute.value.clone()),
            about: part.about.clone(),
            of: part.of.map_or(SubjectKind::Instance, |of| of.value),
            standby: part.standby,
            in_model: part.in_model,
            occasions: settable.map_or_else(|| Occasion::ALL.to_vec(), |s| s.at.clone()),
            settable: named,
            works_when,
            table,
        }
    }

    /// The rows of a table, and whether all were read.
    ///
    /// A table with errors is not proved, because missing rows would cause further errors.
    pub(super) fn rows<C: ConclusionWord>(
        &mut self,
        rules: &Rules<C>,
    ) -> (Vec<WrittenRule>, Vec<TableRow<C>>, bool) {
        self.rows_read(rules, C::KEY, read_word)
    }

    /// As [`Compiler::rows`]; `read` reads a conclusion, which stands under `key`.
    pub(super) fn rows_read<K, C>(
        &mut self,
        rules: &Rules<K>,
        key: &str,
        read: impl Fn(&Node, &mut Problems) -> Option<C>,
    ) -> (Vec<WrittenRule>, Vec<TableRow<C>>, bool) {
        let before = self.problems.count(Severity::Error);
        let (mut parts, mut rows) = (Vec::new(), Vec::new());
        for (id, node) in &rules.0 {
            let id = id.clone().map(|name| name.0);
            let span = id.span;
            let Some(part) = WrittenRule::read(id, node, &[key], self.problems) else { continue };
            let Some(says) = node.get(key) else {
                let title = format!("the rule `{}` needs the key `{key}`", *part.id);
                self.problems.add(Problem::at(
                    Code::MissingKey,
                    span,
                    title,
                    format!("no `{key}`"),
                ));
                continue;
            };
            let Some(says) = read(says, self.problems) else { continue };
            let (rule, when) = self.rule(&part);
            rows.push(TableRow { rule, when, says });
            parts.push(part);
        }
        let whole = self.problems.count(Severity::Error) == before;
        (parts, rows, whole)
    }

    pub(super) fn preconditions(
        &mut self,
        file: &PolicyFile,
        protections: &[Protection],
    ) -> Vec<Precondition> {
        let mut list = Vec::new();
        self.parts.push("preconditions".to_owned());
        for (id, node) in &file.preconditions.0 {
            let id = id.clone().map(|name| name.0);
            let Some(part) = WrittenRule::read(id, node, PreconditionRule::KEYS, self.problems)
            else {
                continue;
            };
            let (rule, when) = self.rule(&part);
            let before = node.get("api-version-before");
            let flags = FlagTest {
                any: self.named_protections(node.get("flags"), protections),
                off: self.named_protections(node.get("flags-off"), protections),
                left_on: self.named_protections(node.get("flags-left-on"), protections),
                before: before.and_then(|node| ApiVersion::read(node, self.problems)),
            };
            list.push(Precondition { rule, when, flags });
        }
        list
    }

    pub(super) fn named_protections(
        &mut self,
        node: Option<&Node>,
        protections: &[Protection],
    ) -> ProtectionSet {
        let named = node.and_then(|node| OneOrMany::read(node, self.problems));
        let named: Vec<Spanned<String>> =
            named.map(|many: OneOrMany<_>| many.0).unwrap_or_default();
        named.iter().filter_map(|name| self.named_protection(name, protections)).collect()
    }

    fn named_protection(
        &mut self,
        name: &Spanned<String>,
        protections: &[Protection],
    ) -> Option<ProtectionId> {
        let at = protections.iter().position(|protection| protection.has_name(name));
        if at.is_none() {
            let title = format!("unknown protection `{}`", **name);
            let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown protection");
            let known = protections.iter().map(|protection| protection.name.as_str());
            self.problems.add(problem.known_names(name, "protections", known));
        }
        at.map(ProtectionId::from_index)
    }

    /// The tables of the questions, each over its space.
    pub(super) fn tables(&mut self, file: &PolicyFile, orders: &[Order]) -> DecisionTables {
        let sections = Sections {
            policy: file,
            schedule: file.schedule.clone().unwrap_or_default(),
            scale_in: file.scale_in.clone().unwrap_or_default(),
            hooks: file.hooks.clone().unwrap_or_default(),
        };
        macro_rules! tables {
            ($($section:ident { $(
                $(#[doc = $doc:literal])+
                $key:literal $(as $name:literal)?
                    => $field:ident: $word:ident in $space:ident, $part:ident;
            )* })*) => {
                DecisionTables {
                    $($($field: {
                        let cells = self.$space(file);
                        self.table(table_name!($key $($name)?), &sections.$section.$field, &cells)
                    },)*)*
                    defaults: self.defaults(&file.defaults, orders),
                }
            };
        }
        questions!(tables)
    }

    pub(super) fn repairs(&mut self, file: &PolicyFile) -> Repairs {
        let Some(part) = &file.repairs else { return Repairs::default() };
        let sources = self.find_sources(OneOrMany::items(part.source.as_ref()));
        self.check_range("shortest", part.shortest, "longest", part.longest);
        let longest = part.longest.map(|longest| longest.value);
        Repairs { shortest: part.shortest, longest, sources }
    }

    /// Demands that one figure is not longer than another.
    pub(super) fn check_range(
        &mut self,
        shorter: &str,
        least: Option<SimSpan>,
        longer: &str,
        most: Option<Spanned<SimSpan>>,
    ) {
        let (Some(least), Some(most)) = (least, most) else { return };
        if least > most.value {
            let title = format!("`{shorter}` is {least}, longer than `{longer}`");
            let label = format!("`{longer}` is {}", most.value);
            self.problems.add(Problem::at(Code::Contradiction, most.span, title, label));
        }
    }

    pub(super) fn hooks(&mut self, file: &PolicyFile) -> Option<Hooks> {
        let part = file.hooks.as_ref()?;
        let sources = self.find_sources(OneOrMany::items(part.source.as_ref()));
        self.check_range("shortest", part.shortest, "longest", part.longest);
        let longest = part.longest.map(|longest| longest.value);
        self.check_range("longest", longest, "in-all", part.in_all);
        Some(Hooks {
            shortest: part.shortest,
            longest,
            results: part.results.iter().map(|result| result.value).collect(),
            together: part.together,
            billing: part.billing.clone(),
            heartbeats: part.heartbeats,
            in_all: part.in_all.map(|in_all| in_all.value),
            sources,
        })
    }

    /// A table whose space has the columns that its rules test. A column has all of its words
    /// unless `fixed` restricts it.
    pub(super) fn table<C: ConclusionWord>(
        &mut self,
        name: &str,
        rules: &Rules<C>,
        fixed: &[(Column, Vec<u8>)],
    ) -> DecisionTable<C> {
        self.parts.push(name.to_owned());
        let rows = self.rows(rules);
        self.proved(name, rows, fixed)
    }

    /// The proved table of some rows; empty if they were not read without errors.
    pub(super) fn proved<C: Clone>(
        &mut self,
        name: &str,
        (parts, rows, whole): (Vec<WrittenRule>, Vec<TableRow<C>>, bool),
        fixed: &[(Column, Vec<u8>)],
    ) -> DecisionTable<C> {
        let Some(first) = parts.first().filter(|_| whole && self.is_provable) else {
            return DecisionTable::empty();
        };
        let span = first.span;
        let tested: Vec<Column> = rows.iter().flat_map(|row| row.when.columns()).collect();
        let fixed: Vec<_> =
            fixed.iter().filter(|(column, _)| tested.contains(column)).cloned().collect();
        let conditions = rows.iter().map(|row| &row.when);
        let axes = axes_of(conditions, &fixed, |switch| self.switch_size(switch));
        self.prove((name, span), axes, rows, &parts, None)
    }
}
