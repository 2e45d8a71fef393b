//! Resolves the groups of a fleet.

use super::autoscale_builder::{RULE_COOLDOWN, Scaling};
use super::fleet_builder::{Existence, FleetBuilder, Named};
use super::instance_builder::resources_of;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::fleet::{AUTOSCALE, Care, Group, Hook, Upgrades};
use crate::format::{
    Known, Name, OneOrMany, WrittenGroup, WrittenHook, WrittenInstance, expand, not_a_range,
};
use crate::policy::{Facts, Orders};
use crate::time::SimSpan;
use crate::words::{
    AccountId, Channel, GroupId, HookResult, Lifecycle, Membership, ModelId, SubjectKind, Upgrade,
    Word,
};

impl FleetBuilder<'_, '_> {
    /// Adds a group.
    pub fn group(&mut self, name: &str, span: Span, part: &WrittenGroup, by: Named) {
        // A missing account has been reported; the name of the group is defined nevertheless.
        let account = self.account(part.account.as_ref(), span).unwrap_or(AccountId(0));
        if self.define(SubjectKind::Group, name, span, by).is_none() {
            return;
        }
        let mut group = Group::new(account, self.resolver.start);
        self.bounds(&mut group, name, span, part);
        self.resolver.models.intern("");
        group.zones = part.zones.iter().map(|zone| self.zone(&zone.value)).collect();
        group.managed_disks = part.managed_disks.unwrap_or(true);
        group.suspended = part.suspended.iter().fold(0, |set, p| set | 1 << p.index());
        self.settings(&mut group, part);
        if let Some(autoscale) = &part.autoscale {
            self.resolver.actors.intern(AUTOSCALE);
            let of_group = part.cooldown.is_some() || group.cooldown > SimSpan::ZERO;
            let cooldown = if of_group { group.cooldown } else { RULE_COOLDOWN };
            let autoscale = Scaling { resolver: self.resolver, cooldown }.autoscale(autoscale);
            group.autoscale = Some(Box::new(autoscale));
        }
        group.protections = self.protections(&part.protect, account, SubjectKind::Group);
        let id = self.fleet.add_group(group);
        self.new_members(id, name, span, part);
    }

    /// Applies the settings of a group, with the defaults of its policy.
    fn settings(&mut self, group: &mut Group, part: &WrittenGroup) {
        let account = group.account;
        let asked = Facts { channel: part.via.unwrap_or(Channel::None), ..Facts::default() };
        if let Some(orchestration) = part.orchestration {
            self.demand_orchestration(account, orchestration);
        }
        group.orchestration = (part.orchestration.map(|orchestration| orchestration.value))
            .or_else(|| self.default_of(account, |d| &d.orchestration, &asked))
            .unwrap_or(group.orchestration);
        let facts = Facts { orchestration: group.orchestration, ..asked };
        group.orders = self.orders(part, account, &facts);
        group.zone_policy = (part.zone_policy)
            .or_else(|| self.default_of(account, |d| &d.zone_policy, &facts))
            .unwrap_or(group.zone_policy);
        group.reclaim = (part.reclaim)
            .or_else(|| self.default_of(account, |d| &d.reclaim, &facts))
            .unwrap_or(group.reclaim);
        group.cooldown = (part.cooldown)
            .or_else(|| self.default_of(account, |d| &d.cooldown, &facts))
            .unwrap_or(group.cooldown);
        group.upgrades = self.upgrades(group, part, &facts);
        group.care = self.care(group.care, account, part, &facts);
        group.launch_hook = self.hook(account, part.launch_hook.as_ref(), &facts);
        group.terminate_hook = self.hook(account, part.terminate_hook.as_ref(), &facts);
    }

