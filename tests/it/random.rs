//! Random scenarios: a small model of a fleet and of what happens to it, and its text.
//!
//! The model is made from a list of choices, so that a failure shrinks: less choices are a smaller
//! scenario, and a choice of 0 is the plainest. It knows what fits together, so that most of what
//! it makes is right; it must never know what comes of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use stayput::text::{Files, ReadFailure};

/// The editions, each with what it has to do with: its protections and its orders.
pub(crate) struct Edition {
    pub(crate) name: &'static str,
    pub(crate) protections: &'static [&'static str],
    orders: &'static [&'static str],
    memberships: &'static [&'static str],
    triggers: &'static [Verb],
    is_azure: bool,
}

/// A verb, and what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verb(pub(crate) &'static str, About);

/// What a verb is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Instances, called by a person.
    Called,
    /// Instances; nobody calls.
    Befalls,
    /// A group, called by a person.
    Group,
    /// A group and members of it.
    Members,
    /// A group and members of it, or all.
    SomeMembers,
    /// An account.
    Account,
    /// A new instance.
    New,
}

use About::{Account, Befalls, Called, Group, Members, New, SomeMembers};

const BOTH: &[Verb] = &[
    Verb("release", Called),
    Verb("stop", Called),
    Verb("start", Called),
    Verb("restart", Called),
    Verb("set-protection", Called),
    Verb("attach", Called),
    Verb("detach", Members),
    Verb("scale-in", Group),
    Verb("scale-out", Group),
    Verb("set-capacity", Group),
    Verb("delete-members", Members),
    Verb("delete-group", Group),
    Verb("complete-hook", Called),
    Verb("heartbeat", Called),
    Verb("set-health", Befalls),
    Verb("suspend", Group),
    Verb("resume", Group),
    Verb("overdue", Account),
    Verb("settle", Account),
    Verb("spot-reclaim", Befalls),
    Verb("create", New),
    Verb("snapshot", Called),
    Verb("create-image", Called),
    Verb("renew", Called),
    Verb("convert-billing", Called),
    Verb("schedule-release", Called),
    Verb("cancel-scheduled-release", Called),
    Verb("convert-address", Called),
    Verb("enter-standby", Members),
    Verb("exit-standby", Members),
    Verb("cancel", Account),
    Verb("security-lock", Befalls),
    Verb("security-unlock", Befalls),
    Verb("security-release", Befalls),
    Verb("group-action", SomeMembers),
    Verb("update-model", Group),
    Verb("upgrade", SomeMembers),
    Verb("reimage", Called),
    Verb("deallocate", Called),
    Verb("redeploy", Called),
    Verb("balance-zones", Group),
    Verb("maintenance", Befalls),
];

pub(crate) const EDITIONS: [Edition; 6] = [
    Edition {
        name: "alibaba-ecs@2019-01-15",
        protections: &["release-protection", "scale-in-protection"],
        orders: &["oldest-instance", "newest-instance", "oldest-scaling-configuration"],
        memberships: &["auto-created", "entrusted", "attached"],
        triggers: BOTH,
        is_azure: false,
    },
    alibaba("alibaba-ecs@2026-05-15"),
    alibaba("alibaba-ecs-cn@2026-05-15"),
    alibaba("alibaba-ecs-intl@2026-05-15"),
    Edition {
        name: "azure-vmss@2019-05-22",
        protections: &["protect-from-scale-in", "protect-from-scale-set-actions"],
        orders: &["default", "oldest-vm", "newest-vm"],
        memberships: &["auto-created"],
        triggers: BOTH,
        is_azure: true,
    },
    Edition {
        name: "azure-vmss@2026-05-19",
        protections: &["protect-from-scale-in", "protect-from-scale-set-actions", "vm-delete-lock"],
        orders: &["default", "oldest-vm", "newest-vm"],
        memberships: &["auto-created"],
        triggers: BOTH,
        is_azure: true,
    },
];

const fn alibaba(name: &'static str) -> Edition {
    Edition {
        name,
        protections: &["release-protection", "scale-in-protection"],
        orders: &["oldest-instance", "newest-instance", "oldest-scaling-configuration"],
        memberships: &["auto-created", "entrusted", "attached"],
        triggers: BOTH,
        is_azure: false,
    }
}

/// Random choices, taken one by one; where they end, every choice is the first.
pub(crate) struct Choices<'c>(std::slice::Iter<'c, u16>);

