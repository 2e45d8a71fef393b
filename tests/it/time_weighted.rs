//! Averages over time of a number that changes at instants.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people are computed here"
)]

use stayput::time::SimTime;

use crate::kernel_theory::at;

/// The time-weighted average of a whole number, such as the length of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeWeighted {
    value: i64,
    since: SimTime,
    start: SimTime,
    /// Value times seconds, up to `since`.
    area: i128,
    range: (i64, i64),
}

impl TimeWeighted {
    /// A number that is `value` from `start` on.
    pub(crate) const fn starting_at(start: SimTime, value: i64) -> Self {
        Self { value, since: start, start, area: 0, range: (value, value) }
    }

    /// The number is `value` from `at` on. An instant before the last change counts as that of the
    /// last change.
    pub(crate) fn set(&mut self, at: SimTime, value: i64) {
        self.area = self.area_by(at);
        self.since = self.since.max(at);
        self.value = value;
        self.range = (self.range.0.min(value), self.range.1.max(value));
    }

    /// Adds `change` to the number, from `at` on.
    pub(crate) fn add(&mut self, at: SimTime, change: i64) {
        self.set(at, self.value.saturating_add(change));
    }

    /// Discards everything before `at`, such as a warm-up period.
    pub(crate) fn restart(&mut self, at: SimTime) {
        *self = Self::starting_at(at.max(self.since), self.value);
    }

    /// The current number.
    pub(crate) const fn value(&self) -> i64 {
        self.value
    }

    /// The smallest and the largest number since the start, whatever their durations.
    pub(crate) const fn range(&self) -> (i64, i64) {
        self.range
    }

    /// Value times seconds from the start to `end`.
    pub(crate) fn area_by(&self, end: SimTime) -> i128 {
        let seconds = i128::from(end.since(self.since).seconds());
        self.area.saturating_add(i128::from(self.value).saturating_mul(seconds))
    }

    /// The average from the start to `end`: area / time. `None` if no time has passed.
    pub(crate) fn mean_by(&self, end: SimTime) -> Option<f64> {
        let time = end.since(self.start).seconds();
        (time > 0).then(|| self.area_by(end) as f64 / time as f64)
    }
}

#[test]
fn the_average_weights_each_value_by_its_duration() {
    let mut queue = TimeWeighted::starting_at(at(100), 0);
    queue.add(at(110), 3);
    queue.add(at(110), 4);
    queue.add(at(115), -5);
    queue.set(at(120), 0);
    // 10 s of 0, 5 s of 7, 5 s of 2, 20 s of 0.
    assert_eq!(queue.area_by(at(140)), 45);
    assert_eq!(queue.mean_by(at(140)), Some(45.0 / 40.0));
    assert_eq!((queue.value(), queue.range()), (0, (0, 7)));
    assert_eq!(queue.mean_by(at(100)), None);
}

#[test]
fn a_restart_discards_everything_before_it() {
    let mut queue = TimeWeighted::starting_at(at(0), 9);
    queue.set(at(10), 2);
    queue.restart(at(20));
    assert_eq!(queue.mean_by(at(30)), Some(2.0));
    assert_eq!(queue.range(), (2, 2));
}
