//! Comparison of records and states with expected lines, key by key.

use super::difference::{KeyDifferences, UNKNOWN, name_in_policy};
use super::slots::Expected;
use crate::plan::{DecisionLine, GroupState, InstanceState, LossLine, RequestLine};
use crate::policy::Column;
use crate::record::{Cause, Decision, Loss, Request};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{GroupId, Health, InstanceId, Lifecycle, Lock, ModelId, Word, ZoneId};
use crate::world::World;

/// Index of a cause in the list `named`; 0 if the list is empty, `None` if the cause is not in it.
fn cause_slot(named: &[Cause], cause: Cause) -> Option<usize> {
    if named.is_empty() { Some(0) } else { named.iter().position(|one| *one == cause) }
}

/// Index of an instance in the sorted list `named`; 0 if the list is empty, `None` if the instance
/// is not in it.
fn instance_slot(named: &[InstanceId], id: InstanceId) -> Option<usize> {
    if named.is_empty() { Some(0) } else { named.binary_search(&id).ok() }
}

/// `what` with the instance and event of a slot: `a decision about db-1 at mis-click`.
fn about(
    causes: &[Cause],
    instances: &[InstanceId],
    slot: usize,
    (what, header): (&str, &RunHeader),
) -> String {
    let width = instances.len().max(1);
    let mut text = what.to_owned();
    if let Some(id) = instances.get(slot % width) {
        text.push_str(&format!(" about {}", header.instance(*id)));
    }
    if let Some(cause) = causes.get(slot / width) {
        text.push_str(&format!(" at `{}`", header.cause(*cause)));
    }
    text
}

impl Expected for DecisionLine {
    type Record = Decision;

    fn slots(&self) -> usize {
        self.causes.len().max(1) * self.instances.len().max(1)
    }

    fn slot(&self, decision: &Decision) -> Option<usize> {
        let event = cause_slot(&self.causes, decision.cause)?;
        let instance = instance_slot(&self.instances, decision.instance)?;
        Some(event * self.instances.len().max(1) + instance)
    }

    fn compare(&self, decision: &Decision, header: &RunHeader, differences: &mut KeyDifferences) {
        let policy = &header.rulebook(decision.policy).policy;
        let rule = decision.rule.map(|rule| policy.rule(rule));
        let answer = rule.and_then(|rule| rule.answer.as_deref()).unwrap_or_default();
        differences.any_word("outcome", &self.outcome, Some(decision.outcome));
        differences.any_word("effect", &self.effect, Some(decision.effect));
        differences.any_word("trigger", &self.trigger, Some(decision.trigger));
        differences.any_word("action", &self.action, Some(decision.action));
        differences.text("rule", self.rule.as_deref(), rule.map_or("", |rule| &rule.id));
        let decided_by = self.decided_by.as_deref().map(|name| name_in_policy(policy, name));
        differences.text("decided-by", decided_by, header.decided_by(decision));
        differences.answer(self.answer.as_deref(), answer);
        for (name, wanted) in &self.verdicts {
            let id = policy.protection(name);
            let mut findings = decision.ruling.findings();
            let found = findings.find(|finding| Some(finding.protection) == id);
            let key = format!("verdict of {name}");
            match found {
                Some(found) => differences.word(&key, Some(*wanted), Some(found.verdict)),
                None => differences.record(&key, wanted.word(), "off"),
            }
        }
        differences.value("at", self.at, &decision.at);
        let group = decision.group.map_or("", |group| header.group(group));
        differences.text("group", self.group.map(|group| header.group(group)), group);
        differences.any_word("via", &self.via, decision.channel);
        differences.any_word("confidence", &self.confidence, Some(decision.basis.confidence));
        let by = decision.actor.map_or("no caller", |actor| header.actor(actor));
        differences.any_text("caller", &self.by, by);
        differences.any_word("billing", &self.billing, decision.billing);
        differences.any_word("membership", &self.membership, decision.membership);
    }

    fn describe(&self, slot: usize, header: &RunHeader) -> String {
        about(&self.causes, &self.instances, slot, ("a decision", header))
    }
}

impl Expected for RequestLine {
    type Record = Request;

    fn slots(&self) -> usize {
        self.causes.len().max(1)
    }

    fn slot(&self, request: &Request) -> Option<usize> {
        cause_slot(&self.causes, request.cause)
    }

    fn compare(&self, request: &Request, header: &RunHeader, differences: &mut KeyDifferences) {
        let rule = request.refusal.and_then(|refusal| header.rule_of(refusal));
        let answer = rule.and_then(|rule| rule.answer.as_deref()).unwrap_or_default();
        differences.any_word("result", &self.result, Some(request.result));
        differences.value("wanted", self.wanted, &request.wanted);
        differences.value("got", self.got, &request.got);
        differences.text("rule", self.rule.as_deref(), rule.map_or("", |rule| &rule.id));
        differences.answer(self.answer.as_deref(), answer);
        differences.any_word("trigger", &self.trigger, request.trigger);
        let by = request.actor.map_or("no caller", |actor| header.actor(actor));
        differences.any_text("caller", &self.by, by);
        differences.any_word("via", &self.via, request.channel);
        differences.text("verb", self.verb.as_deref(), request.verb);
        differences.value("at", self.at, &request.at);
    }

