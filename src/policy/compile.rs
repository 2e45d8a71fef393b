//! From a file as written to a proved policy: names become ids, tables are proved.

use super::clock::{Clock, Step};
use super::facts::{Column, Condition};
use super::faults::{self, Subject as Told};
use super::file::{
    PolicyFile, ProtectionPart, RulePart, ScaleInPart, SchedulePart, StepPart, read_space,
};
use super::space::{Axis, MOST_CELLS, Over, Space};
use super::table::{Row, Table, axes_of};
use super::{Order, Policy, Protection, Rule, Schedule, Source, Switch, Tables};
use crate::text::{Code, Map, Node, Place, Problem, Problems, Spanned, Value, closest, read_word};
use crate::vocab::{
    Action, ClockKind, Confidence, Effect, Lifecycle, Membership, ProtectionSet, RuleId, Subject,
    SwitchId, SwitchSet, Trigger, Verdict, Word,
};

/// Compiles a policy file; every mistake goes to `problems`.
pub fn compile(file: &PolicyFile, problems: &mut Problems) -> Option<Policy> {
    let before = problems.count(crate::text::Severity::Error);
    let mut compiler = Compiler::new(file, problems);
    let policy = compiler.policy(file)?;
    (problems.count(crate::text::Severity::Error) == before).then_some(policy)
}

struct Compiler<'p> {
    problems: &'p mut Problems,
    sources: Vec<Source>,
    switches: Vec<Switch>,
    rules: Vec<Rule>,
    /// The decision space of protections.
    columns: Vec<(Column, Vec<u8>)>,
    impossible: Vec<(Condition, String)>,
}

impl<'p> Compiler<'p> {
    fn new(file: &PolicyFile, problems: &'p mut Problems) -> Self {
        let sources = file.sources.0.iter().map(|(key, part)| Source {
            key: key.to_string(),
            title: part.title.clone(),
            section: part.section.clone(),
            dated: part.dated.clone(),
        });
        let sources = sources.collect();
        let columns = read_space(&file.space, problems);
        let mut compiler = Self {
            problems,
            sources,
            switches: Vec::new(),
            rules: Vec::new(),
            columns,
            impossible: Vec::new(),
        };
        compiler.read_switches(file);
        compiler.read_impossible(file);
        compiler
    }

    fn policy(&mut self, file: &PolicyFile) -> Option<Policy> {
        if *file.format.value != *"policy/1" {
            let title = format!("this program reads `policy/1`, and this is `{}`", *file.format);
            self.problems.add(Problem::at(Code::BadFormat, file.format.place, title, "not that"));
            return None;
        }
        let protections = self.protections(file);
        let preconditions = self.preconditions(file);
        let tables = self.tables(file);
        let (orders, default_orders) =
            file.scale_in.as_ref().map(|part| self.orders(part)).unwrap_or_default();
        let clocks = self.clocks(file);
        let notes =
            file.notes.iter().map(|note| (note.says.clone(), self.find_sources(&note.source.0)));
        let notes = notes.collect();
        let schedule = file.schedule.as_ref().map(|part| self.schedule(part)).unwrap_or_default();
        Some(Policy {
            name: format!("{}@{}", *file.policy, *file.edition),
            title: file.title.clone(),
            digest: String::new(),
            calendar: file.calendar,
            sources: std::mem::take(&mut self.sources),
            switches: std::mem::take(&mut self.switches),
            rules: std::mem::take(&mut self.rules),
            protections,
            preconditions,
            tables,
            schedule,
            clocks,
            orders,
            default_orders,
            notes,
            impossible: std::mem::take(&mut self.impossible),
        })
    }

    // --- names --------------------------------------------------------------

    fn find_sources(&mut self, named: &[Spanned<String>]) -> Vec<usize> {
        let mut found = Vec::new();
        for name in named {
            if let Some(at) = self.sources.iter().position(|source| source.key == **name) {
                found.push(at);
                continue;
            }
            let keys = self.sources.iter().map(|source| source.key.as_str());
            let title = format!("`{}` is not defined under `sources`", **name);
            let problem = Problem::at(Code::NoSource, name.place, title, "unknown source");
            let problem = problem.did_you_mean(&closest(name, keys));
            self.problems.add(problem.help(
                "without a source a rule may only be `inferred` or `unconfirmed`, never `documented`",
            ));
        }
        found
    }

