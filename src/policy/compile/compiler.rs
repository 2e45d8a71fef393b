//! The state of a compilation: a policy file becomes a proved policy.

use crate::diagnostics::{Code, Problem, Problems, Severity, Span};
use crate::policy::edition::{DecisionTables, Policy, Rule, Source, Switch, Unknowns};
use crate::policy::facts::{Column, Columns, Condition};
use crate::policy::file::PolicyFile;
use crate::policy::read_files::ReadFiles;
use crate::policy::written_condition::read_space;
use crate::words::RuleId;

/// Compiles a policy file; every mistake goes to `problems`.
pub fn compile(file: &PolicyFile, read: &ReadFiles, problems: &mut Problems) -> Option<Policy> {
    let before = problems.count(Severity::Error);
    let mut compiler = Compiler::new(file, read, problems);
    let policy = compiler.policy(file);
    (problems.count(Severity::Error) == before).then_some(policy)
}

/// Most rules of a policy, and most entries under `impossible`. Tables store 16 bits for each.
pub(super) const MOST_RULES: usize = 1 << 12;

pub(super) struct Compiler<'p> {
    pub(super) problems: &'p mut Problems,
    /// The files of this edition and of those that it extends.
    pub(super) read: &'p ReadFiles,
    /// The span of its date.
    pub(super) edition: Span,
    pub(super) sources: Vec<Source>,
    pub(super) switches: Vec<Switch>,
    pub(super) rules: Vec<Rule>,
    /// The parts of the file that have been read. The last one is being read.
    pub(super) parts: Vec<String>,
    /// Name and attribute of each protection, in the order of their ids.
    pub(super) protections: Vec<(Box<str>, Option<String>)>,
    /// The decision space of protections.
    pub(super) columns: Vec<(Column, Vec<u8>)>,
    pub(super) impossible: Vec<(Condition, String)>,
    /// Whether tables can be proved: the space was read without errors, and there are not too many
    /// rules.
    pub(super) is_provable: bool,
    /// The columns that at least one rule tests.
    pub(super) tested: Columns,
}

impl<'p> Compiler<'p> {
    fn new(file: &PolicyFile, read: &'p ReadFiles, problems: &'p mut Problems) -> Self {
        let sources = super::sources::sources(file, problems);
        let protections = file.protections.0.iter();
        let protections = protections.map(|(name, part)| {
            (
                name.to_string().into(),
                part.attribute.as_ref().map(|attribute| attribute.value.clone()),
            )
        });
        let mut protections: Vec<(Box<str>, Option<String>)> = protections.collect();
        // The ids of protections are in the order of their names.
        protections.sort();
        let before = problems.count(Severity::Error);
        let columns = read_space(&file.space, problems);
        let mut compiler = Self {
            problems,
            read,
            edition: file.edition.span,
            sources,
            switches: Vec::new(),
            rules: Vec::new(),
            parts: Vec::new(),
            protections,
            columns,
            impossible: Vec::new(),
            is_provable: true,
            tested: Columns::NONE,
        };
        compiler.demand_addresses(file);
        compiler.demand_columns(file);
        compiler.read_switches(file);
        compiler.add_unknowns();
        compiler.read_impossible(file);
        compiler.is_provable = compiler.problems.count(Severity::Error) == before;
        compiler
    }

    /// Requires the columns `trigger` and `action` in the decision space.
    fn demand_columns(&mut self, file: &PolicyFile) {
        for column in [Column::Trigger, Column::Action] {
            if self.columns.iter().all(|(known, _)| *known != column) {
                let title = format!("missing column `{}` in the decision space", column.name());
                let mut span = file.space.span;
                span.end = span.start + 1;
                let problem = Problem::at(Code::MissingKey, span, title, "not in this space");
                let known = column.words().join(", ");
                self.problems.add(problem.note(format!("words of the column: {known}")));
            }
        }
    }

    fn policy(&mut self, file: &PolicyFile) -> Policy {
        let protections = self.protections(file);
        let preconditions = self.preconditions(file, &protections);
        let permissions = self.permissions(file, &protections);
        let trail = self.trail(file);
        let orders = file.scale_in.as_ref().map(|part| self.orders(part)).unwrap_or_default();
        let tables = self.tables(file, &orders);
        let clocks = self.clocks(file);
        self.demand_helpful_remedies(&protections, &clocks, &tables.effects);
        let notes = file
            .notes
            .0
            .iter()
            .map(|(_, note)| (note.says.clone(), self.find_sources(&note.source.0)));
        let notes = notes.collect();
        let repairs = self.repairs(file);
        let hooks = self.hooks(file);
        let schedule = file.schedule.as_ref().map(|part| self.schedule(part)).unwrap_or_default();
        self.lean_on_figures(file, &tables, &preconditions);
        let domain = self.domain(file);
        if self.is_provable {
            self.demand_judged(&domain, &clocks, &tables, file);
        }
        Policy {
            name: format!("{}@{}", *file.policy, *file.edition),
            title: file.title.clone(),
            digest: String::new(),
            listings: file.listings.clone(),
            calendar: file.calendar,
            sources: std::mem::take(&mut self.sources),
            parts: std::mem::take(&mut self.parts),
            unknown: Unknowns::last_of(self.switches.len()),
            switches: std::mem::take(&mut self.switches),
            rules: std::mem::take(&mut self.rules),
            protections,
            preconditions,
            permissions,
            trail,
            tables,
            schedule,
            clocks,
            orders,
            repairs,
            hooks,
            notes,
            impossible: std::mem::take(&mut self.impossible),
            domain,
            tested: self.tested,
        }
    }

    /// Gives a rule that uses figures, orders or limits at most the confidence of what it uses.
    fn lean_on_figures(
        &mut self,
        file: &PolicyFile,
        tables: &DecisionTables,
        preconditions: &[crate::policy::edition::Precondition],
    ) {
        fn of<C: Clone>(table: &crate::policy::table::DecisionTable<C>) -> Vec<RuleId> {
            table.rows().iter().map(|row| row.rule).collect()
        }
        if let Some(schedule) = &file.schedule {
            let by_lead = preconditions.iter().filter(|p| p.when.words(Column::Lead).is_some());
            let by_lead: Vec<RuleId> = by_lead.map(|refusal| refusal.rule).collect();
            self.lean(&[of(&tables.due), by_lead].concat(), schedule.confidence);
        }
        if let Some(repairs) = &file.repairs {
            self.lean(&of(&tables.health), repairs.confidence);
        }
        if let Some(hooks) = &file.hooks {
            self.lean(&of(&tables.holds), hooks.confidence);
        }
        if let Some(scale_in) = &file.scale_in {
            let orders = scale_in.orders.0.iter().filter_map(|(_, order)| order.confidence);
            self.lean(&[of(&tables.zones), of(&tables.ties)].concat(), orders.max());
        }
    }
}
