//! The generator of random scenarios: a small model of a fleet and its events, and its text.
//!
//! The model is made from a list of choices, so that failures can be shrunk: fewer choices give a
//! smaller scenario, and a choice of 0 gives the simplest value. The generator knows which keys
//! fit together, so that most scenarios are valid. It must not predict the results of a run.

mod editions;
mod value;
mod written;

use stayput::plan::VERBS;

pub(crate) use editions::{EDITIONS, Edition};
pub(crate) use value::{Choices, Memory};
use value::{Keys, Val};
pub(crate) use written::{PLAIN, Writing};

/// A scenario with symbolic names and times, so that names, times and orders can be changed.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    edition: usize,
    groups: Vec<(String, Val)>,
    instances: Vec<(String, Val)>,
    events: Vec<Val>,
    random: Vec<(String, Val)>,
    assume: Vec<(String, Val)>,
    metrics: bool,
    reply: Option<String>,
    /// Whether it has unknown values.
    is_doubtful: bool,
    /// The verbs of its events.
    pub(crate) verbs: Vec<&'static str>,
    /// Whether something in it is counted in months or years.
    pub(crate) has_terms: bool,
}

/// Stands for the prefix of all names.
const PREFIX: &str = "§";
/// Stands for a year; the digit after it is the number of years before the start.
const YEAR: &str = "¤";

const GROUPS: [&str; 2] = ["§g-app", "§g-web"];

/// The verbs without a caller.
const UNCALLED: [&str; 9] = [
    "cancel",
    "set-health",
    "balance-zones",
    "maintenance",
    "overdue",
    "security-lock",
    "security-unlock",
    "security-release",
    "spot-reclaim",
];

impl Model {
    const fn empty(edition: usize) -> Self {
        Self {
            edition,
            groups: Vec::new(),
            instances: Vec::new(),
            events: Vec::new(),
            random: Vec::new(),
            assume: Vec::new(),
            metrics: false,
            reply: None,
            is_doubtful: false,
            verbs: Vec::new(),
            has_terms: false,
        }
    }

    /// The simplest scenario with an event of this verb.
    pub(crate) fn of_verb(edition: usize, verb: &'static str) -> Self {
        let mut model = Self::empty(edition);
        let none = &mut Choices::new(&[]);
        let group = model.group(none);
        model.groups.push((GROUPS[0].to_owned(), group));
        let instance = model.instance(none);
        model.instances.push((format!("{PREFIX}i-1"), instance));
        let event = model.event(verb, none);
        model.happens(1, event);
        model
    }

    /// A random scenario.
    pub(crate) fn new(edition: usize, choices: &mut Choices<'_>) -> Self {
        let mut model = Self { is_doubtful: choices.once_in(4), ..Self::empty(edition) };
        let groups = 1 + choices.below(2);
        for name in GROUPS.iter().take(groups) {
            let group = model.group(choices);
            model.groups.push(((*name).to_owned(), group));
        }
        for number in 0..2 + choices.below(5) {
            let instance = model.instance(choices);
            model.instances.push((format!("{PREFIX}i-{}", number + 1), instance));
        }
        if model.is_doubtful && choices.once_in(2) {
            let word = choices.one(&["set", "unset"]);
            model.assume.push(("unknown-protection".into(), Val::text(word)));
        }
        if choices.once_in(4) {
            let (switch, position) = choices.one(model.of().switches);
            model.assume.push((switch.to_owned(), Val::text(position)));
        }
        if !model.of().is_azure && choices.once_in(8) {
            model.reply = Some(reply(choices));
        }
        let mut at = 0;
        for _ in 0..choices.below(16) {
            // Some events happen at the same time; most leave time for their effects.
            at += choices.one(&[1, 0, 3, 11, 30, 70, 150]);
            let verb = model.verb(choices, true);
            let event = model.event(verb, choices);
            model.happens(at, event);
        }
        if choices.once_in(4) {
            let mean = 5 + choices.below(300);
            let verb = model.verb(choices, false);
            let event = model.event(verb, choices);
            let every = format!("{{ exponential: {{ mean: {mean}h }} }}");
            let mut source = vec![("every".to_owned(), Val::text(every))];
            source.push(("at-most".into(), Val::text("9")));
            source.extend(event);
            model.random.push(("luck".to_owned(), Val::Map(source)));
        }
        model
    }

