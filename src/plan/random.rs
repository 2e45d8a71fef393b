//! Sources of random events, with every name resolved.

pub(super) use super::distribution::{Law, Tables, Thousandths};
use super::events::Event;
use super::targets::{EventTargets, Targets};
use crate::time::SimTime;
use crate::words::{AccountId, EventId, GroupId, words};

words! {
    /// Whom a random event is about, of those that its selector selects.
    Pick: "one of `one` and `all`" {
        /// One of them, each as likely as any other.
        One = "one",
        /// All of them, in one request.
        All = "all",
    }
}

/// A random source of events.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, and that of its streams.
    pub name: Box<str>,
    /// The event that its occurrences are of.
    pub event: EventId,
    /// The gaps between its occurrences.
    pub every: Law,
    /// When the first gap begins.
    pub from: SimTime,
    /// The last instant at which it can occur.
    pub until: SimTime,
    /// How often it occurs at most.
    pub at_most: Option<u32>,
    /// What it does: one of these.
    pub alternatives: Vec<Alternative>,
    /// What follows an occurrence.
    pub then: Vec<FollowUp>,
}

/// One of the actions of a source.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// How likely it is, beside the others.
    pub weight: u32,
    /// What it asks; the targets are those among which is drawn.
    pub order: Event,
    /// Whom it may be about.
    pub among: Among,
    /// Whether its times are counted from the occurrence.
    pub is_relative: bool,
}

/// The possible targets of an alternative. An empty list: it has no target of that kind.
#[derive(Debug, Clone, Default)]
pub struct Among {
    /// Instances.
    pub instances: Option<Targets>,
    /// Whether it is about all of them at once.
    pub all: bool,
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Groups.
    pub groups: Vec<GroupId>,
}

/// What follows an occurrence.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// How long after the occurrence.
    pub after: Law,
    /// How likely it is.
    pub probability: Thousandths,
    /// What it asks.
    pub order: Event,
    /// What of its target is the occurrence's.
    pub same: Same,
    /// Whether its times are counted from when it happens.
    pub is_relative: bool,
}

/// What of a target is the one that the occurrence was about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Same {
    /// The instances.
    pub instances: bool,
    /// The account: of the occurrence, or of its instance or group.
    pub account: bool,
    /// The group.
    pub group: bool,
}

impl Same {
    /// That of an occurrence's aim which is meant.
    pub fn of(self, aim: &EventTargets) -> EventTargets {
        EventTargets {
            instances: aim.instances.filter(|_| self.instances),
            account: aim.account.filter(|_| self.account),
            group: aim.group.filter(|_| self.group),
            later: aim.later,
        }
    }
}
