//! Scale-in: the choice of members, one at a time, and the result if too few may leave.

use crate::fleet::{MemberOrder, Offer, Queues, Spread, Walk};
use crate::plan::verb;
use crate::policy::{Answer, Basis, Facts};
use crate::record::{DecidedBy, Target};
use crate::words::{
    Action, BoundFate, Criterion, DecidingFactor, GroupId, Initiator, InstanceId, Lifecycle,
    LimitedBy, NameForm, Names, Numbering, Outcome, PendingFate, Shortfall, TieBreak, Trigger,
    ZoneHeld, ZoneId, ZoneRule,
};
use crate::world::draft::{Draft, Resolution, resolve_alone};
use crate::world::group::ranking::Ranking;
use crate::world::request::{Call, RequestContext, RequestItem, RequestTally, count};
use crate::world::step::Step;

/// The members of a group in their scale-in order, for one request.
struct ScaleInCandidates {
    walk: Walk,
    queues: Queues,
    ranking: Ranking,
    /// Whether the order is drawn for this request.
    drawn: bool,
    /// Basis of the order.
    rests_on: Basis,
}

impl ScaleInCandidates {
    fn next(&mut self, names: &Names) -> Option<Offer> {
        self.walk.next(&self.queues, names)
    }
}

impl Step<'_> {
    pub(in crate::world) fn scale_in(&mut self, call: Call, event: verb::ScaleIn) {
        let request = RequestContext::call(call, Action::ScaleIn, Target::Group(event.group));
        let mut request = request.as_cause(Trigger::ScaleIn);
        request.facts.initiator = event.initiator.unwrap_or(Initiator::User);
        self.shrink(&request, Action::ScaleIn, event.group, event.remove.get());
    }

    /// Removes members from a group, limited as the policy states for its minimum. `requested` is
    /// the action that the request names.
    pub(in crate::world) fn shrink(
        &mut self,
        request: &RequestContext,
        requested: Action,
        group: GroupId,
        remove: u32,
    ) {
        let open = self.open_judged(request);
        if let Err(why) = self.group_refusal(request, group) {
            return self.refuse(open, remove, why);
        }
        let extent = match self.extent_of_shrinking(request, requested, group, remove) {
            Ok(extent) => extent,
            Err(why) => return self.refuse_at_bound(open, remove, why),
        };
        let to = self.world.fleet.group(group).size() - extent.by;
        let Some(drafts) = self.choose(request, group, extent.by, None) else {
            return self.close(open, RequestTally::default());
        };
        let going = count(drafts.iter().filter(|draft| draft.goes()).count());
        let short = going < extent.by;
        let spare = if short { self.shortfall(request, group) } else { None };
        let mut tally = RequestTally::default();
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
        if spare.is_none() && self.sets_desired(requested, group) {
            let desired = if short { self.desired_after(request, group, to) } else { to };
            self.world.fleet.group_mut(group).desired = Some(desired);
        }
        // If protections allow fewer removals than the bound, they are the reason.
        let refusal =
            if short { tally.refusal.or(extent.limit) } else { extent.limit.or(tally.refusal) };
        let bound = extent.bound.filter(|bound| bound.says == BoundFate::Clipped);
        let limited_by = match (tally.limited_by, bound) {
            (Some(held), _) if short => held,
            (_, Some(_)) if !short => LimitedBy::Bound,
            _ => LimitedBy::NoCandidate,
        };
        let limited_by = Some(limited_by);
        self.close(open, RequestTally { wanted: remove, refusal, limited_by, ..tally });
    }

    /// Drafts for members in the scale-in order of the group, until `wanted` of them may leave.
    /// Held members are skipped, and their drafts are included. `only`: members of other zones are
    /// not offered. `None` if the run stops.
    fn choose(
        &mut self,
        request: &RequestContext,
        group: GroupId,
        wanted: u32,
        only: Option<&[ZoneId]>,
    ) -> Option<Vec<Draft>> {
        let mut candidates = self.scale_in_order(request, group);
        let mut drafts = Vec::new();
        let mut going = 0;
        let mut tied = false;
        while going < wanted {
            let Some(offer) = candidates.next(&self.world.header.instances) else { break };
            if let Some(zones) = only {
                let zone = self.world.fleet.instance(offer.member).zone;
                if !zone.is_some_and(|zone| zones.contains(&zone)) {
                    continue;
                }
            } else if offer.past_a_zone && self.zone_held(request, group) == ZoneHeld::Stops {
                break;
            }
            if let Some(answer) = self.pending(request, offer.member) {
                candidates.rests_on = candidates.rests_on.union(answer.basis);
                if answer.says == PendingFate::Skipped {
                    continue;
                }
            }
            tied |= offer.tied;
            let mut draft = self.draft_alone(request, RequestItem::of_member(offer.member))?;
            if draft.goes() {
                going += 1;
                candidates.walk.remove_last(&candidates.queues, &self.world.header.instances);
                // The choice of this member depends on the order.
                draft.basis = draft.basis.union(candidates.rests_on);
            }
            drafts.push(draft);
        }
        if tied {
            let facts = self.group_facts(request, group);
            self.consult(request, self.world.policy_of_group(group), |t| &t.ties, &facts);
            // Ties are broken by names, which compare as their numbering states.
            self.numbering(request, &facts, group, &candidates.ranking, true);
        }
        self.keep(group, candidates);
        Some(drafts)
    }

    /// The policy's answer for a member that has not gone into service yet; `None` for any other.
    fn pending(&mut self, request: &RequestContext, id: InstanceId) -> Option<Answer<PendingFate>> {
        let instance = self.world.fleet.instance(id);
        let group = instance.group.filter(|_| instance.state == Lifecycle::Pending)?;
        let facts = self.group_facts(request, group);
        self.consult(request, self.world.policy_of_group(group), |t| &t.pending, &facts)
    }

    /// The numbering of members for each form of names, and its basis. The basis is empty unless
    /// the order is by number or `tied` members are ordered by name.
    fn numbering(
        &mut self,
        request: &RequestContext,
        facts: &Facts,
        group: GroupId,
        ranking: &Ranking,
        tied: bool,
    ) -> ([Numbering; 2], Basis) {
        let policy = self.world.policy_of_group(group);
        let forms = [NameForm::Padded, NameForm::Plain].map(|f| ranking.has(f).then_some(f));
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
                book.answer(&book.tables.numbers, &facts)
            }?;
            if by_number {
                basis = basis.union(answer.basis);
            }
            Some(answer.says)
        });
        (numbering.map(|says| says.unwrap_or(Numbering::None)), basis)
    }

    /// The members of a group in their scale-in order. [`Self::keep`] keeps the order for
    /// the next request.
    fn scale_in_order(&mut self, request: &RequestContext, group: GroupId) -> ScaleInCandidates {
        let facts = self.group_facts(request, group);
        let policy = self.world.policy_of_group(group);
        let kept = self.world.rankings.remove(&group);
        let names = &self.world.header.instances;
        let mut ranking = Ranking::of(kept, &mut self.world.fleet, names, group);
        // With a single zone, all rules on zones give the same order.
        let rule = if ranking.is_one_zone() {
            None
        } else {
            self.consult(request, policy, |t| &t.zones, &facts)
        };
        let (numbering, rests_on) = self.numbering(request, &facts, group, &ranking, false);
        let book = self.world.header.rulebook(policy);
        let state = self.world.fleet.group(group);
        let orders: Vec<_> = state.orders.iter().map(|at| &book.policy.orders[*at]).collect();
        let order = MemberOrder {
            by: orders.iter().map(|order| (order.by, order.first)).collect(),
            numbering,
        };
        let drawn = book
            .answer(&book.tables.ties, &facts)
            .is_some_and(|tie| tie.says == TieBreak::AtRandom);
        let names = &self.world.header.instances;
        let queues = if drawn {
            let name = format!("scale-in-ties/{}", self.world.header.group(group));
            let fresh = || self.world.streams.named(&name);
            let stream = self.world.ties.entry(group).or_insert_with(fresh);
            ranking.with_draws(order, names, || rand::Rng::next_u64(stream))
        } else {
            ranking.in_order(order, names)
        };
        let spread = Spread {
            rule: rule.map_or(ZoneRule::Ignored, |rule| rule.says),
            listed: &state.zones,
            fault_domains: orders.iter().any(|order| order.fault_domains),
        };
        ScaleInCandidates {
            walk: Walk::new(&queues, spread, names),
            queues,
            ranking,
            drawn,
            rests_on,
        }
    }

    /// Keeps the order of a group for the next request, unless another has been kept meanwhile.
    fn keep(&mut self, group: GroupId, candidates: ScaleInCandidates) {
        let mut ranking = candidates.ranking;
        if !candidates.drawn {
            ranking.put_back(candidates.queues);
        }
        self.world.rankings.entry(group).or_insert(ranking);
    }

    /// The policy's answer if no member of the fullest zone may leave.
    fn zone_held(&mut self, request: &RequestContext, group: GroupId) -> ZoneHeld {
        let facts = self.group_facts(request, group);
        let answer =
            self.consult(request, self.world.policy_of_group(group), |t| &t.zone_held, &facts);
        answer.map_or(ZoneHeld::NextZone, |answer| answer.says)
    }

    /// The decision about the members that may leave, if they are too few. `None` if they leave
    /// nevertheless.
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
        let open = self.open_judged(&request);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, 1, why);
        }
        let sizes = self.zone_sizes(group);
        let all = || sizes.open.iter().chain(&sizes.others);
        let most = all().map(|(_, size)| *size).max().unwrap_or(0);
        let least = sizes.open.iter().map(|(_, size)| *size).min().unwrap_or(0);
        let mut tally = RequestTally::default();
        if most > least + 1 {
            let fullest: Vec<_> =
                all().filter(|(_, size)| *size == most).map(|(zone, _)| *zone).collect();
            let Some(drafts) = self.choose(&request, group, 1, Some(&fullest)) else {
                return self.close(open, tally);
            };
            for draft in drafts {
                if draft.goes() && self.grow_by(&request, open.seq, group, 1) == 0 {
                    break;
                }
                let resolution = resolve_alone(&request, &draft);
                self.carry_out(&request, open.seq, draft, resolution, &mut tally);
            }
            tally.wanted = 1;
        }
        self.close(open, tally);
    }
}