    fn bounds(&mut self, group: &mut Group, name: &str, span: Span, part: &WrittenGroup) {
        group.min = part.min.unwrap_or(group.min);
        group.max = part.max.unwrap_or(group.max);
        group.desired = part.desired.map(|desired| desired.value);
        if group.min > group.max {
            let title = format!("the group `{name}` has a minimum above its maximum");
            let label = format!("{} > {}", group.min, group.max);
            self.resolver.problems.add(Problem::at(Code::Contradiction, span, title, label));
        }
        let within = |desired: &Spanned<u32>| (group.min..=group.max).contains(&desired.value);
        if let Some(desired) = part.desired.filter(|desired| !within(desired)) {
            let title = format!("the desired capacity of the group `{name}` is outside its bounds");
            let label = format!("not from {} to {}", group.min, group.max);
            self.resolver.problems.add(Problem::at(
                Code::Contradiction,
                desired.span,
                title,
                label,
            ));
        }
    }

    fn upgrades(&mut self, group: &Group, part: &WrittenGroup, facts: &Facts) -> Upgrades {
        let mut upgrades = group.upgrades;
        if let Some(mode) = part.upgrade_mode {
            upgrades.mode = mode.value;
            if mode.value == Upgrade::OsImage {
                self.contradicts(mode.span, "`os-image` is not an upgrade mode of a group");
            } else if mode.value != Upgrade::Manual {
                self.demand_mode(group.account, mode);
            }
        }
        if let Some(percent) = part.batch_percent {
            upgrades.batch_percent = percent.value;
            if !(1..=100).contains(&percent.value) {
                let title = "`batch-percent` must be from 1 to 100";
                let problem = Problem::at(Code::BadNumber, percent.span, title, "out of range");
                self.resolver.problems.add(problem);
            }
        }
        // Only rolling upgrades have batches.
        let at_once = matches!(upgrades.mode, Upgrade::Manual | Upgrade::Automatic);
        if part.batch_percent.is_none() && !at_once {
            let percent = self.default_of(group.account, |d| &d.batch_percent, facts);
            upgrades.batch_percent = percent.unwrap_or(upgrades.batch_percent);
        }
        upgrades.pause = part.batch_pause.unwrap_or(upgrades.pause);
        if let Some(model) = &part.model {
            upgrades.model = ModelId::from_index(self.resolver.models.intern(model));
        }
        upgrades
    }

    /// The health check and the repair of a group. The policy limits the grace period.
    fn care(&mut self, care: Care, account: AccountId, part: &WrittenGroup, facts: &Facts) -> Care {
        let limits = self.book(account).policy.repairs.clone();
        let check = (part.health_check)
            .or_else(|| self.default_of(account, |d| &d.health_check, facts))
            .unwrap_or(care.check);
        let repair = (part.repair)
            .or_else(|| self.default_of(account, |d| &d.repair, facts))
            .unwrap_or(care.repair);
        let grace = if let Some(grace) = part.repair_grace {
            self.within(grace.span, grace.value, limits.shortest, limits.longest);
            grace.value
        } else {
            self.default_of(account, |d| &d.repair_grace, facts).unwrap_or(care.grace)
        };
        Care { check, repair, grace }
    }

    fn hook(
        &mut self,
        account: AccountId,
        part: Option<&Spanned<WrittenHook>>,
        facts: &Facts,
    ) -> Option<Hook> {
        let part = part?;
        let policy = &self.book(account).policy;
        let name = policy.name.clone();
        let Some(limits) = policy.hooks.clone() else {
            let title = format!("{name} does not cover hooks");
            let problem = Problem::at(Code::UnknownTrigger, part.span, title, "not in this policy");
            self.resolver.problems.add(problem.help("use a policy that has `hooks:`"));
            return None;
        };
        let timeout = part.timeout.or_else(|| self.default_of(account, |d| &d.hook_timeout, facts));
        let Some(timeout) = timeout else {
            let title = format!("{name} has no default timeout of a hook");
            let problem = Problem::at(Code::MissingKey, part.span, title, "no `timeout` here");
            self.resolver.problems.add(problem.help("add `timeout:`, such as `timeout: 10m`"));
            return None;
        };
        self.within(part.span, timeout, limits.shortest, limits.longest);
        let result = (part.result.map(|result| result.value))
            .or_else(|| self.default_of(account, |d| &d.hook_result, facts))
            .or(limits.results.first().copied())
            .unwrap_or(HookResult::Continue);
        if !limits.results.contains(&result) {
            let known: Vec<&str> = limits.results.iter().map(|result| result.word()).collect();
            let title = format!("under {name} a hook cannot end in `{result}`");
            let span = part.result.map_or(part.span, |result| result.span);
            let problem = Problem::at(Code::ProviderRefuses, span, title, "not offered");
            self.resolver.problems.add(problem.note(format!("offered: {}", known.join(", "))));
        }
        Some(Hook { timeout, result })
    }

