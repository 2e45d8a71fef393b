//! A fleet as text: the records of [`super::fleet`] in YAML, as the reader reads them.

use std::fmt::Display;

use super::autoscale::WrittenAutoscale;
use super::fleet::{
    Known, WrittenAccount, WrittenGroup, WrittenHook, WrittenInstance, WrittenProtect,
};
use super::read::{Map, Name, OneOrMany, TagValue};
use super::read_time::When;
use crate::diagnostics::{Spanned, is_unseen};
use crate::time::{SimTime, Term};
use crate::words::{Word, spelled_protections};

/// A mapping on one line while it is written.
#[derive(Default)]
struct FlowMap(Vec<String>);

impl FlowMap {
    fn put(&mut self, key: &str, value: impl Display) {
        self.0.push(format!("{key}: {value}"));
    }

    fn some(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn end(self) -> String {
        if self.0.is_empty() {
            return "{}".to_owned();
        }
        format!("{{ {} }}", self.0.join(", "))
    }
}

/// A text as a YAML scalar: without quotes if it is then read as the same text, otherwise in
/// quotes. Characters that files must not contain become spaces.
pub fn yaml_scalar(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || [b'-', b'_', b'.', b'@'].contains(&byte);
    let starts = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if starts && text.bytes().all(plain) && !text.eq_ignore_ascii_case("null") {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            // Files must not contain such characters.
            letter if is_unseen(letter) => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn known<T>(value: Known<T>, show: impl Fn(T) -> String) -> String {
    value.0.map_or_else(|| "unknown".to_owned(), show)
}

/// The last day of the calendar, which the reader takes as [`SimTime::NEVER`].
const NEVER: &str = "9999-12-31T00:00:00Z";

fn when(at: When) -> String {
    match at {
        When::At(SimTime::NEVER) => NEVER.to_owned(),
        When::At(at) => at.to_string(),
        When::After(span) => format!("+{span}"),
    }
}

fn name(name: &Name) -> String {
    yaml_scalar(&name.0)
}

fn protections(protect: &WrittenProtect) -> Option<String> {
    let on = protect.on.iter().map(|name| name.as_str());
    let all = spelled_protections(on, protect.unknown.iter().map(|name| name.as_str()));
    (!all.is_empty()).then(|| list(all.iter().map(|name| yaml_scalar(name))))
}

/// An account.
pub fn account_text(account: &WrittenAccount) -> String {
    let mut flow = FlowMap::default();
    flow.some("policy", account.policy.as_ref().map(|policy| yaml_scalar(policy)));
    flow.some("grace", account.grace);
    flow.some("arrears-since", account.arrears_since.map(|since| known(since.value, when)));
    flow.end()
}

/// An instance.
pub fn instance_text(written: &WrittenInstance) -> String {
    instance_entries(written).end()
}

/// The properties that an instance states, each as `key: value`.
pub fn instance_facts(written: &WrittenInstance) -> Vec<String> {
    instance_entries(written).0
}

fn instance_entries(written: &WrittenInstance) -> FlowMap {
    let mut flow = FlowMap::default();
    flow.some("account", written.account.as_ref().map(|account| name(account)));
    flow.some("group", written.group.as_ref().map(|group| name(group)));
    let member = written.membership.map(|member| known(member.value, |m| m.word().into()));
    flow.some("membership", member);
    flow.some("zone", written.zone.as_ref().map(name));
    flow.some("fault-domain", written.fault_domain);
    flow.some("created", written.created.map(|at| when(at.value)));
    flow.some("joined", written.joined.map(|at| when(at.value)));
    let billing = written.billing.map(|billing| known(billing.value, |b| b.word().into()));
    flow.some("billing", billing);
    flow.some("expires", written.expires.map(|at| when(at.value)));
    let renewal = written.renewal.map(|renewal| known(renewal.value, |r| r.word().into()));
    flow.some("renewal", renewal);
    flow.some("renews-for", written.renews_for.map(Term::span));
    let release = written.auto_release.map(|release| {
        known(release.value, |release| {
            let at = when(release.at);
            if release.set_earlier { format!("{{ at: {at}, set: earlier }}") } else { at }
        })
    });
    flow.some("auto-release", release);
    flow.some("protect", written.protect.as_ref().and_then(protections));
    flow.some("state", written.state.map(|state| state.word()));
    let locks = written.lock.iter().flat_map(|locks| &locks.0);
    let locks: Vec<_> = locks.map(|lock| known(lock.value, |lock| lock.word().into())).collect();
    flow.some(
        "lock",
        match locks.as_slice() {
            [] => None,
            [lock] if lock == "unknown" => Some(lock.clone()),
            _ => Some(list(locks.into_iter())),
        },
    );
    flow.some("economical", written.economical.filter(|economical| *economical));
    flow.some("configuration", written.configuration);
    flow.some("model", written.model.as_ref().map(name));
    flow.some("health", written.health.map(Word::word));
    flow.some("eviction", written.eviction.map(Word::word));
    let resources = written.resources.as_ref().filter(|resources| !resources.0.is_empty());
    flow.some("resources", resources.map(resources_text));
    let tags = written.tags.as_ref().filter(|tags| !tags.0.is_empty());
    flow.some("tags", tags.map(tags_text));
    flow.some("hourly", written.hourly.as_deref());
    flow.some("worth", written.worth.as_deref());
    flow
}

fn resources_text(resources: &Map<super::fleet::WrittenResource>) -> String {
    let mut all = FlowMap::default();
    for (of, resource) in &resources.0 {
        let mut one = FlowMap::default();
        one.put("kind", resource.0.kind.word());
        one.some("gib", resource.0.gib);
        one.some("with-instance", resource.0.with_instance);
        one.some("disk", resource.0.disk.as_ref().map(|disk| name(disk)));
        one.some("hourly", resource.0.hourly.as_deref());
        all.put(&name(of), one.end());
    }
    all.end()
}

fn tags_text(tags: &Map<TagValue>) -> String {
    let mut all = FlowMap::default();
    tags.0.iter().for_each(|(key, value)| all.put(&name(key), yaml_scalar(value)));
    all.end()
}

/// A group.
pub fn group_text(group: &WrittenGroup) -> String {
    group_entries(group).end()
}

/// The properties that a group states, each as `key: value`.
pub fn group_facts(group: &WrittenGroup) -> Vec<String> {
    group_entries(group).0
}

fn group_entries(group: &WrittenGroup) -> FlowMap {
    let mut flow = FlowMap::default();
    flow.some("account", group.account.as_ref().map(|account| name(account)));
    flow.some("min", group.min);
    flow.some("max", group.max);
    flow.some("desired", group.desired.as_deref());
    flow.some("via", group.via.map(Word::word));
    flow.some("orchestration", group.orchestration.map(|kind| kind.word()));
    let orders =
        |orders: &OneOrMany<Spanned<String>>| list(orders.0.iter().map(|order| yaml_scalar(order)));
    flow.some("removal", group.removal.as_ref().map(orders));
    flow.some("scale-in-policy", group.scale_in_policy.as_ref().map(orders));
    let zones = (!group.zones.is_empty()).then(|| list(group.zones.iter().map(|zone| name(zone))));
    flow.some("zones", zones);
    flow.some("zone-policy", group.zone_policy.map(Word::word));
    flow.some("cooldown", group.cooldown);
    let suspended = group.suspended.iter().map(|process| process.word().to_owned());
    flow.some("suspended", (!group.suspended.is_empty()).then(|| list(suspended)));
    flow.some("health-check", group.health_check.map(Word::word));
    flow.some("repair", group.repair.map(Word::word));
    flow.some("repair-grace", group.repair_grace.as_deref());
    flow.some("reclaim", group.reclaim.map(Word::word));
    flow.some("managed-disks", group.managed_disks);
    flow.some("upgrade-mode", group.upgrade_mode.map(|mode| mode.word()));
    flow.some("batch-percent", group.batch_percent.as_deref());
    flow.some("batch-pause", group.batch_pause);
    flow.some("model", group.model.as_ref().map(name));
    flow.some("launch-hook", group.launch_hook.as_ref().map(|hook| hook_text(hook)));
    flow.some("terminate-hook", group.terminate_hook.as_ref().map(|hook| hook_text(hook)));
    flow.some("autoscale", group.autoscale.as_ref().map(|scale| autoscale_text(scale)));
    flow.some("new-members", group.new_members.as_ref().map(instance_text));
    let names = group.new_names.0.iter().map(|name| yaml_scalar(name));
    flow.some("new-names", (!group.new_names.0.is_empty()).then(|| list(names)));
    flow.some("protect", protections(&group.protect));
    flow
}

fn hook_text(hook: &WrittenHook) -> String {
    let mut flow = FlowMap::default();
    flow.some("timeout", hook.timeout);
    flow.some("result", hook.result.map(|result| result.word()));
    flow.end()
}

/// Only the bounds: an import has no rules, because it has no metrics.
fn autoscale_text(scale: &WrittenAutoscale) -> String {
    let mut flow = FlowMap::default();
    flow.put("min", scale.min);
    flow.put("max", scale.max);
    flow.some("default", scale.default);
    flow.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Problems, Sources};
    use crate::format::{Read, parse_yaml};

    fn again(text: &str) -> String {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("fleet.yaml", text);
        let node = parse_yaml(&sources, file, &mut problems).unwrap();
        let written = WrittenInstance::read(&node, &mut problems).unwrap();
        assert!(problems.is_empty());
        instance_text(&written)
    }

    #[test]
    fn an_instance_is_written_with_its_prices() {
        let text = "{ billing: spot, resources: { data: { kind: data-disk, gib: 5, hourly: 0.0485 } }, \
                    tags: { a: b }, hourly: 0.412, worth: 60000 }";
        assert_eq!(again(text), text);
        assert_eq!(again("{ worth: 0 }"), "{ worth: 0 }");
        assert_eq!(again("{}"), "{}");
    }
}