    fn read_switches(&mut self, file: &PolicyFile) {
        for (name, part) in &file.switches.0 {
            self.find_sources(&part.source.as_ref().map(|s| s.0.clone()).unwrap_or_default());
            let values: Vec<String> = part.one_of.iter().map(|value| value.value.clone()).collect();
            let default = part.default.as_ref().and_then(|default| {
                let at = values.iter().position(|value| *value == **default);
                if at.is_none() {
                    let title =
                        format!("`{}` is not one of the positions of `{}`", **default, **name);
                    let problem = Problem::at(Code::UnknownWord, default.place, title, "not one");
                    self.problems.add(problem.note(format!("one of: {}", values.join(", "))));
                }
                at.and_then(|at| u8::try_from(at).ok())
            });
            if values.len() < 2 || values.len() > 32 || self.switches.len() >= SwitchSet::MOST {
                let title = format!("`{}` cannot be a switch", **name);
                let label = "a switch has 2 to 32 positions, and a policy at most 32 switches";
                self.problems.add(Problem::at(Code::BadNumber, name.place, title, label));
                continue;
            }
            self.switches.push(Switch {
                name: name.to_string(),
                values,
                default,
                confidence: part.confidence.unwrap_or(Confidence::Unconfirmed),
                because: part.because.clone(),
            });
        }
    }

    /// A rule gets its id, its condition and its basis.
    fn rule(&mut self, part: &RulePart) -> (RuleId, Condition) {
        let mut when = Condition::default();
        for (column, words) in &part.when {
            when.require(**column, *words);
        }
        let mut switches = SwitchSet::EMPTY;
        for (name, values) in &part.assuming {
            if let Some((switch, mask)) = self.switch_mask(name, values) {
                when.assume(switch, mask);
                switches = switches.with(switch);
            }
        }
        let sources = self.find_sources(&part.sources);
        let confidence = part.confidence.unwrap_or(Confidence::Documented);
        if confidence == Confidence::Documented && part.sources.is_empty() {
            let title = format!("`{}` claims to be documented and names no source", *part.id);
            self.problems.add(
                Problem::at(Code::NoSource, part.place, title, "where is it documented?")
                    .help("add `source:`, or `confidence: inferred` or `unconfirmed`"),
            );
        }
        let same = self.rules.iter().find(|rule| *rule.id == **part.id);
        if let Some(first) = same {
            let title = format!("the rule `{}` is defined twice", *part.id);
            self.problems.add(
                Problem::at(Code::Twice, part.place, title, "second definition")
                    .and_at(first.place, "first definition")
                    .help("reports name rules by their ids; give it another one"),
            );
        }
        self.rules.push(Rule {
            id: part.id.to_string(),
            sources,
            confidence,
            because: part.because.clone(),
            way_out: part.way_out.clone(),
            answer: part.answer.clone(),
            switches,
            place: part.place,
        });
        (RuleId::at(self.rules.len() - 1), when)
    }

    fn switch_mask(
        &mut self,
        name: &Spanned<Box<str>>,
        values: &[Spanned<Box<str>>],
    ) -> Option<(SwitchId, u32)> {
        let Some(at) = self.switches.iter().position(|switch| *switch.name == ***name) else {
            let known = self.switches.iter().map(|switch| switch.name.as_str());
            let title = format!("`{}` is not defined under `switches`", **name);
            let problem = Problem::at(Code::UnknownRule, name.place, title, "unknown switch");
            self.problems.add(problem.did_you_mean(&closest(name, known)));
            return None;
        };
        let mut mask = 0;
        for value in values {
            let known = &self.switches[at].values;
            if let Some(place) = known.iter().position(|known| **known == ***value) {
                mask |= 1 << place;
            } else {
                let title = format!("`{}` is not a position of `{}`", **value, **name);
                let problem =
                    Problem::at(Code::UnknownWord, value.place, title, "unknown position");
                self.problems.add(problem.note(format!("one of: {}", known.join(", "))));
            }
        }
        Some((SwitchId::at(at), mask))
    }

    // --- the decision space ---------------------------------------------------

    fn read_impossible(&mut self, file: &PolicyFile) {
        for node in &file.impossible {
            let mut start = node.place;
            start.end = start.start + 1;
            let id = Spanned::new("impossible".into(), start);
            let Some(part) = RulePart::read(id, node, &[], self.problems) else { continue };
            let mut when = Condition::default();
            for (column, words) in &part.when {
                self.demand_in_space(**column, column.place);
                when.require(**column, *words);
            }
            let Some(because) = part.because else {
                let title = "an impossible cell needs the key `because`";
                self.problems.add(Problem::at(Code::MissingKey, start, title, "why not?"));
                continue;
            };
            self.impossible.push((when, because));
        }
    }

