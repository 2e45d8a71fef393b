//! Scale-in: the choice of members, one at a time, and the result if too few may leave.

use crate::fleet::{Choice, Spread, Walk, numbers};
use crate::plan::order;
use crate::policy::{Answer, Basis, Facts};
use crate::record::{DecidedBy, Target};
use crate::words::{
    Action, Criterion, DecidingFactor, Extreme, GroupId, Initiator, InstanceId, NameForm,
    Numbering, Outcome, Shortfall, TieBreak, Trigger, Word as _, ZoneHeld, ZoneRule,
};
use crate::world::draft::{Draft, Resolution, resolve_alone};
use crate::world::request::{Call, Item, RequestContext, Tally, count};
use crate::world::step::Step;

impl Step<'_> {
    pub(in crate::world) fn scale_in(&mut self, call: Call, o: order::ScaleIn) {
        let request = RequestContext::call(call, Action::ScaleIn, Target::Group(o.group));
        let mut request = request.as_cause(Trigger::ScaleIn);
        request.facts.initiator = o.initiator.unwrap_or(Initiator::User);
        self.shrink(&request, Action::ScaleIn, o.group, o.remove.get());
    }

    /// Removes members from a group, limited as the policy states for its minimum. `asked` is the
    /// action that the request names.
    pub(in crate::world) fn shrink(
        &mut self,
        request: &RequestContext,
        asked: Action,
        group: GroupId,
        remove: u32,
    ) {
        let open = self.open(request, true);
        if let Err(why) = self.group_refusal(request, group) {
            return self.refuse(open, remove, why);
        }
        let extent = match self.extent_of_shrinking(request, asked, group, remove) {
            Ok(extent) => extent,
            Err(why) => return self.refuse(open, remove, why),
        };
        let to = self.world.fleet.group(group).size() - extent.by;
        let Some(drafts) = self.choose(request, group, extent.by) else {
            return self.close(open, Tally::default());
        };
        let going = count(drafts.iter().filter(|draft| draft.goes()).count());
        let short = going < extent.by;
        let spare = if short { self.shortfall(request, group) } else { None };
        let mut tally = Tally::default();
        for mut draft in drafts {
            if let (true, Some(bound)) = (draft.goes(), extent.bound) {
                draft.basis = draft.basis.union(bound.basis);
            }
            let resolution = match spare {
                Some(resolution) if draft.goes() => resolution,
                _ => resolve_alone(request, &draft),
            };
            self.carry_out(request, open.seq, draft, resolution, &mut tally);
        }
        if spare.is_none() && self.sets_desired(asked, group) {
            let desired = if short { self.desired_after(request, group, to) } else { to };
            self.world.fleet.group_mut(group).desired = Some(desired);
        }
        // If protections allow fewer removals than the bound, they are the reason.
        let refusal =
            if short { tally.refusal.or(extent.limit) } else { extent.limit.or(tally.refusal) };
        self.close(open, Tally { wanted: remove, refusal, ..tally });
    }

    /// Drafts for members in the scale-in order of the group, until `wanted` of them may leave.
    /// Held members are passed over, and their drafts are included. `None` if the run stops.
    fn choose(
        &mut self,
        request: &RequestContext,
        group: GroupId,
        wanted: u32,
    ) -> Option<Vec<Draft>> {
        let (mut walk, rests_on) = self.walk(request, group);
        let mut drafts = Vec::new();
        let mut going = 0;
        let mut tied = false;
        while going < wanted {
            let Some(offer) = walk.next() else { break };
            if offer.past_a_zone && self.zone_held(request, group) == ZoneHeld::Stops {
                break;
            }
            tied |= offer.tied;
            let mut draft = self.draft_alone(request, Item::of_member(offer.member))?;
            if draft.goes() {
                going += 1;
                walk.goes();
                // The choice of this member rests on the order.
                draft.basis = draft.basis.union(rests_on);
            }
            drafts.push(draft);
        }
        if tied {
            let facts = self.group_facts(request, group);
            self.consult(request, self.world.policy_of_group(group), |t| &t.ties, &facts);
            // Ties are broken by names, which compare as their numbering states.
            self.numbering(request, &facts, group, true);
        }
        Some(drafts)
    }

    /// The numbering of members for each form of names, and its basis. The basis is empty unless
    /// the order is by number or `tied` members are ordered by name.
    fn numbering(
        &mut self,
        request: &RequestContext,
        facts: &Facts,
        group: GroupId,
        tied: bool,
    ) -> ([Numbering; 2], Basis) {
        let policy = self.world.policy_of_group(group);
        let members = &self.world.fleet.group(group).members;
        let names = &self.world.header.instances;
        let has = |form| members.iter().any(|id| numbers::form(names.at(id.index())) == form);
        let forms = [NameForm::Padded, NameForm::Plain].map(|form| has(form).then_some(form));
        let book = self.world.header.rulebook(policy);
        let mut orders = self.world.fleet.group(group).orders.iter();
        let by_number = tied || orders.any(|at| book.policy.orders[*at].by == Criterion::Number);
        let mut basis = Basis::NONE;
        let numbering = forms.map(|form| {
            let facts = Facts { name_form: form?, ..*facts };
            let answer = if by_number {
                self.consult(request, policy, |t| &t.numbers, &facts)
            } else {
                let book = self.world.header.rulebook(policy);
                book.ask(&book.tables.numbers, &facts)
            }?;
            if by_number {
                basis = basis.union(answer.basis);
            }
            Some(answer.says)
        });
        (numbering.map(|says| says.unwrap_or(Numbering::None)), basis)
    }

    /// The members of a group in their scale-in order, and the basis of that order.
    pub(in crate::world) fn walk(
        &mut self,
        request: &RequestContext,
        group: GroupId,
    ) -> (Walk, Basis) {
        let facts = self.group_facts(request, group);
        let policy = self.world.policy_of_group(group);
        let members = self.standing(group);
        let zone = |id: &InstanceId| self.world.fleet.instance(*id).zone;
        let mut zones = members.iter().map(zone);
        let first = zones.next();
        // With a single zone, all rules on zones give the same order.
        let spread = zones.any(|zone| Some(zone) != first);
        let rule = if spread { self.consult(request, policy, |t| &t.zones, &facts) } else { None };
        let (numbering, rests_on) = self.numbering(request, &facts, group, false);
        let numbering = |name: &str| numbering[usize::from(numbers::form(name).index())];
        let book = self.world.header.rulebook(policy);
        let draws =
            book.ask(&book.tables.ties, &facts).is_some_and(|tie| tie.says == TieBreak::AtRandom);
        let mut stream = draws.then(|| {
            let name = format!("scale-in-ties/{}", self.world.header.group(group));
            let fresh = || self.world.streams.named(&name);
            self.world.ties.entry(group).or_insert_with(fresh)
        });
        let state = self.world.fleet.group(group);
        let orders: Vec<_> = state.orders.iter().map(|at| &book.policy.orders[*at]).collect();
        let names = &self.world.header.instances;
        let counted = |name| (numbers::parts(name, numbering(name)), name);
        let mut by_name: Vec<_> = (members.iter().enumerate())
            .map(|(at, id)| (counted(names.at(id.index())), at))
            .collect();
        by_name.sort_unstable();
        let mut indices = vec![0; members.len()];
        for (index, (_, at)) in by_name.into_iter().enumerate() {
            indices[at] = count(index);
        }
        let choices = members.iter().zip(indices).map(|(id, name)| {
            let instance = self.world.fleet.instance(*id);
            let rank = orders.iter().map(|order| {
                let key = match order.by {
                    Criterion::Joined => instance.joined.seconds(),
                    Criterion::Created => instance.created.seconds(),
                    Criterion::Configuration => i64::from(instance.configuration),
                    Criterion::Number => {
                        let name = names.at(id.index());
                        match numbering(name) {
                            Numbering::Age => -instance.created.seconds(),
                            numbering @ (Numbering::Decimal
                            | Numbering::Base36
                            | Numbering::None) => numbers::parts(name, numbering).1,
                        }
                    }
                };
                match order.first {
                    Extreme::Lowest => key,
                    Extreme::Highest => -key,
                }
            });
            Choice {
                rank: rank.collect(),
                draw: stream.as_mut().map_or(0, rand::Rng::next_u64),
                name,
                member: *id,
                zone: instance.zone,
                fault_domain: instance.fault_domain,
            }
        });
        let spread = Spread {
            rule: rule.map_or(ZoneRule::Ignored, |rule| rule.says),
            listed: &state.zones,
            fault_domains: orders.iter().any(|order| order.fault_domains),
        };
        (Walk::new(choices.collect(), spread), rests_on)
    }

    /// The policy's answer if no member of the fullest zone may leave.
    fn zone_held(&mut self, request: &RequestContext, group: GroupId) -> ZoneHeld {
        let facts = self.group_facts(request, group);
        let answer =
            self.consult(request, self.world.policy_of_group(group), |t| &t.zone_held, &facts);
        answer.map_or(ZoneHeld::NextZone, |answer| answer.says)
    }

    /// The decision about members that may leave if too few of them may; `None` if they leave.
    fn shortfall(&mut self, request: &RequestContext, group: GroupId) -> Option<Resolution> {
        let facts = self.group_facts(request, group);
        let policy = self.world.policy_of_group(group);
        let Answer { says, rule, basis } =
            self.consult(request, policy, |t| &t.shortfall, &facts)?;
        match says {
            Shortfall::Partial => None,
            Shortfall::Refused => Some(Resolution {
                outcome: Outcome::Spared,
                decided_by: DecidedBy::Other(DecidingFactor::Neighbour),
                rule: Some(rule),
                basis,
            }),
        }
    }

    /// Handles `balance-zones`: creates a member in the zone with the fewest members, and then
    /// removes one from the zone with the most.
    pub(in crate::world) fn balance_zones(&mut self, call: Call, group: GroupId) {
        let request = RequestContext::call(call, Action::ScaleIn, Target::Group(group));
        let request = request.as_cause(Trigger::ZoneBalance);
        let open = self.open(&request, true);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, 1, why);
        }
        let sizes = self.zone_sizes(group);
        let most = sizes.iter().map(|(_, size)| *size).max().unwrap_or(0);
        let least = sizes.iter().map(|(_, size)| *size).min().unwrap_or(0);
        let mut tally = Tally::default();
        if most > least + 1 {
            let fullest: Vec<_> =
                sizes.iter().filter(|(_, size)| *size == most).map(|(zone, _)| *zone).collect();
            let (walk, rests_on) = self.walk(&request, group);
            let of_fullest: Vec<InstanceId> = walk
                .map(|offer| offer.member)
                .filter(|id| {
                    let zone = self.world.fleet.instance(*id).zone;
                    zone.is_some_and(|zone| fullest.contains(&zone))
                })
                .collect();
            for id in of_fullest {
                let Some(mut draft) = self.draft_alone(&request, Item::of_member(id)) else {
                    break;
                };
                let goes = draft.goes();
                if goes {
                    draft.basis = draft.basis.union(rests_on);
                    self.grow_by(&request, open.seq, group, 1);
                }
                let resolution = resolve_alone(&request, &draft);
                self.carry_out(&request, open.seq, draft, resolution, &mut tally);
                if goes {
                    break;
                }
            }
            tally.wanted = 1;
        }
        self.close(open, tally);
    }
}
