//! Selection at scale-in: in which order a group offers its members.
//!
//! Pure: it sees times and names' order, and does not know who is protected.
//! The caller walks the order, asks for each member whether anything holds it,
//! and takes the first that nothing holds.

use crate::vocab::InstanceId;

/// A member that a group may choose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice<'n> {
    /// Its place by each criterion of the group, lowest first.
    pub rank: Vec<i64>,
    /// Breaks ties of rank: a draw, where the policy says so.
    pub draw: u64,
    /// Breaks what ties remain.
    pub name: &'n str,
    /// The member.
    pub member: InstanceId,
}

/// The members of a group in the order in which they go.
#[derive(Debug)]
pub struct Walk<'n> {
    choices: Vec<Choice<'n>>,
    next: usize,
}

impl<'n> Walk<'n> {
    /// Puts members in order.
    pub fn new(mut choices: Vec<Choice<'n>>) -> Self {
        choices.sort_unstable();
        Self { choices, next: 0 }
    }
}

impl Iterator for Walk<'_> {
    /// The member, and whether another had the same rank, so that the tie decided.
    type Item = (InstanceId, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next;
        let choice = self.choices.get(at)?;
        self.next += 1;
        let same =
            |other: Option<&Choice<'_>>| other.is_some_and(|other| other.rank == choice.rank);
        let tied = same(self.choices.get(at + 1)) || (at > 0 && same(self.choices.get(at - 1)));
        Some((choice.member, tied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_rank_goes_first_and_ties_are_told() {
        let choice = |rank: &[i64], name, member| Choice {
            rank: rank.to_vec(),
            draw: 0,
            name,
            member: InstanceId(member),
        };
        let walk = Walk::new(vec![
            choice(&[2, 0], "a", 0),
            choice(&[1, 9], "g", 1),
            choice(&[1, 9], "c", 2),
            choice(&[1, 2], "i", 3),
        ]);
        let order: Vec<(u32, bool)> = walk.map(|(id, tied)| (id.0, tied)).collect();
        assert_eq!(order, [(3, false), (2, true), (1, true), (0, false)]);
    }
}