    fn demand_in_space(&mut self, column: Column, place: Place) {
        if self.columns.iter().all(|(known, _)| *known != column) {
            let names: Vec<&str> = self.columns.iter().map(|(column, _)| column.name()).collect();
            let title = format!("the decision space has no column `{}`", column.name());
            let problem = Problem::at(Code::UnknownWord, place, title, "not in `space`");
            self.problems.add(problem.note(format!("the space has: {}", names.join(", "))));
        }
    }

    /// Whether the space says that a cell cannot occur. Entries that test a
    /// column which this space does not have say nothing about it.
    fn is_impossible(impossible: &[(Condition, String)], space: &Space, cell: usize) -> bool {
        let has = |column| space.axes().iter().any(|axis| axis.over == Over::Column(column));
        impossible.iter().any(|(when, _)| when.columns().all(has) && space.takes(when, cell))
    }

    fn space(&mut self, axes: Vec<Axis>, place: Place) -> Option<Space> {
        let space = Space::new(axes);
        if space.is_none() {
            let title = format!("this table would have more than {MOST_CELLS} cells");
            let problem = Problem::at(Code::BadNumber, place, title, "too many columns tested");
            self.problems.add(problem.help("test fewer columns"));
        }
        space
    }

    fn switch_values(&self) -> Vec<(String, Vec<String>)> {
        self.switches.iter().map(|s| (s.name.clone(), s.values.clone())).collect()
    }

    /// Proves one table, telling what is wrong with it.
    fn prove<C: Clone>(
        &mut self,
        (name, place): (&str, Place),
        axes: Vec<Axis>,
        rows: Vec<Row<C>>,
        parts: &[RulePart],
        works: impl Fn(&Space, usize) -> bool,
    ) -> Table<C> {
        let Some(space) = self.space(axes, place) else { return Table::empty() };
        let impossible = &self.impossible;
        let possible = |space: &Space, cell| {
            !Self::is_impossible(impossible, space, cell) && works(space, cell)
        };
        match Table::prove(space, rows, possible) {
            Ok(table) => table,
            Err(unproved) => {
                let switches = self.switch_values();
                let told = Told { name, place, parts, switches: &switches };
                let problems = faults::tell(&unproved, &told, &possible);
                problems.into_iter().for_each(|problem| self.problems.add(problem));
                Table::empty()
            }
        }
    }

    // --- protections ----------------------------------------------------------

    fn protections(&mut self, file: &PolicyFile) -> Vec<Protection> {
        if file.protections.0.len() > ProtectionSet::MOST {
            let title = format!("a policy has at most {} protections", ProtectionSet::MOST);
            let place = file.protections.0[ProtectionSet::MOST].0.place;
            self.problems.add(Problem::at(Code::BadNumber, place, title, "one too many"));
            return Vec::new();
        }
        let all = file.protections.0.iter();
        all.map(|(name, part)| self.protection(name, name.place, part)).collect()
    }

    fn protection(&mut self, name: &str, place: Place, part: &ProtectionPart) -> Protection {
        let works_when = part.works_when.as_ref().and_then(|node| {
            let id = node.get("id").and_then(Node::scalar);
            let id = id.map_or_else(|| format!("{name}.works-when"), str::to_owned);
            let id = Spanned::new(id.into_boxed_str(), node.place);
            let part = RulePart::read(id, node, &["id"], self.problems)?;
            for (column, _) in &part.when {
                self.demand_in_space(**column, column.place);
            }
            Some(self.rule(&part))
        });
        let (parts, rows) = self.rows::<Verdict>(&part.rules, "verdict");
        for part in &parts {
            for (column, _) in &part.when {
                self.demand_in_space(**column, column.place);
            }
        }
        let conditions = rows.iter().map(|row| &row.when);
        let switches = self.switch_values();
        let axes = axes_of(conditions, &self.columns, |switch| {
            u8::try_from(switches[switch.index()].1.len()).unwrap_or(u8::MAX)
        });
        let in_space = |axis: &Axis| match axis.over {
            Over::Column(column) => self.columns.iter().any(|(known, _)| *known == column),
            Over::Switch(_) => true,
        };
        let axes: Vec<Axis> = axes.into_iter().filter(in_space).collect();
        let works = |space: &Space, cell: usize| {
            works_when.as_ref().is_none_or(|(_, when)| space.takes(when, cell))
        };
        let mut table = self.prove((name, place), axes, rows, &parts, works);
        if let Some((rule, when)) = &works_when {
            let inert =
                Row { rule: *rule, when: Condition::default(), says: Verdict::NotConsulted };
            table.fill(inert, |space, cell| {
                !space.takes(when, cell) && !Self::is_impossible(&self.impossible, space, cell)
            });
        }
        let settable = part.settable.as_ref();
        if let Some(sources) = settable.and_then(|settable| settable.source.as_ref()) {
            self.find_sources(&sources.0);
        }
        Protection {
            name: name.to_owned(),
            attribute: part.attribute.clone(),
            about: part.about.clone(),
            of: part.of.map_or(Subject::Instance, |of| of.value),
            occasions: settable
                .map_or_else(|| crate::vocab::Occasion::ALL.to_vec(), |s| s.at.clone()),
            works_when,
            table,
        }
    }

