//! A fleet as it was listed at one instant. A part of a listing that no scenario can contain is
//! left out and counted; it is not an error.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Problem, Problems, Span, by_count};
use crate::time::SimTime;

/// Facts noticed while a listed fleet was read, by reason.
#[derive(Debug)]
pub struct Listing {
    /// The time of the listing.
    pub seen: SimTime,
    left_out: BTreeMap<String, Counted>,
    differs: BTreeMap<String, Counted>,
    /// Whether the instance that is being added has to be left out.
    pub dropped: bool,
}

#[derive(Debug)]
struct Counted {
    first: Span,
    count: usize,
}

impl Listing {
    /// A listing of this time, without any noticed facts.
    pub const fn seen_at(seen: SimTime) -> Self {
        Self { seen, left_out: BTreeMap::new(), differs: BTreeMap::new(), dropped: false }
    }

    /// Leaves out the instance that is being added.
    pub fn drop(&mut self, why: String, at: Span) {
        if !self.dropped {
            self.dropped = true;
            count(&mut self.left_out, why, at);
        }
    }

    /// Notes that the listing differs from the policy; the value of the listing is used.
    pub fn differs(&mut self, how: String, at: Span) {
        count(&mut self.differs, how, at);
    }

    /// Reports the noticed facts.
    pub fn report(self, problems: &mut Problems) {
        for (why, Counted { first, count }) in self.left_out {
            let them = by_count(count, "instance is", "instances are");
            let title = format!("{count} {them} left out: {why}");
            problems.add(Problem::at(Code::LeftOut, first, title, "the first of them"));
        }
        for (how, Counted { first, count }) in self.differs {
            let title = format!("the listing differs from the policy for {count}: {how}");
            let problem = Problem::at(Code::LeftOut, first, title, "the first of them");
            problems
                .add(problem.note(
                    "the value of the listing is used; the rule may not apply to this fleet",
                ));
        }
    }
}

fn count(counts: &mut BTreeMap<String, Counted>, why: String, at: Span) {
    counts.entry(why).or_insert(Counted { first: at, count: 0 }).count += 1;
}
