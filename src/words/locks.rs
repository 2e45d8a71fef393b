//! The locks of an instance, as a set: an instance can be under several locks at once.

use super::state::Lock;
use super::word::Word;

/// The locks of an instance. The word of a set joins the locks with `;`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locks(u8);

/// The word of each set, indexed by its bits.
const SPELLED: [&str; 8] = [
    "none",
    "financial",
    "security",
    "financial;security",
    "recycling",
    "financial;recycling",
    "security;recycling",
    "financial;security;recycling",
];

impl Locks {
    /// No lock.
    pub const NONE: Self = Self(0);

    const fn bit(lock: Lock) -> u8 {
        match lock {
            Lock::None => 0,
            Lock::Financial => 1,
            Lock::Security => 2,
            Lock::Recycling => 4,
        }
    }

    /// A copy with `lock` as a member; [`Lock::None`] adds nothing.
    #[must_use]
    pub const fn with(self, lock: Lock) -> Self {
        Self(self.0 | Self::bit(lock))
    }

    /// Locks in `self`, in `others`, or in both.
    #[must_use]
    pub const fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// A copy without `lock`.
    #[must_use]
    pub const fn without(self, lock: Lock) -> Self {
        Self(self.0 & !Self::bit(lock))
    }

    /// Whether `lock` is a member; for [`Lock::None`], whether the set is empty.
    pub const fn contains(self, lock: Lock) -> bool {
        match lock {
            Lock::None => self.0 == 0,
            Lock::Financial | Lock::Security | Lock::Recycling => self.0 & Self::bit(lock) != 0,
        }
    }

    /// The sets that contain `lock`, as a mask with one bit for each index in [`Word::ALL`].
    fn sets_with(lock: Lock) -> u32 {
        Self::ALL
            .iter()
            .filter(|set| set.contains(lock))
            .fold(0, |sets, set| sets | 1 << set.index())
    }
}

impl FromIterator<Lock> for Locks {
    fn from_iter<I: IntoIterator<Item = Lock>>(locks: I) -> Self {
        locks.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Display for Locks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl Word for Locks {
    const WHAT: &'static str = "a set of locks";
    const ALL: &'static [Self] =
        &[Self(0), Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7)];

    fn word(self) -> &'static str {
        SPELLED[usize::from(self.0 & 7)]
    }

    fn meaning(self) -> &'static str {
        "The locks of an instance."
    }

    fn index(self) -> u8 {
        self.0
    }

    /// Reads locks joined by `;` in any order.
    fn spelled(text: &str) -> Option<Self> {
        text.split(';').map(Lock::spelled).collect()
    }

    /// A rule names one lock and means every set that contains it.
    fn choices() -> Vec<(&'static str, u32)> {
        Lock::ALL.iter().map(|lock| (lock.word(), Self::sets_with(*lock))).collect()
    }

    fn describe(words: u32) -> Option<String> {
        let all = (1 << Self::ALL.len()) - 1;
        Lock::ALL.iter().find_map(|lock| {
            let sets = Self::sets_with(*lock);
            let otherwise = || (all & !sets == words).then(|| format!("not {lock}"));
            if sets == words { Some(lock.word().to_owned()) } else { otherwise() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_removing_one_lock_keeps_the_others() {
        let both = Locks::NONE.with(Lock::Security).with(Lock::Recycling);
        assert_eq!(both.to_string(), "security;recycling");
        assert_eq!(both.without(Lock::Security), Locks::from_iter([Lock::Recycling]));
        assert_eq!(both.without(Lock::Financial).with(Lock::None), both);
        assert!(
            both.contains(Lock::Security)
                && !both.contains(Lock::Financial)
                && !both.contains(Lock::None)
        );
        assert!(Locks::NONE.contains(Lock::None));
    }

    #[test]
    fn a_set_is_read_in_any_order_and_described_by_its_locks() {
        for set in Locks::ALL {
            assert_eq!(Locks::ALL[usize::from(set.index())], *set);
            assert_eq!(Locks::spelled(set.word()), Some(*set));
            let locks = [Lock::Financial, Lock::Security, Lock::Recycling];
            assert_eq!(
                locks.into_iter().filter(|lock| set.contains(*lock)).collect::<Locks>(),
                *set
            );
        }
        assert_eq!(Locks::spelled("security;financial"), Locks::spelled("financial;security"));
        assert_eq!(Locks::spelled("security;"), None);
        assert_eq!(Locks::describe(0b1100_1100), Some("security".to_owned()));
        assert_eq!(Locks::describe(0b0011_0011), Some("not security".to_owned()));
        assert_eq!(Locks::describe(0b0000_0001), Some("none".to_owned()));
        assert_eq!(Locks::describe(0b0000_0010), None);
    }
}