    /// The rows of a table whose conclusion stands under `key`.
    fn rows<C: Word>(&mut self, rules: &Map<Node>, key: &str) -> (Vec<RulePart>, Vec<Row<C>>) {
        let (mut parts, mut rows) = (Vec::new(), Vec::new());
        for (id, node) in &rules.0 {
            let id = id.clone().map(|name| name.0);
            let place = id.place;
            let Some(part) = RulePart::read(id, node, &[key], self.problems) else { continue };
            let Some(says) = node.get(key) else {
                let title = format!("the rule `{}` needs the key `{key}`", *part.id);
                self.problems.add(Problem::at(
                    Code::MissingKey,
                    place,
                    title,
                    format!("no `{key}`"),
                ));
                continue;
            };
            let Some(says) = read_word(says, self.problems) else { continue };
            let (rule, when) = self.rule(&part);
            rows.push(Row { rule, when, says });
            parts.push(part);
        }
        (parts, rows)
    }

    // --- everything else ------------------------------------------------------

    fn preconditions(&mut self, file: &PolicyFile) -> Vec<(RuleId, Condition)> {
        let mut list = Vec::new();
        for (id, node) in &file.preconditions.0 {
            let id = id.clone().map(|name| name.0);
            if let Some(part) = RulePart::read(id, node, &[], self.problems) {
                list.push(self.rule(&part));
            }
        }
        list
    }

    fn tables(&mut self, file: &PolicyFile) -> Tables {
        let from_group: Vec<u8> = self
            .words_in_space(Column::Trigger)
            .into_iter()
            .filter(|word| Trigger::ALL[usize::from(*word)].is_from_group())
            .collect();
        let members: Vec<u8> = self
            .words_in_space(Column::Membership)
            .into_iter()
            .filter(|word| *word != Membership::None.index())
            .collect();
        let members = [(Column::Trigger, from_group), (Column::Membership, members)];
        let triggers = [(Column::Trigger, self.words_in_space(Column::Trigger))];
        let shut = vec![Lifecycle::Stopped.index(), Lifecycle::Reclaimed.index()];
        let nothing = Map::default();
        let schedule = file.schedule.as_ref();
        let scale_in = file.scale_in.as_ref();
        Tables {
            members: self.table::<Action>("members", &file.members, "asks", &members),
            batches: self.table("batches", &file.batches, "mode", &triggers),
            due: self.table("due", schedule.map_or(&nothing, |s| &s.due), "then", &[]),
            settled: self.table("settled", schedule.map_or(&nothing, |s| &s.settled), "then", &[]),
            settling: self.table("settling", &file.settling, "then", &[(Column::State, shut)]),
            conversions: self.table("conversions", &file.conversions, "then", &[]),
            health: self.table("health-checks", &file.health, "then", &[]),
            economical: self.table("economical-stops", &file.economical, "then", &[]),
            renewals: self.table("renewals", &file.renewals, "from", &[]),
            effects: self.effects(&file.effects),
            ties: self.table("ties", scale_in.map_or(&nothing, |s| &s.ties), "then", &[]),
            shortfall: self.table(
                "shortfall",
                scale_in.map_or(&nothing, |s| &s.shortfall),
                "then",
                &[],
            ),
        }
    }

    fn words_in_space(&self, column: Column) -> Vec<u8> {
        let found = self.columns.iter().find(|(known, _)| *known == column);
        found.map(|(_, words)| words.clone()).unwrap_or_default()
    }

    /// Effects that no rule mentions destroy nothing; the others must be told for every thing.
    fn effects(&mut self, rules: &Map<Node>) -> Table<crate::vocab::Fate> {
        let mut mentioned = 0_u32;
        for (_, node) in &rules.0 {
            let words = node.get("effect").into_iter().flat_map(|effect| match &effect.value {
                Value::List(items) => items.iter().collect(),
                Value::Empty | Value::Scalar(..) | Value::Map(_) => vec![effect],
            });
            for word in words.filter_map(Node::scalar).filter_map(Effect::spelled) {
                mentioned |= 1 << word.index();
            }
        }
        let effects = (0..32).filter(|word| mentioned >> word & 1 == 1).collect();
        let triggers = self.words_in_space(Column::Trigger);
        self.table(
            "effects",
            rules,
            "fate",
            &[(Column::Trigger, triggers), (Column::Effect, effects)],
        )
    }