    fn happens(&mut self, hour: u32, event: Vec<(String, Val)>) {
        let mut entry = vec![("at".to_owned(), Val::text(format!("+{hour}h")))];
        entry.extend(event);
        self.events.push(Val::Map(entry));
    }

    fn of(&self) -> &'static Edition {
        &EDITIONS[self.edition]
    }

    fn group(&mut self, c: &mut Choices<'_>) -> Val {
        let of = self.of();
        let mut keys = Keys::default();
        keys.text("account", "§a-main");
        if c.once_in(3) {
            self.metrics = true;
            keys.add("autoscale", autoscale(c));
        } else {
            keys.text("min", c.below(3).to_string());
            keys.text("max", (7 + c.below(10)).to_string());
        }
        let key = if of.is_azure { "scale-in-policy" } else { "removal" };
        if !(of.is_azure && of.is_early) && c.once_in(2) {
            keys.text(key, c.one(of.orders));
        }
        if c.once_in(3) {
            keys.add("zones", Val::list(["a", "b"]));
        }
        if c.once_in(3) && !of.is_azure {
            keys.text("cooldown", c.one(&["0s", "5m", "2h"]));
        }
        if c.once_in(3) && !(of.is_azure && of.is_early) {
            keys.add("terminate-hook", hook(of, c));
        }
        if of.is_azure {
            let modes = ["manual", "automatic", "rolling"];
            keys.text("upgrade-mode", c.one(&modes));
            keys.text("model", "v1");
            if !of.is_early {
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
            if !of.is_early && c.once_in(4) {
                keys.add("launch-hook", hook(of, c));
            }
            if c.once_in(4) {
                keys.text("reclaim", c.one(&["release", "recycle"]));
            }
            if c.once_in(4) {
                keys.text("desired", (2 + c.below(4)).to_string());
            }
        }
        if !of.of_group.is_empty() && c.once_in(8) {
            keys.add("protect", Val::list([c.one(of.of_group)]));
        }
        if !of.at_creation.is_empty() && c.once_in(4) {
            let mut new = Keys::default();
            new.add("protect", Val::list([c.one(of.at_creation)]));
            keys.add("new-members", Val::Map(new.0));
        }
        Val::Map(keys.0)
    }

    fn instance(&mut self, c: &mut Choices<'_>) -> Val {
        let of = self.of();
        let mut keys = Keys::default();
        keys.text("account", "§a-main");
        let group = c.below(self.groups.len() + 1);
        let group = group.checked_sub(1).and_then(|at| self.groups.get(at));
        let grouped = group.is_some();
        let is_hooked = matches!(group, Some((_, Val::Map(keys))) if {
            keys.iter().any(|(key, _)| key == "terminate-hook")
        });
        let mut attached = false;
        keys.text("created", format!("{YEAR}{}-{:02}-01T00:00:00Z", c.below(3), 1 + c.below(5)));
        if let Some((name, of_group)) = group {
            keys.text("group", name.clone());
            let flexible = matches!(of_group, Val::Map(keys) if keys.iter().any(|(_, value)| {
                matches!(value, Val::Text(text) if text == "flexible")
            }));
            let words = if flexible { &["auto-created", "attached"] } else { of.memberships };
            let word = c.one(words);
            attached = word == "attached";
            keys.text("membership", word);
        }
        let mut protect = Vec::new();
        for name in of.protections {
            // `standby`, and the two protections that imply each other, are only for members.
            if !grouped && !["release-protection", "vm-delete-lock", "deny-delete"].contains(name) {
                continue;
            }
            match c.below(6) {
                1 | 2 => protect.push((*name).to_owned()),
                3 if self.is_doubtful && *name != "standby" => {
                    protect.push(format!("{name}=unknown"));
                }
                _ => {}
            }
        }
        keys.add("protect", Val::list(protect.iter().map(String::as_str)));
        let billing = match c.below(8) {
            // Azure offers no notice of a deletion for spot instances.
            6 | 7 if !(of.is_azure && is_hooked) => "spot",
            5 if !of.is_azure && (!grouped || attached) => "subscription",
            _ => "pay-as-you-go",
        };
        keys.text("billing", billing);
        if billing == "subscription" {
            keys.text("expires", format!("+{}d", 1 + c.below(40)));
            let renewal = c.one(&["none", "automatic", "failing"]);
            keys.text("renewal", renewal);
            if renewal != "none" {
                keys.text("renews-for", "1mo");
            }
            self.has_terms = true;
        }
        if !of.is_azure && billing == "pay-as-you-go" && c.once_in(4) {
            keys.text("auto-release", format!("+{}h", 1 + c.below(900)));
        }
        if billing == "spot" && of.is_azure {
            keys.text("eviction", c.one(&["deallocate", "delete"]));
        }
        if c.once_in(6) {
            keys.text("state", "stopped");
        }
        if c.once_in(3) {
            keys.text("zone", c.one(&["a", "b"]));
        }
        if c.once_in(6) {
            keys.add("tags", Val::Map(vec![("env".into(), Val::text("production"))]));
        }
        if c.once_in(3) {
            let kinds = ["data-disk", "static-ip", "snapshot", "eip", "image"];
            let mut resources = Keys::default();
            resources.text("boot", "system-disk");
            resources.text("more", c.one(&kinds));
            keys.add("resources", Val::Map(resources.0));
        }
        if !of.is_azure && !of.is_early && c.once_in(12) {
            keys.text("lock", "security");
        }
        if grouped && !of.is_azure && c.once_in(4) {
            keys.text("configuration", (1 + c.below(3)).to_string());
        }
        Val::Map(keys.0)
    }

    /// A selector of some instances, by name.
    fn whom(&self, c: &mut Choices<'_>) -> String {
        let last = self.instances.len();
        match c.below(6) {
            4 => format!("{PREFIX}i-1..{last}"),
            5 => format!("\"{PREFIX}i-*\""),
            _ => format!("{PREFIX}i-{}", 1 + c.below(last)),
        }
    }

    /// A verb that the edition knows. Only an event that happens once may create an instance.
    fn verb(&self, c: &mut Choices<'_>, once: bool) -> &'static str {
        let known = VERBS.iter().filter(|verb| !self.of().refuses.contains(verb));
        let known: Vec<&str> = known.filter(|verb| once || **verb != "create").copied().collect();
        c.one(&known)
    }

    /// An event: its verb and the value of the verb.
    fn event(&mut self, verb: &'static str, c: &mut Choices<'_>) -> Vec<(String, Val)> {
        let of = self.of();
        self.verbs.push(verb);
        let mut keys = Keys::default();
        self.aim(verb, &mut keys, c);
        let flag = c.one(&["true", "false"]);
        match verb {
            "release" => {
                keys.text("force", flag);
                if !of.is_azure && c.once_in(4) {
                    keys.text("terminate-subscription", "true");
                }
            }
            "stop" if !of.is_azure => keys.text("economical", flag),
            "set-protection" => {
                let on_group = !of.of_group.is_empty() && c.once_in(6);
                let names = if on_group { of.of_group } else { of.protections };
                if on_group {
                    keys.0.retain(|(key, _)| key != "instance");
                    keys.text("group", c.one(&GROUPS[..self.groups.len()]));
                }
                let names: Vec<&str> =
                    names.iter().filter(|name| **name != "standby").copied().collect();
                let flags = vec![(c.one(&names).to_owned(), Val::text(flag))];
                keys.add("flags", Val::Map(flags));
                if of.is_azure {
                    keys.text("api-version", c.one(&["2021-03-01", "2019-03-01"]));
                }
            }
            "schedule-release" => keys.text("time", format!("+{}h", 1 + c.below(900))),
            "convert-billing" => keys.text("to", c.one(&["subscription", "pay-as-you-go"])),
            "attach" if !of.is_azure => keys.text("entrusted", flag),
            "scale-in" => keys.text("remove", (1 + c.below(4)).to_string()),
            "scale-out" => keys.text("add", (1 + c.below(3)).to_string()),
            "set-capacity" => keys.text("to", c.below(6).to_string()),
            "delete-group" => keys.text("force", flag),
            "set-health" => keys.text("health", c.one(&["unhealthy", "healthy"])),
            "suspend" | "resume" => {
                let processes = ["scale-in", "scale-out", "health-check", "alarm"];
                keys.text("process", c.one(&processes));
            }
            "group-action" => {
                let operations =
                    ["reimage", "reimage-all", "deallocate", "stop", "start", "restart"];
                keys.text("do", c.one(&operations));
            }
            "update-model" => keys.text("to", c.one(&["v2", "v3"])),
            "reimage" => keys.text("all-disks", flag),
            "complete-hook" => {
                let results: &[&str] =
                    if of.is_azure { &["continue"] } else { &["continue", "abandon", "roll-back"] };
                keys.text("result", c.one(results));
            }
            "renew" => keys.text("for", "1mo"),
            _ => {}
        }
        self.has_terms |= matches!(verb, "renew" | "convert-billing");
        if !UNCALLED.contains(&verb) {
            keys.text("by", "§p-ann");
            let via = c.one(&["api", "console", "cli"]);
            if !(self.is_doubtful && c.once_in(4)) {
                keys.text("via", via);
            }
        }
        vec![(verb.to_owned(), Val::Map(keys.0))]
    }

    /// The target of an event.
    fn aim(&self, verb: &str, keys: &mut Keys, c: &mut Choices<'_>) {
        let group = c.one(&GROUPS[..self.groups.len()]);
        match verb {
            "create" => {
                keys.text("instance", format!("{PREFIX}n-{}", self.verbs.len()));
                let mut like = Keys::default();
                like.text("account", "§a-main");
                if !self.of().at_creation.is_empty() && c.once_in(2) {
                    like.add("protect", Val::list([c.one(self.of().at_creation)]));
                }
                keys.add("like", Val::Map(like.0));
            }
            "overdue" | "settle" | "cancel" => keys.text("account", "§a-main"),
            "attach" => {
                keys.text("instance", self.whom(c));
                keys.text("group", group);
            }
            "detach" | "delete-members" | "enter-standby" | "exit-standby" => {
                keys.text("group", group);
                keys.text("instance", self.whom(c));
            }
            "group-action" | "upgrade" => {
                keys.text("group", group);
                if c.once_in(2) {
                    keys.text("instance", self.whom(c));
                }
            }
            "scale-in" | "scale-out" | "set-capacity" | "delete-group" | "suspend" | "resume"
            | "update-model" | "balance-zones" => keys.text("group", group),
            _ => keys.text("instance", self.whom(c)),
        }
    }

    /// The same with one more protection of an instance; `None` if the instance states it already.
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

    /// The names of its instances, with the prefix that the plain text uses.
    pub(crate) fn names(&self) -> Vec<String> {
        self.instances.iter().map(|(name, _)| name.replace(PREFIX, PLAIN.prefix)).collect()
    }
}

/// An autoscale rule. Its interval is so long that a run takes little time.
fn autoscale(c: &mut Choices<'_>) -> Val {
    let above = "{ metric: load, above: 75, over: 10m, add: 1, cooldown: 1h }";
    let below = "{ metric: load, below: 40, over: 30m, remove: 1, cooldown: 2h }";
    let mut keys = Keys::default();
    keys.text("min", "1");
    keys.text("max", c.one(&["6", "3"]));
    keys.text("every", "5h");
    keys.add("rules", Val::List(vec![Val::text(above), Val::text(below)]));
    Val::Map(keys.0)
}

/// A hook of a group.
fn hook(of: &Edition, c: &mut Choices<'_>) -> Val {
    let mut keys = Keys::default();
    keys.text("timeout", c.one(&["5m", "10m", "15m"]));
    if !of.is_azure && c.once_in(2) {
        keys.text("result", c.one(&["continue", "abandon"]));
    }
    Val::Map(keys.0)
}

/// A reply of a provider with missing fields.
fn reply(c: &mut Choices<'_>) -> String {
    let mut rows = Vec::new();
    for number in 0..=c.below(2) {
        let mut row = format!(
            "\"InstanceId\":\"{PREFIX}r-{number}\",\"InstanceChargeType\":\"PostPaid\",\"Status\":\"Running\",\
             \"SpotStrategy\":\"NoSpot\",\"CreationTime\":\"2022-01-01T00:00Z\",\"ZoneId\":\"a\""
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