impl<'c> Choices<'c> {
    pub(crate) fn new(choices: &'c [u16]) -> Self {
        Self(choices.iter())
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Once in `n` times; never where choices have ended.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
}

/// A value as files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Val {
    Text(String),
    List(Vec<Val>),
    /// A mapping in which the order of keys means nothing.
    Map(Vec<(String, Val)>),
}

impl Val {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn list<'t>(items: impl IntoIterator<Item = &'t str>) -> Self {
        Self::List(items.into_iter().map(Self::text).collect())
    }

    /// The same with its keys in another order.
    fn turned(&self) -> Self {
        match self {
            Self::Text(_) => self.clone(),
            Self::List(items) => Self::List(items.iter().map(Self::turned).collect()),
            Self::Map(entries) => {
                let entries = entries.iter().rev();
                Self::Map(entries.map(|(key, value)| (key.clone(), value.turned())).collect())
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push_str("{ ");
                for (at, (key, value)) in entries.iter().enumerate() {
                    let _ = write!(out, "{}{key}: ", if at > 0 { ", " } else { "" });
                    value.write(out);
                }
                out.push_str(" }");
            }
        }
    }

    /// As a cell of a table; nothing, if it does not fit into one.
    fn cell(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim_matches('"').to_owned()),
            Self::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(Self::cell).collect();
                items.map(|items| items.join(";"))
            }
            Self::Map(entries) => {
                let pairs = entries.iter().map(|(key, value)| match value {
                    Self::Text(text) => Some(format!("{key}={text}")),
                    Self::List(_) | Self::Map(_) => None,
                });
                pairs.collect::<Option<Vec<String>>>().map(|pairs| pairs.join(";"))
            }
        }
    }
}

/// Keys and values, to be built.
#[derive(Default)]
struct Keys(Vec<(String, Val)>);

impl Keys {
    fn add(&mut self, key: &str, value: Val) {
        self.0.push((key.to_owned(), value));
    }

    fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, Val::text(value));
    }
}

/// A scenario: everything is there by name, so that names, times and orders can be changed.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) edition: usize,
    groups: Vec<(String, Val)>,
    instances: Vec<(String, Val)>,
    events: Vec<Val>,
    random: Vec<(String, Val)>,
    assume: Vec<(String, Val)>,
    metrics: bool,
    reply: Option<String>,
    /// The verbs of its events.
    pub(crate) verbs: Vec<&'static str>,
}

/// In what way the same scenario is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    /// What instances are called before their numbers.
    pub(crate) prefix: &'static str,
    /// When it begins.
    pub(crate) start: &'static str,
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
    prefix: "i",
    start: "2026-06-01T00:00:00+08:00",
    stranger: false,
    tables: false,
    extends: false,
    turned: false,
};

/// Stands for the prefix of the names of instances.
const PREFIX: &str = "§";

const GROUPS: [&str; 2] = ["app", "web"];

impl Model {
    pub(crate) fn new(choices: &mut Choices<'_>) -> Self {
        let edition = choices.below(EDITIONS.len());
        let mut model = Self {
            edition,
            groups: Vec::new(),
            instances: Vec::new(),
            events: Vec::new(),
            random: Vec::new(),
            assume: Vec::new(),
            metrics: false,
            reply: None,
            verbs: Vec::new(),
        };
        let groups = 1 + choices.below(2);
        for name in GROUPS.iter().take(groups) {
            let group = model.group(choices);
            model.groups.push(((*name).to_owned(), group));
        }
        for number in 0..2 + choices.below(5) {
            let instance = model.instance(choices);
            model.instances.push((format!("{PREFIX}-{}", number + 1), instance));
        }
        if choices.once_in(4) {
            let word = choices.one(&["set", "unset"]);
            model.assume.push(("unknown-protection".into(), Val::text(word)));
        }
        if !model.of().is_azure && choices.once_in(6) {
            model.reply = Some(reply(choices));
        }
        for _ in 0..choices.below(14) {
            let at = choices.below(1100);
            let event = model.event(choices);
            let mut entry = vec![("at".to_owned(), Val::text(format!("+{at}h")))];
            entry.extend(event);
            model.events.push(Val::Map(entry));
        }
        if choices.once_in(4) {
            let mean = 5 + choices.below(300);
            let mut event = model.event(choices);
            event.retain(|(key, _)| key != "create");
            if !event.is_empty() {
                let every = format!("{{ exponential: {{ mean: {mean}h }} }}");
                let mut source = vec![("every".to_owned(), Val::text(every))];
                source.push(("at-most".into(), Val::text("9")));
                source.extend(event);
                model.random.push(("luck".to_owned(), Val::Map(source)));
            }
        }
        model
    }

