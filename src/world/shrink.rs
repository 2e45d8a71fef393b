//! Groups that shrink: which members go, one at a time, and what happens if too few may.

use super::Step;
use super::apply::count;
use super::ask::{Ask, Call, Tally};
use super::decide::{Draft, Fate, Word, alone};
use crate::fleet::{Choice, Spread, Walk};
use crate::policy::Answer;
use crate::record::{DecidedBy, Target};
use crate::scenario::order;
use crate::vocab::{
    Action, Criterion, Extreme, GroupId, Initiator, InstanceId, LastWord, Outcome, Shortfall,
    TieBreak, Trigger, ZoneHeld, ZoneRule,
};

impl Step<'_> {
    pub(super) fn scale_in(&mut self, call: Call, o: order::ScaleIn) {
        let ask = Ask::call(call, Action::ScaleIn, Target::Group(o.group));
        let mut ask = ask.as_cause(Trigger::ScaleIn);
        ask.facts.initiator = o.initiator.unwrap_or(Initiator::User);
        self.shrink(&ask, o.group, o.remove.get());
    }

    /// Has a group lose so many members. A request that would cross the minimum is
    /// clipped to it.
    pub(super) fn shrink(&mut self, ask: &Ask, group: GroupId, remove: u32) {
        let open = self.open(ask, true);
        if let Err(why) = self.group_refusal(ask, group) {
            return self.refuse(open, remove, why);
        }
        let size = self.world.fleet.group(group).size();
        let wanted = remove.min(size.saturating_sub(self.world.fleet.group(group).min));
        let Some(drafts) = self.choose(ask, group, wanted) else {
            return self.close(open, Tally::default());
        };
        let going = count(drafts.iter().filter(|draft| draft.fate == Fate::Goes).count());
        let spare = if going < wanted { self.shortfall(ask, group) } else { None };
        let mut tally = Tally::default();
        for draft in &drafts {
            let word = match (&spare, draft.fate) {
                (Some(word), Fate::Goes) => *word,
                _ => alone(ask, draft),
            };
            self.carry_out(ask, open.seq, draft, word, &mut tally);
        }
        self.has_scaled(group, tally.got);
        self.close(open, Tally { wanted: remove, ..tally });
    }

    /// Walks the group's order until as many may go as are wanted. Whoever the
    /// order names and a protection holds is passed over, and told.
    fn choose(&mut self, ask: &Ask, group: GroupId, wanted: u32) -> Option<Vec<Draft>> {
        let mut walk = self.walk(ask, group);
        let mut drafts = Vec::new();
        let mut going = 0;
        let mut tied = false;
        while going < wanted {
            let Some(offer) = walk.next() else { break };
            if offer.past_a_zone && self.zone_held(ask, group) == ZoneHeld::Stops {
                break;
            }
            tied |= offer.tied;
            let item = self.asks_of(ask, offer.member);
            let draft = self.draft(ask, item)?;
            if draft.fate == Fate::Goes {
                going += 1;
                walk.goes();
            }
            drafts.push(draft);
        }
        if tied {
            self.consult(
                self.world.policy_of_group(group),
                |t| &t.ties,
                &self.group_facts(ask, group),
            );
        }
        Some(drafts)
    }

    /// A walk over the members of a group in the order in which they go.
    pub(super) fn walk(&mut self, ask: &Ask, group: GroupId) -> Walk {
        let facts = self.group_facts(ask, group);
        let policy = self.world.policy_of_group(group);
        let members = self.standing(group);
        let zone = |id: &InstanceId| self.world.fleet.instance(*id).zone;
        let mut zones = members.iter().map(zone);
        let first = zones.next();
        // In one zone every rule on zones gives the same order.
        let spread = zones.any(|zone| Some(zone) != first);
        let rule = if spread { self.consult(policy, |t| &t.zones, &facts) } else { None };
        let book = self.world.legend.rulebook(policy);
        let draws =
            book.ask(&book.tables.ties, &facts).is_some_and(|tie| tie.says == TieBreak::AtRandom);
        let mut stream = if draws {
            let name = format!("scale-in-ties/{}", self.world.legend.group(group));
            let fresh = || self.world.streams.named(&name);
            Some(self.world.ties.entry(group).or_insert_with(fresh))
        } else {
            None
        };
        let state = self.world.fleet.group(group);
        let orders: Vec<_> = state.orders.iter().map(|at| &book.policy.orders[*at]).collect();
        let names = &self.world.legend.instances;
        let mut by_name: Vec<usize> = (0..members.len()).collect();
        by_name.sort_unstable_by_key(|at| names.at(members[*at].index()));
        let mut places = vec![0; members.len()];
        for (place, at) in by_name.into_iter().enumerate() {
            places[at] = count(place);
        }
        let choices = members.iter().zip(places).map(|(id, name)| {
            let instance = self.world.fleet.instance(*id);
            let rank = orders.iter().map(|order| {
                let key = match order.by {
                    Criterion::Joined => instance.joined.seconds(),
                    Criterion::Created => instance.created.seconds(),
                    Criterion::Configuration => i64::from(instance.configuration),
                    Criterion::Number => number_at_end(names.at(id.index())),
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
        Walk::new(choices.collect(), spread)
    }

    /// What happens when nobody of the fullest zone may go.
    fn zone_held(&mut self, ask: &Ask, group: GroupId) -> ZoneHeld {
        let facts = self.group_facts(ask, group);
        let answer = self.consult(self.world.policy_of_group(group), |t| &t.zone_held, &facts);
        answer.map_or(ZoneHeld::NextZone, |answer| answer.says)
    }

    /// What becomes of those who might go when too few may: `None` if they go.
    fn shortfall(&mut self, ask: &Ask, group: GroupId) -> Option<Word> {
        let facts = self.group_facts(ask, group);
        let policy = self.world.policy_of_group(group);
        let Answer { says, rule, basis } = self.consult(policy, |t| &t.shortfall, &facts)?;
        match says {
            Shortfall::Partial => None,
            Shortfall::Refused => Some(Word {
                outcome: Outcome::Spared,
                decided_by: DecidedBy::Other(LastWord::Neighbour),
                rule: Some(rule),
                basis,
            }),
        }
    }

    /// Even out the zones: one member of the fullest goes, once another has come in the
    /// emptiest.
    pub(super) fn balance_zones(&mut self, call: Call, group: GroupId) {
        let ask = Ask::call(call, Action::ScaleIn, Target::Group(group));
        let ask = ask.as_cause(Trigger::ZoneBalance);
        let open = self.open(&ask, true);
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, 1, why);
        }
        let sizes = self.zone_sizes(group);
        let most = sizes.iter().map(|(_, size)| *size).max().unwrap_or(0);
        let least = sizes.iter().map(|(_, size)| *size).min().unwrap_or(0);
        let mut tally = Tally::default();
        if most > least + 1 {
            let fullest: Vec<_> =
                sizes.iter().filter(|(_, size)| *size == most).map(|(zone, _)| *zone).collect();
            let walk = self.walk(&ask, group);
            let of_fullest: Vec<InstanceId> = walk
                .map(|offer| offer.member)
                .filter(|id| {
                    let zone = self.world.fleet.instance(*id).zone;
                    zone.is_some_and(|zone| fullest.contains(&zone))
                })
                .collect();
            for id in of_fullest {
                let item = self.asks_of(&ask, id);
                let Some(draft) = self.draft(&ask, item) else { break };
                let goes = draft.fate == Fate::Goes;
                if goes {
                    self.grow_by(&ask, open.seq, group, 1);
                }
                self.carry_out(&ask, open.seq, &draft, alone(&ask, &draft), &mut tally);
                if goes {
                    break;
                }
            }
            tally.wanted = 1;
        }
        self.close(open, tally);
    }
}

/// The number at the end of a name; lower than any number, if it ends in none.
fn number_at_end(name: &str) -> i64 {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    name[name.len() - digits..].parse().unwrap_or(-1)
}
