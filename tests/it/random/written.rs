//! The text of a scenario in several equivalent ways.

use std::fmt::Write;

use super::value::{Memory, Val, table};
use super::{Model, PREFIX, YEAR};

/// The way in which a scenario is written.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each way of writing goes with each other")]
pub(crate) struct Writing {
    /// The prefix of all names.
    pub(crate) prefix: &'static str,
    /// Number of years after 2026 at which the scenario begins.
    pub(crate) years: u32,
    /// The day of June on which it begins.
    pub(crate) day: u32,
    /// Whether another account has an instance.
    pub(crate) stranger: bool,
    /// Whether the fleet and the events are tables.
    pub(crate) tables: bool,
    /// Whether the policy is one that extends the edition and changes nothing.
    pub(crate) extends: bool,
    /// Whether keys are written in another order.
    pub(crate) turned: bool,
}

pub(crate) const PLAIN: Writing = Writing {
    prefix: "xqz",
    years: 0,
    day: 1,
    stranger: false,
    tables: false,
    extends: false,
    turned: false,
};

impl Model {
    /// The text of the scenario and the files that it names.
    pub(crate) fn written(&self, how: Writing) -> (String, Memory) {
        let mut files = Memory::default();
        let turn = |value: &Val| if how.turned { value.turned() } else { value.clone() };
        let name = |text: String| {
            let text = text.replace(PREFIX, how.prefix);
            let years = [2026, 2025, 2024].into_iter().enumerate();
            years.fold(text, |text, (ago, year)| {
                text.replace(&format!("{YEAR}{ago}"), &(year + how.years).to_string())
            })
        };
        let edition = self.of().name;
        let policy = if how.extends {
            let (family, date) = edition.split_once('@').unwrap_or((edition, ""));
            let text = format!(
                "stayput: policy/1\npolicy: {family}\nedition: {date}\nextends: {edition}\n"
            );
            files.0.insert("./own.yaml".into(), text);
            "./own.yaml"
        } else {
            edition
        };
        let start = format!("{}-06-{:02}T00:00:00+08:00", 2026 + how.years, how.day);
        let mut head = vec![
            ("stayput", "scenario/1".to_owned()),
            ("name", "random".to_owned()),
            ("policy", policy.to_owned()),
            ("start", start),
            ("for", "60d".to_owned()),
            ("seed", "7".to_owned()),
        ];
        if how.turned {
            head[1..].reverse();
        }
        let mut out = String::new();
        for (key, value) in head {
            let _ = writeln!(out, "{key}: {value}");
        }
        let flow = |value: &Val| {
            let mut out = String::new();
            turn(value).write(&mut out);
            name(out)
        };
        if !self.assume.is_empty() {
            let _ = writeln!(out, "assume: {}", flow(&Val::Map(self.assume.clone())));
        }
        if self.metrics {
            let list =
                "[{ at: +0s, value: 80 }, { at: +20h, value: 20 }, { at: +200h, value: 90 }]";
            let _ = writeln!(out, "metrics: {{ load: {list} }}");
        }
        out.push_str(&name(format!("fleet:\n  accounts:\n    {PREFIX}a-main: {{}}\n")));
        if how.stranger {
            out.push_str("    stranger: {}\n");
        }
        out.push_str("  groups:\n");
        for (group, value) in &self.groups {
            let _ = writeln!(out, "    {}: {}", name(group.clone()), flow(value));
        }
        if let Some(reply) = &self.reply {
            files.0.insert("reply.json".into(), name(reply.clone()));
            out.push_str(&name(format!(
                "  import:\n    - {{ from: aliyun, files: [reply.json], account: {PREFIX}a-main }}\n"
            )));
        }
        self.write_instances(how, &name, &flow, &mut out, &mut files);
        if let Some(table) = self.events_csv().filter(|_| how.tables) {
            files.0.insert("events.csv".into(), name(table));
            out.push_str("events: { file: events.csv }\n");
        } else if !self.events.is_empty() {
            out.push_str("events:\n");
            for event in &self.events {
                let _ = writeln!(out, "  - {}", flow(event));
            }
        }
        if !self.random.is_empty() {
            out.push_str("random:\n");
            for (source, value) in &self.random {
                let _ = writeln!(out, "  {source}: {}", flow(value));
            }
        }
        (out, files)
    }

    fn write_instances(
        &self,
        how: Writing,
        name: &dyn Fn(String) -> String,
        flow: &dyn Fn(&Val) -> String,
        out: &mut String,
        files: &mut Memory,
    ) {
        if let Some(mut table) = self.instances_csv().filter(|_| how.tables) {
            if how.stranger {
                // Of the columns, only the name and the account are filled.
                let columns = table.lines().next().map_or(0, |line| line.split(',').count());
                let _ = writeln!(table, "zz-1,stranger{}", ",".repeat(columns - 2));
            }
            files.0.insert("fleet.csv".into(), name(table));
            out.push_str("  instances: { file: fleet.csv }\n");
            return;
        }
        out.push_str("  instances:\n");
        for (instance, value) in &self.instances {
            let _ = writeln!(out, "    {}: {}", name(instance.clone()), flow(value));
        }
        if how.stranger {
            out.push_str("    zz-1: { account: stranger }\n");
        }
    }

    fn instances_csv(&self) -> Option<String> {
        let rows = self.instances.iter().map(|(name, value)| match value {
            Val::Map(keys) => {
                let mut row = vec![("instance".to_owned(), Val::text(name.clone()))];
                row.extend(keys.iter().cloned());
                Some(row)
            }
            Val::Text(_) | Val::List(_) => None,
        });
        table(&rows.collect::<Option<Vec<_>>>()?)
    }

    fn events_csv(&self) -> Option<String> {
        let rows = self.events.iter().map(|event| {
            let Val::Map(keys) = event else { return None };
            let [(_, at), (verb, Val::Map(of))] = keys.as_slice() else { return None };
            let mut row =
                vec![("at".to_owned(), at.clone()), ("verb".to_owned(), Val::text(verb.clone()))];
            row.extend(of.iter().cloned());
            Some(row)
        });
        table(&rows.collect::<Option<Vec<_>>>()?)
    }
}