    fn of(&self) -> &'static Edition {
        &EDITIONS[self.edition]
    }

    fn group(&mut self, c: &mut Choices<'_>) -> Val {
        let of = self.of();
        let mut keys = Keys::default();
        keys.text("account", "main");
        keys.text("min", c.below(3).to_string());
        keys.text("max", (7 + c.below(10)).to_string());
        let key = if of.is_azure { "scale-in-policy" } else { "removal" };
        if c.once_in(2) {
            keys.text(key, c.one(of.orders));
        }
        if c.once_in(3) {
            keys.add("zones", Val::list(["a", "b"]));
        }
        if c.once_in(3) {
            keys.text("cooldown", c.one(&["0s", "5m", "2h"]));
        }
        if c.once_in(3) {
            let span = c.one(&["5m", "10m"]);
            let mut hook = Keys::default();
            hook.text("timeout", span);
            if !of.is_azure && c.once_in(2) {
                hook.text("result", c.one(&["continue", "abandon"]));
            }
            keys.add("terminate-hook", Val::Map(hook.0));
        }
        if of.is_azure {
            let modes = ["manual", "automatic", "rolling"];
            keys.text("upgrade-mode", c.one(&modes));
            if of.name.ends_with("2026-05-19") {
                keys.text("orchestration", c.one(&["uniform", "flexible"]));
                if c.once_in(3) {
                    keys.text("health-check", "application");
                    keys.text("repair", c.one(&["replace", "reimage", "restart"]));
                }
            }
        } else {
            if c.once_in(2) {
                keys.text("health-check", c.one(&["none", "instance"]));
            }
            if c.once_in(4) {
                let mut hook = Keys::default();
                hook.text("timeout", "1h");
                hook.text("result", c.one(&["continue", "abandon"]));
                keys.add("launch-hook", Val::Map(hook.0));
            }
            if c.once_in(4) {
                keys.text("reclaim", c.one(&["release", "recycle"]));
            }
        }
        if c.once_in(3) {
            self.metrics = true;
            let above = "{ metric: load, above: 75, over: 10m, add: 1, cooldown: 1h }";
            let below = "{ metric: load, below: 40, over: 30m, remove: 1, cooldown: 2h }";
            let rules = Val::List(vec![Val::text(above), Val::text(below)]);
            let bounds = [("min", "1"), ("max", "6")];
            let mut scale = Keys::default();
            bounds.iter().for_each(|(key, value)| scale.text(key, *value));
            scale.add("rules", rules);
            keys.0.retain(|(key, _)| !["min", "max"].contains(&key.as_str()));
            keys.add("autoscale", Val::Map(scale.0));
        }
        if c.once_in(4) {
            let mut new = Keys::default();
            new.add("protect", Val::list([c.one(of.protections)]));
            keys.add("new-members", Val::Map(new.0));
        }
        Val::Map(keys.0)
    }

    fn instance(&mut self, c: &mut Choices<'_>) -> Val {
        let of = self.of();
        let mut keys = Keys::default();
        keys.text("account", "main");
        let mut protect = Vec::new();
        for name in of.protections {
            match c.below(6) {
                1 | 2 => protect.push((*name).to_owned()),
                3 => protect.push(format!("{name}=unknown")),
                _ => {}
            }
        }
        keys.add("protect", Val::list(protect.iter().map(String::as_str)));
        let group = c.below(self.groups.len() + 1);
        let mut grouped = false;
        if let Some((name, of_group)) = group.checked_sub(1).and_then(|at| self.groups.get(at)) {
            grouped = true;
            keys.text("group", name.clone());
            let flexible = matches!(of_group, Val::Map(keys) if keys.iter().any(|(_, value)| {
                matches!(value, Val::Text(text) if text == "flexible")
            }));
            let words = if flexible { &["auto-created", "attached"] } else { of.memberships };
            keys.text("membership", c.one(words));
            keys.text("joined", format!("-{}d", 1 + c.below(400)));
        }
        let billing = match c.below(8) {
            0..=4 => "pay-as-you-go",
            5 | 6 => "spot",
            _ if of.is_azure || grouped => "pay-as-you-go",
            _ => "subscription",
        };
        keys.text("billing", billing);
        if billing == "subscription" {
            keys.text("expires", format!("+{}d", 1 + c.below(40)));
            keys.text("renewal", c.one(&["none", "automatic", "failing"]));
        }
        if !of.is_azure && billing == "pay-as-you-go" && c.once_in(4) {
            keys.text("auto-release", format!("+{}h", 1 + c.below(900)));
        }
        if billing == "spot" && of.is_azure {
            keys.text("eviction", c.one(&["deallocate", "delete"]));
        }
        if c.once_in(5) {
            keys.text("state", "stopped");
        }
        if c.once_in(3) {
            keys.text("zone", c.one(&["a", "b"]));
        }
        if c.once_in(6) {
            keys.add("tags", Val::Map(vec![("env".into(), Val::text("production"))]));
        }
        Val::Map(keys.0)
    }

    /// Some instances, by name.
    fn whom(&self, c: &mut Choices<'_>) -> String {
        let last = self.instances.len();
        match c.below(6) {
            4 => format!("{PREFIX}-1..{last}"),
            5 => format!("\"{PREFIX}-*\""),
            _ => format!("{PREFIX}-{}", 1 + c.below(last)),
        }
    }

    fn event(&mut self, c: &mut Choices<'_>) -> Vec<(String, Val)> {
        let of = self.of();
        let Verb(verb, about) = c.one(of.triggers);
        self.verbs.push(verb);
        let mut keys = Keys::default();
        let group = GROUPS[c.below(self.groups.len())];
        match about {
            Called | Befalls => keys.text("instance", self.whom(c)),
            Group => keys.text("group", group),
            Members => {
                keys.text("group", group);
                keys.text("instances", self.whom(c));
            }
            SomeMembers => {
                keys.text("group", group);
                if c.once_in(2) {
                    keys.text("instances", self.whom(c));
                }
            }
            Account => keys.text("account", "main"),
            New => {
                keys.text("instance", format!("new-{}", self.verbs.len()));
                let like = [("account", "main")].map(|(k, v)| (k.to_owned(), Val::text(v)));
                keys.add("like", Val::Map(like.to_vec()));
            }
        }
        let flag = c.one(&["true", "false"]);
        match verb {
            "release" => {
                keys.text("force", flag);
                if c.once_in(4) {
                    keys.text("terminate-subscription", "true");
                }
            }
            "stop" if !of.is_azure => keys.text("economical", flag),
            "set-protection" => {
                let flags = vec![(c.one(of.protections).to_owned(), Val::text(flag))];
                keys.add("flags", Val::Map(flags));
            }
            "schedule-release" => keys.text("time", format!("+{}h", 1 + c.below(900))),
            "convert-billing" => keys.text("to", c.one(&["subscription", "pay-as-you-go"])),
            "attach" => {
                keys.text("group", group);
                if !of.is_azure {
                    keys.text("entrusted", flag);
                }
            }
            "scale-in" => keys.text("remove", (1 + c.below(4)).to_string()),
            "scale-out" => keys.text("add", (1 + c.below(3)).to_string()),
            "set-capacity" => keys.text("to", c.below(6).to_string()),
            "delete-group" => keys.text("force", flag),
            "set-health" => keys.text("health", c.one(&["unhealthy", "healthy"])),
            "suspend" | "resume" => keys.text("process", c.one(&["scale-in", "health-check"])),
            "group-action" => {
                let deeds = ["reimage", "reimage-all", "deallocate", "stop", "start", "restart"];
                keys.text("do", c.one(&deeds));
            }
            "update-model" => keys.text("to", c.one(&["v2", "v3"])),
            _ => {}
        }
        if !matches!(about, Befalls) && !matches!(verb, "overdue" | "cancel" | "balance-zones") {
            keys.text("by", "ann");
            if !c.once_in(12) {
                keys.text("via", c.one(&["api", "console", "cli"]));
            }
        }
        vec![(verb.to_owned(), Val::Map(keys.0))]
    }

    /// The instances that the scenario names, with what is said of each.
    pub(crate) fn with_protection(&self, instance: usize, protection: &str) -> Option<Self> {
        let mut other = self.clone();
        let (_, Val::Map(keys)) = other.instances.get_mut(instance)? else { return None };
        let (_, Val::List(names)) = keys.iter_mut().find(|(key, _)| key == "protect")? else {
            return None;
        };
        let bare = |name: &Val| matches!(name, Val::Text(name) if name.starts_with(protection));
        if names.iter().any(bare) {
            return None;
        }
        names.push(Val::text(protection));
        Some(other)
    }

    /// How many instances the scenario names.
    pub(crate) fn len(&self) -> usize {
        self.instances.len()
    }

    /// The text, and the files that go with it.
    pub(crate) fn written(&self, how: Writing) -> (String, Memory) {
        let mut files = Memory::default();
        let turn = |value: &Val| if how.turned { value.turned() } else { value.clone() };
        let name = |text: String| text.replace(PREFIX, how.prefix);
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
        let mut head = vec![
            ("stayput", "scenario/1".to_owned()),
            ("name", "random".to_owned()),
            ("policy", policy.to_owned()),
            ("start", how.start.to_owned()),
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
        out.push_str("fleet:\n  accounts:\n    main: {}\n");
        if how.stranger {
            out.push_str("    stranger: {}\n");
        }
        out.push_str("  groups:\n");
        for (group, value) in &self.groups {
            let _ = writeln!(out, "    {group}: {}", flow(value));
        }
        if let Some(reply) = &self.reply {
            files.0.insert("reply.json".into(), reply.clone());
            out.push_str("  import:\n    - { from: aliyun, files: [reply.json], account: main }\n");
        }
        match self.instances_csv().filter(|_| how.tables) {
            Some(table) => {
                files.0.insert("fleet.csv".into(), name(table));
                out.push_str("  instances: { file: fleet.csv }\n");
            }
            None => {
                out.push_str("  instances:\n");
                for (instance, value) in &self.instances {
                    let _ = writeln!(out, "    {}: {}", name(instance.clone()), flow(value));
                }
                if how.stranger {
                    out.push_str("    zz-1: { account: stranger }\n");
                }
            }
        }
        match self.events_csv().filter(|_| how.tables) {
            Some(table) => {
                files.0.insert("events.csv".into(), name(table));
                out.push_str("events: { file: events.csv }\n");
            }
            None if self.events.is_empty() => {}
            None => {
                out.push_str("events:\n");
                for event in &self.events {
                    let _ = writeln!(out, "  - {}", flow(event));
                }
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

    fn instances_csv(&self) -> Option<String> {
        let rows = self.instances.iter().map(|(name, value)| match value {
            Val::Map(keys) => {
                let mut row = vec![("instance".to_owned(), Val::text(name.clone()))];
                row.extend(keys.iter().cloned());
                Some(row)
            }
            Val::Text(_) | Val::List(_) => None,
        });
        table(rows.collect::<Option<Vec<_>>>()?)
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
        table(rows.collect::<Option<Vec<_>>>()?)
    }
}

/// Rows as a CSV file with a column for each key; nothing, if a value is no cell.
fn table(rows: Vec<Vec<(String, Val)>>) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let mut out = columns.join(",") + "\n";
    for row in &rows {
        let cells = columns.iter().map(|column| match row.iter().find(|(key, _)| key == column) {
            Some((_, value)) => value.cell(),
            None => Some(String::new()),
        });
        out.push_str(&cells.collect::<Option<Vec<String>>>()?.join(","));
        out.push('\n');
    }
    Some(out)
}

/// A reply of a provider in which things are missing.
fn reply(c: &mut Choices<'_>) -> String {
    let mut rows = Vec::new();
    for number in 0..1 + c.below(2) {
        let mut row = format!(
            "\"InstanceId\":\"r-{number}\",\"InstanceChargeType\":\"PostPaid\",\"Status\":\"Running\",\
             \"SpotStrategy\":\"NoSpot\",\"CreationTime\":\"2026-01-01T00:00Z\",\"ZoneId\":\"a\""
        );
        match c.below(3) {
            0 => {}
            1 => row.push_str(",\"DeletionProtection\":true"),
            _ => row.push_str(",\"DeletionProtection\":false"),
        }
        rows.push(format!("{{{row}}}"));
    }
    let count = rows.len();
    format!(
        "{{\"Instances\":{{\"Instance\":[{}]}},\"TotalCount\":{count},\"PageNumber\":1,\"PageSize\":100}}",
        rows.join(",")
    )
}

/// Files that are in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, _from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let text = self.0.get(path).cloned();
        let none = || ReadFailure { what: "there is no such file".to_owned(), help: None };
        let text = text.ok_or_else(none)?;
        Ok((path.to_owned(), text))
    }
}