    fn describe(&self, slot: usize, header: &RunHeader) -> String {
        about(&self.causes, &[], slot, ("a request", header))
    }
}

impl Expected for LossLine {
    type Record = Loss;

    fn slots(&self) -> usize {
        self.instances.len().max(1)
    }

    fn slot(&self, loss: &Loss) -> Option<usize> {
        instance_slot(&self.instances, loss.instance)
    }

    fn compare(&self, loss: &Loss, header: &RunHeader, differences: &mut KeyDifferences) {
        let (policy, rule) = loss.rule;
        differences.any_word("kind", &self.kind, Some(loss.resource));
        differences.text("name", self.name.as_deref(), loss.name.as_deref().unwrap_or_default());
        differences.any_word("fate", &self.fate, Some(loss.fate));
        differences.any_word("trigger", &self.trigger, Some(loss.trigger));
        differences.value("at", self.at, &loss.at);
        let rule = &header.rulebook(policy).policy.rule(rule).id;
        differences.text("rule", self.rule.as_deref(), rule);
    }

    fn describe(&self, slot: usize, header: &RunHeader) -> String {
        about(&[], &self.instances, slot, ("a loss", header))
    }
}

/// Whether a state meets an expected state. A reclaimed instance also counts as stopped, as in the
/// replies of the providers.
pub(in crate::experiment) fn is_in(state: Lifecycle, expected: Lifecycle) -> bool {
    state == expected || (expected == Lifecycle::Stopped && state == Lifecycle::Reclaimed)
}

/// The keys in which an instance differs from the expected state, one line each.
pub(in crate::experiment) fn wrong_state(
    expected: &InstanceState,
    id: InstanceId,
    world: &World,
) -> Vec<String> {
    let header = world.header();
    let instance = world.fleet().instance(id);
    let mut differences = KeyDifferences::in_full();
    let time = |at: SimTime| if at == SimTime::NEVER { "never".to_owned() } else { at.to_string() };
    let is = expected.is.filter(|is| !is_in(instance.state, *is));
    differences.word("state", is, Some(instance.state));
    let facts = world.facts_without_request(id);
    let known = |column| !facts.unknown.contains(column);
    differences.word("billing", expected.billing, known(Column::Billing).then_some(facts.billing));
    let locks = facts.lock;
    // If locks are unknown, `none` is not met.
    let found = |lock: Lock| locks.contains(lock) && (known(Column::Lock) || lock != Lock::None);
    for lock in expected.lock.iter().flatten().filter(|lock| !found(**lock)) {
        differences.record(
            "lock",
            lock.word(),
            if known(Column::Lock) { locks.word() } else { UNKNOWN },
        );
    }
    let release = if known(Column::Scheduled) || instance.auto_release < SimTime::NEVER {
        time(instance.auto_release)
    } else {
        UNKNOWN.to_owned()
    };
    differences.text("scheduled release", expected.auto_release.map(time).as_deref(), &release);
    differences.text("term", expected.expires.map(time).as_deref(), &time(instance.expires));
    let policy = world.policy_of(id);
    let set = instance.protections;
    differences.protections(&header.rulebook(policy).policy, expected.protect.as_ref(), set);
    if let Some((group, member)) = expected.member {
        let words = |member| if member { "true" } else { "false" };
        let found = words(instance.group == Some(group));
        differences.text(&format!("member of {}", header.group(group)), Some(words(member)), found);
    }
    if let Some(latest) = expected.latest_model {
        let model = |group| world.fleet().group(group).upgrades.model;
        let words = |latest| if latest { "the latest" } else { "an old one" };
        let has = instance.group.is_some_and(|group| model(group) == instance.model);
        let known = instance.model != ModelId::UNKNOWN;
        differences.text("model", Some(words(latest)), if known { words(has) } else { "unknown" });
    }
    if let Some(probed) = expected.probed {
        let words = |probed| if probed { "true" } else { "false" };
        differences.text("probed", Some(words(probed)), words(instance.probed));
    }
    let health = if instance.unhealthy { Health::Unhealthy } else { Health::Healthy };
    differences.word("health", expected.health, Some(health));
    let zone = |id: ZoneId| header.zone(id);
    differences.text("zone", expected.zone.map(zone), instance.zone.map_or("none", zone));
    let name = header.instance(id);
    differences.into_lines().into_iter().map(|reported| format!("{name}: {reported}")).collect()
}

/// The keys in which a group differs from the expected state, one line each.
pub(in crate::experiment) fn wrong_group(
    expected: &GroupState,
    id: GroupId,
    world: &World,
) -> Vec<String> {
    let header = world.header();
    let group = world.fleet().group(id);
    let policy = world.policy_of_group(id);
    let mut differences = KeyDifferences::in_full();
    let words = |there| if there { "there" } else { "deleted" };
    differences.text("state", expected.there.map(words), words(!group.deleted));
    differences.value("size", expected.size.map(|size| size as usize), &group.members.len());
    let desired = group.desired.map_or_else(|| "none".to_owned(), |size| size.to_string());
    differences.text("desired", expected.desired.map(|size| size.to_string()).as_deref(), &desired);
    let set = group.protections;
    differences.protections(&header.rulebook(policy).policy, expected.protect.as_ref(), set);
    let name = header.group(id);
    differences.into_lines().into_iter().map(|reported| format!("{name}: {reported}")).collect()
}