    /// Sets the template of members that a group creates, and the names of the first of them.
    fn new_members(&mut self, group: GroupId, name: &str, span: Span, part: &WrittenGroup) {
        let mut like = part.new_members.clone().unwrap_or_else(WrittenInstance::blank);
        like.group = Name::fault(name).is_none().then(|| Spanned::new(Name(name.into()), span));
        if like.group.is_none() {
            // A masked name does not identify a group, so the account of the group of that name is
            // not used.
            like.account = like.account.or_else(|| part.account.clone());
        }
        self.fits(&like, Existence::ByGroup);
        if like.group.is_some() {
            let of = like.billing.map_or(span, |billing| billing.span);
            like.membership = Some(Spanned::new(Known(Some(Membership::AutoCreated)), of));
        }
        let Some(member_template) = self.settle(&like, span, Existence::ByGroup) else { return };
        let resources = resources_of(&like).collect();
        let prices = self.resolver.prices(&like);
        let state = self.fleet.group_mut(group);
        state.member_template = member_template;
        (state.member_template.group, state.member_template.state) = (None, Lifecycle::Absent);
        state.member_resources = resources;
        state.member_prices = prices;
        for written in &part.new_names.0 {
            let names = match expand(&written.value) {
                Ok(names) => names,
                Err(fault) => {
                    let problem = not_a_range(&written.value, &fault, written.span);
                    self.resolver.problems.add(problem);
                    continue;
                }
            };
            for name in names {
                if self.define(SubjectKind::Instance, &name, written.span, Named::Here).is_some() {
                    let member_template = self.fleet.group(group).member_template;
                    let id = self.fleet.add_instance(member_template);
                    self.fleet.set_prices(id, prices);
                    self.fleet.group_mut(group).expected.push_back(id);
                }
            }
        }
    }

    fn orders(&mut self, part: &WrittenGroup, account: AccountId, facts: &Facts) -> Vec<usize> {
        let named = part.removal.as_ref().or(part.scale_in_policy.as_ref());
        let Some(named) = named else {
            let default = self.default_of(account, |d| &d.removal, facts);
            return default.iter().flat_map(Orders::indices).collect();
        };
        let policy = &self.book(account).policy;
        let mut orders = Vec::new();
        let mut problems = Vec::new();
        for name in &named.0 {
            if let Some(index) = policy.orders.iter().position(|order| order.name == **name) {
                orders.push(index);
                continue;
            }
            let known: Vec<&str> = policy.orders.iter().map(|order| order.name.as_str()).collect();
            let title = format!("{} has no order `{}`", policy.name, **name);
            let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown order");
            let close = crate::diagnostics::closest(name, known.iter().copied());
            problems
                .push(problem.did_you_mean(&close).note(format!("orders: {}", known.join(", "))));
        }
        if let (Some(_), Some(OneOrMany(again))) = (&part.removal, &part.scale_in_policy)
            && let Some(again) = again.first()
        {
            let title = "`removal` and `scale-in-policy` are the same key";
            problems.push(Problem::at(Code::Twice, again.span, title, "second value"));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        orders
    }
}
