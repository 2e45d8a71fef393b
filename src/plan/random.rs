//! Random sources of events with every name resolved.

use super::events::Event;
use super::targets::{EventTargets, Targets};
use crate::format::{SpanDistribution, UnsignedDecimal};
use crate::time::SimTime;
use crate::words::{AccountId, EventId, GroupId};

/// A random source of events.
#[derive(Debug, Clone)]
pub struct RandomSource {
    /// The name of the source and of its random streams.
    pub name: Box<str>,
    /// The id of the event that occurs.
    pub event: EventId,
    /// The gaps between its occurrences.
    pub every: SpanDistribution,
    /// The start of the first gap.
    pub from: SimTime,
    /// The last instant at which it can occur.
    pub until: SimTime,
    /// Largest number of occurrences; `None` if there is no limit.
    pub at_most: Option<u32>,
    /// The alternatives, of which each occurrence draws one.
    pub alternatives: Vec<Alternative>,
    /// The follow-up events of an occurrence.
    pub then: Vec<FollowUp>,
}

/// One of the alternatives of a source.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// The weight; probabilities are in proportion to weights.
    pub weight: u32,
    /// The event. Its targets are replaced by the drawn ones.
    pub event: Event,
    /// The possible targets.
    pub among: Among,
    /// Whether its times are relative to the occurrence.
    pub is_relative: bool,
}

/// The possible targets of an alternative; empty for a kind that it does not have.
#[derive(Debug, Clone, Default)]
pub struct Among {
    /// The instances.
    pub instances: Option<Targets>,
    /// Whether one request is about all instances, instead of a drawn one.
    pub all: bool,
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The groups.
    pub groups: Vec<GroupId>,
}

/// A follow-up event of an occurrence.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// The delay after the occurrence.
    pub after: SpanDistribution,
    /// The probability, at most 1.
    pub probability: UnsignedDecimal,
    /// The event.
    pub event: Event,
    /// Which of its targets are those of the occurrence.
    pub same: Same,
    /// Whether its times are relative to the follow-up event.
    pub is_relative: bool,
}

/// Which targets of a follow-up event are those of the occurrence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Same {
    /// The instances.
    pub instances: bool,
    /// The account of the occurrence, or of its instance or group.
    pub account: bool,
    /// The group.
    pub group: bool,
}

impl Same {
    /// The targets of an occurrence that the follow-up event has too.
    pub fn of(self, targets: &EventTargets) -> EventTargets {
        EventTargets {
            caller: None,
            instances: targets.instances.filter(|_| self.instances),
            account: targets.account.filter(|_| self.account),
            group: targets.group.filter(|_| self.group),
            later: targets.later,
        }
    }
}