    /// A table of its own: its space is what its rules test, with all words of
    /// each column but for those in `fixed`.
    fn table<C: Word>(
        &mut self,
        name: &str,
        rules: &Map<Node>,
        key: &str,
        fixed: &[(Column, Vec<u8>)],
    ) -> Table<C> {
        let (parts, rows) = self.rows::<C>(rules, key);
        let Some(first) = parts.first() else { return Table::empty() };
        let place = first.place;
        let switches = self.switch_values();
        let tested: Vec<Column> = rows.iter().flat_map(|row| row.when.columns()).collect();
        let fixed: Vec<_> =
            fixed.iter().filter(|(column, _)| tested.contains(column)).cloned().collect();
        let axes = axes_of(rows.iter().map(|row| &row.when), &fixed, |switch| {
            u8::try_from(switches[switch.index()].1.len()).unwrap_or(u8::MAX)
        });
        self.prove((name, place), axes, rows, &parts, |_, _| true)
    }

    fn orders(&mut self, part: &ScaleInPart) -> (Vec<Order>, Vec<usize>) {
        for (_, order) in &part.orders.0 {
            self.find_sources(&order.source.as_ref().map(|s| s.0.clone()).unwrap_or_default());
        }
        let orders: Vec<Order> = part
            .orders
            .0
            .iter()
            .map(|(name, order)| Order { name: name.to_string(), by: order.by, first: order.first })
            .collect();
        let mut default = Vec::new();
        for name in &part.default {
            if let Some(at) = orders.iter().position(|order| order.name == **name) {
                default.push(at);
            } else {
                let title = format!("`{}` is not one of the orders", **name);
                let known = orders.iter().map(|order| order.name.as_str());
                let problem = Problem::at(Code::UnknownRule, name.place, title, "unknown order");
                self.problems.add(problem.did_you_mean(&closest(name, known)));
            }
        }
        (orders, default)
    }

    fn schedule(&mut self, part: &SchedulePart) -> Schedule {
        self.find_sources(&part.source.as_ref().map(|s| s.0.clone()).unwrap_or_default());
        Schedule {
            granularity: part.granularity.unwrap_or_default(),
            earliest: part.earliest,
            latest: part.latest,
        }
    }

    fn clocks(&mut self, file: &PolicyFile) -> Vec<(ClockKind, Clock)> {
        let mut clocks = Vec::new();
        for (name, steps) in &file.clocks.0 {
            let Some(kind) = ClockKind::spelled(name) else {
                let known: Vec<&str> = ClockKind::ALL.iter().map(|kind| kind.word()).collect();
                let title = format!("`{}` is not {}", **name, ClockKind::WHAT);
                let problem = Problem::at(Code::UnknownWord, name.place, title, "unknown clock");
                let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
                self.problems.add(problem.note(format!("one of: {}", known.join(", "))));
                continue;
            };
            clocks.push((kind, self.clock(kind, name, steps)));
        }
        clocks
    }

    fn clock(&mut self, kind: ClockKind, name: &str, nodes: &[Node]) -> Clock {
        let mut clock = Clock::default();
        let mut ids: Vec<Box<str>> = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            let id = format!("{name}.{}", number + 1);
            let Some(part) = StepPart::read(&id, node, self.problems) else { continue };
            let since = part.since.as_ref().filter(|since| since.value != "start");
            let since = since.and_then(|since| {
                let at = ids.iter().position(|id| **id == ***since);
                if at.is_none() {
                    let title = format!("no earlier step is called `{}`", **since);
                    let problem =
                        Problem::at(Code::UnknownRule, since.place, title, "unknown step");
                    self.problems
                        .add(problem.did_you_mean(&closest(since, ids.iter().map(|i| &**i))));
                }
                at
            });
            let (rule, when) = self.rule(&part.rule);
            ids.push(part.rule.id.value.clone());
            clock.steps.push(Step {
                rule,
                when,
                after: part.after,
                plus_grace: part.plus_grace,
                since,
                rounding: part.rounding,
                action: part.action,
                trigger: part.trigger.unwrap_or(match kind {
                    ClockKind::PaymentOverdue => Trigger::BillingOverdue,
                    ClockKind::Expiry => Trigger::Expiry,
                    ClockKind::SpotReclaim => Trigger::SpotReclaim,
                }),
            });
        }
        clock
    }
}
