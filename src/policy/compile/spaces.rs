//! The cells that the rules of a table have to cover: restrictions of columns to some words.
//!
//! A restriction counts only for a table whose rules test the column. All other columns have every
//! word.

use super::compiler::Compiler;
use crate::format::{Node, Value};
use crate::policy::facts::Column;
use crate::policy::file::PolicyFile;
use crate::words::{
    Action, Capacity, Channel, ClockAction, ClockKind, Effect, Lifecycle, Membership, Trigger,
    Upgrade, Word,
};

/// Columns, each with the words to which it is restricted.
pub(super) type Restrictions = Vec<(Column, Vec<u8>)>;

impl Compiler<'_> {
    /// The words of a column in the decision space; none if it has no such column.
    pub(super) fn words_in_space(&self, column: Column) -> Vec<u8> {
        let found = self.columns.iter().find(|(known, _)| *known == column);
        found.map(|(_, words)| words.clone()).unwrap_or_default()
    }

    /// Every cell.
    #[expect(clippy::unused_self, reason = "each space is a method")]
    pub(super) const fn unrestricted(&self, _: &PolicyFile) -> Restrictions {
        Vec::new()
    }

    /// The triggers of the decision space.
    pub(super) fn triggers(&self, _: &PolicyFile) -> Restrictions {
        vec![(Column::Trigger, self.words_in_space(Column::Trigger))]
    }

    /// The requests of a group about its members.
    pub(super) fn group_requests(&self, _: &PolicyFile) -> Restrictions {
        let mut triggers = self.words_in_space(Column::Trigger);
        triggers.retain(|word| Trigger::ALL[usize::from(*word)].is_from_group());
        let mut members = self.words_in_space(Column::Membership);
        members.retain(|word| *word != Membership::None.index());
        vec![(Column::Trigger, triggers), (Column::Membership, members)]
    }

    /// The channels of a call. A call with an unknown channel is evaluated for each of them.
    #[expect(clippy::unused_self, reason = "each space is a method")]
    pub(super) fn calls(&self, _: &PolicyFile) -> Restrictions {
        let channels = Channel::ALL.iter().filter(|channel| **channel != Channel::None);
        vec![(Column::Channel, channels.map(|channel| channel.index()).collect())]
    }

    /// The upgrades that a new model causes.
    pub(super) fn model_upgrades(&self, _: &PolicyFile) -> Restrictions {
        let mut upgrades = self.words_in_space(Column::Upgrade);
        upgrades.retain(|word| *word != Upgrade::OsImage.index());
        vec![(Column::Upgrade, upgrades)]
    }

    /// The requests that can take a group across a bound, and the bounds.
    #[expect(clippy::unused_self, reason = "each space is a method")]
    pub(super) fn crossings(&self, _: &PolicyFile) -> Restrictions {
        let requests = [Action::ScaleIn, Action::ScaleOut, Action::SetCapacity];
        let bounds = [Capacity::BelowMin, Capacity::AboveMax];
        vec![
            (Column::Action, requests.map(Word::index).to_vec()),
            (Column::Capacity, bounds.map(Word::index).to_vec()),
        ]
    }

    /// The states into which the clock of an account can bring an instance.
    #[expect(clippy::unused_self, reason = "each space is a method")]
    pub(super) fn stopped_by_clocks(&self, file: &PolicyFile) -> Restrictions {
        let of_accounts = [ClockKind::PaymentOverdue, ClockKind::Cancellation];
        let clocks = file.clocks.0.iter().filter(|(name, _)| {
            ClockKind::spelled(name).is_some_and(|kind| of_accounts.contains(&kind))
        });
        let actions = clocks.flat_map(|(_, steps)| &steps.0).filter_map(|step| step.get("action"));
        let mut states: Vec<u8> = actions
            .filter_map(|action| match ClockAction::spelled(action.scalar()?)? {
                ClockAction::Stop => Some(Lifecycle::Stopped.index()),
                ClockAction::Reclaim => Some(Lifecycle::Reclaimed.index()),
                ClockAction::Deallocate => Some(Lifecycle::Deallocated.index()),
                ClockAction::Release | ClockAction::Renew | ClockAction::SuspendSnapshots => None,
            })
            .collect();
        states.sort_unstable();
        states.dedup();
        vec![(Column::State, states)]
    }

    /// The effects that at least one rule mentions. All others destroy nothing.
    pub(super) fn mentioned_effects(&self, file: &PolicyFile) -> Restrictions {
        let mut mentioned = 0_u32;
        for (_, node) in &file.effects.0 {
            let words = node.get("effect").into_iter().flat_map(|effect| match &effect.value {
                Value::List(items) => items.iter().collect(),
                Value::Empty | Value::Scalar(..) | Value::Map(_) => vec![effect],
            });
            for word in words.filter_map(Node::scalar).filter_map(Effect::spelled) {
                mentioned |= 1 << word.index();
            }
        }
        let effects = (0..32).filter(|word| mentioned >> word & 1 == 1).collect();
        let triggers = self.words_in_space(Column::Trigger);
        vec![(Column::Trigger, triggers), (Column::Effect, effects)]
    }
}
