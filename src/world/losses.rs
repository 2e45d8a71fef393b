//! The losses of an instance by an action: the fate of each of its resources.

use std::sync::Arc;

use smallvec::SmallVec;

use super::draft::Draft;
use super::request::RequestContext;
use super::step::Step;
use crate::fleet::Property;
use crate::policy::{Facts, Permit};
use crate::record::{Loss, Record, Target};
use crate::words::{EconomicalStop, Effect, Fate, InstanceId, YesNo};

impl Step<'_> {
    /// Records the resources that an instance loses, and those that stay and are still billed.
    pub(super) fn lose(&mut self, request: &RequestContext, seq: u64, permit: &Permit) -> Effect {
        let (id, effect) = (permit.instance(), permit.action().effect());
        let facts = Facts { effect, ..self.facts(request, id, request.action) };
        let mut gone: SmallVec<[usize; 4]> = SmallVec::new();
        if let Some(unlisted) = Property::unlisted_system_disk(self.world.fleet.properties(id)) {
            self.fate(request, seq, id, &facts, unlisted);
        }
        let mut index = 0;
        while let Some(property) = self.world.fleet.properties(id).get(index).cloned() {
            if self.fate(request, seq, id, &facts, property) == Some(Fate::Lost) {
                gone.push(index);
            }
            index += 1;
        }
        if stays_attached(effect) && !gone.is_empty() {
            let resources = self.world.fleet.properties_mut(id);
            for index in gone.into_iter().rev() {
                resources.remove(index);
            }
        }
        effect
    }

    /// The fate of a resource, which is recorded unless the resource is kept.
    fn fate(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        facts: &Facts,
        of: Property,
    ) -> Option<Fate> {
        let facts = Facts { resource: of.resource, ..*facts };
        let mut with_instance = self.goes_with(request, id, &facts, of.with_instance);
        if let (YesNo::Yes, Some(disk)) = (with_instance, &of.disk) {
            with_instance = YesNo::from(self.is_lost(request, id, &facts, disk));
        }
        let facts = Facts { with_instance, ..facts };
        let policy = self.world.policy_of(id);
        let answer = self.consult(request, policy, |t| &t.effects, &facts)?;
        if answer.says != Fate::Kept {
            let remedy = self.remedy_of_resource(request, id, &facts, &answer);
            let remedy_from = remedy.and_then(|remedy| self.remedy_from(id, &remedy));
            let is_left = answer.says == Fate::KeptBilled && !stays_attached(facts.effect);
            let rest = self.world.header.end.since(self.now);
            let billed = of.hourly.filter(|_| is_left).and_then(|hourly| hourly.cost_over(rest));
            let loss = Loss {
                seq,
                at: self.now,
                instance: id,
                trigger: facts.trigger,
                resource: of.resource,
                name: of.name,
                fate: answer.says,
                gib: of.gib,
                hourly: of.hourly,
                billed_until_end: billed,
                rule: (policy, answer.rule),
                remedy,
                remedy_from,
            };
            self.out.push(Record::Loss(self.world.losses.boxed(loss)));
        }
        Some(answer.says)
    }

    /// Whether a disk is lost; a disk that no longer exists counts as lost.
    fn is_lost(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        disk: &Arc<str>,
    ) -> bool {
        let is_it = |property: &&Property| property.name.as_ref() == Some(disk);
        let Some(disk) = self.world.fleet.properties(id).iter().find(is_it) else { return true };
        let (resource, stated) = (disk.resource, disk.with_instance);
        let facts = Facts { resource, ..*facts };
        let with_instance = self.goes_with(request, id, &facts, stated);
        let facts = Facts { with_instance, ..facts };
        let policy = self.world.policy_of(id);
        let answer = self.consult(request, policy, |t| &t.effects, &facts);
        answer.is_some_and(|answer| answer.says == Fate::Lost)
    }

    /// Whether a resource is deleted with its instance. If the fleet does not state it, the default
    /// of the policy applies; it is looked up only if it makes a difference.
    fn goes_with(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        stated: Option<bool>,
    ) -> YesNo {
        if let Some(stated) = stated {
            return YesNo::from(stated);
        }
        let policy = self.world.policy_of(id);
        let book = self.world.header.rulebook(policy);
        let fate =
            |with_instance| book.answer(&book.tables.effects, &Facts { with_instance, ..*facts });
        if fate(YesNo::Yes) == fate(YesNo::No) {
            return YesNo::Yes;
        }
        let Facts { billing, membership, resource, .. } = *facts;
        let default = Facts { billing, membership, resource, ..Facts::default() };
        self.consult(request, policy, |t| &t.defaults.with_instance, &default)
            .map_or(YesNo::Yes, |answer| answer.says)
    }

    /// Whether the action of a draft would lose a resource, or leave one that is still billed.
    pub(super) fn would_lose(&self, request: &RequestContext, draft: &Draft) -> bool {
        let book = self.world.header.rulebook(draft.policy);
        let takes = |facts: &Facts| {
            let row = book.tables.effects.decide(facts);
            row.is_some_and(|row| row.says != Fate::Kept)
        };
        self.resources_at_stake(request, draft).any(|facts| takes(&facts))
    }

    /// Whether the losses of a draft's action are known; if not, the run stops.
    pub(super) fn losses_are_known(&mut self, request: &RequestContext, draft: &Draft) -> bool {
        if draft.facts.unknown.is_empty() {
            return true;
        }
        let book = self.world.header.rulebook(draft.policy);
        let effects = &book.tables.effects;
        let mut at_stake = self.resources_at_stake(request, draft);
        let fault = at_stake.find_map(|facts| book.ask_all(effects, &facts).err());
        drop(at_stake);
        let Some(on) = fault else { return true };
        self.halt(request, Target::Instance(draft.id), draft.policy, on);
        false
    }

    /// The facts of each resource of an instance, for the action of a draft.
    fn resources_at_stake(
        &self,
        request: &RequestContext,
        draft: &Draft,
    ) -> impl Iterator<Item = Facts> {
        let book = self.world.header.rulebook(draft.policy);
        let mut facts = Facts { effect: draft.action.effect(), ..draft.facts };
        if request.payload.is_economical(draft.action) {
            let answer = book.answer(&book.tables.economical, &facts);
            facts.economical = answer.map_or(facts.economical, |answer| {
                YesNo::from(answer.says == EconomicalStop::Frees)
            });
        }
        let resources = self.world.fleet.properties(draft.id);
        let facts_of = move |of: &Property| {
            let default = || {
                let Facts { billing, membership, .. } = facts;
                let resource = of.resource;
                let default = Facts { billing, membership, resource, ..Facts::default() };
                let row = book.tables.defaults.with_instance.decide(&default);
                row.map_or(YesNo::Yes, |row| row.says)
            };
            let with_instance = of.with_instance.map_or_else(default, YesNo::from);
            Facts { resource: of.resource, with_instance, ..facts }
        };
        // A resource that belongs to a disk is lost only with it; a missing disk counts as lost.
        let goes_too = move |disk: &Arc<str>| {
            let disk = resources.iter().find(|property| property.name.as_ref() == Some(disk));
            disk.is_none_or(|disk| {
                let row = book.tables.effects.decide(&facts_of(disk));
                row.is_some_and(|row| row.says == Fate::Lost)
            })
        };
        let unlisted = Property::unlisted_system_disk(resources).map(|of| facts_of(&of));
        let listed = resources.iter().map(move |of| {
            let facts = facts_of(of);
            match &of.disk {
                Some(disk) if facts.with_instance == YesNo::Yes => {
                    Facts { with_instance: YesNo::from(goes_too(disk)), ..facts }
                }
                _ => facts,
            }
        });
        listed.chain(unlisted)
    }
}

/// Whether the resources that an instance keeps stay attached to it: it is shut down, not released
/// or reimaged.
const fn stays_attached(effect: Effect) -> bool {
    matches!(effect, Effect::Stopped | Effect::Reclaimed | Effect::Deallocated)
}
