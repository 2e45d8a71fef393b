//! Compilation of the defaults of a provider.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem};
use crate::format::Node;
use crate::policy::defaults::{BuildTables, DefaultValue, Defaults, IS, WrittenDefaults};
use crate::policy::order::Order;
use crate::policy::rule_node::{RuleKind, Rules};
use crate::policy::table::DecisionTable;

impl Compiler<'_> {
    pub(super) fn defaults(&mut self, part: &WrittenDefaults, orders: &[Order]) -> Defaults {
        Defaults::build(part, &mut TableBuilder { compiler: self, orders })
    }
}

struct TableBuilder<'c, 'p, 'o> {
    compiler: &'c mut Compiler<'p>,
    orders: &'o [Order],
}

impl BuildTables for TableBuilder<'_, '_, '_> {
    fn table<V: DefaultValue, K: RuleKind>(
        &mut self,
        name: &'static str,
        rules: &Rules<K>,
    ) -> DecisionTable<V> {
        self.compiler.parts.push(format!("defaults.{name}"));
        let read = |node: &Node, problems: &mut _| V::read_default(node, self.orders, problems);
        let rows = self.compiler.rows_read(rules, IS, read);
        let known: Vec<&str> =
            K::columns().iter().map(|c| c.name()).filter(|column| *column != name).collect();
        let mut whole = rows.2;
        for test in rows.0.iter().flat_map(|part| &part.when) {
            if known.contains(&test.column.name()) {
                continue;
            }
            let title =
                format!("the default of `{name}` cannot depend on `{}`", test.column.name());
            let problem = Problem::at(
                Code::UnknownKey,
                test.span,
                title,
                "not known when the default applies",
            );
            let known = known.join(", ");
            self.compiler.problems.add(problem.note(format!("columns allowed here: {known}")));
            whole = false;
        }
        self.compiler.proved(name, (rows.0, rows.1, whole), &[])
    }
}
