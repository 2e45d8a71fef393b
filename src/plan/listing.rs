//! A fleet as it was listed at one instant: what a listing has and a scenario cannot hold is left
//! out and counted, and never an error for the whole fleet.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Problem, Problems, Span};
use crate::time::SimTime;

/// Facts noticed while a listed fleet was read, by reason.
#[derive(Debug)]
pub struct Listing {
    /// When the fleet was listed.
    pub seen: SimTime,
    left_out: BTreeMap<String, Counted>,
    differs: BTreeMap<String, Counted>,
    /// Whether the instance that is being taken in has to be left out.
    pub dropped: bool,
}

#[derive(Debug)]
struct Counted {
    first: Span,
    count: usize,
}

impl Listing {
    /// A listing in which nothing was noticed yet.
    pub const fn seen_at(seen: SimTime) -> Self {
        Self { seen, left_out: BTreeMap::new(), differs: BTreeMap::new(), dropped: false }
    }

    /// The instance that is being taken in has to be left out.
    pub fn drop(&mut self, why: String, at: Span) {
        if !self.dropped {
            self.dropped = true;
            count(&mut self.left_out, why, at);
        }
    }

    /// The listing says something else than the policy; the listing counts.
    pub fn differs(&mut self, how: String, at: Span) {
        count(&mut self.differs, how, at);
    }

    /// Reports what was noticed.
    pub fn report(self, problems: &mut Problems) {
        for (why, Counted { first, count }) in self.left_out {
            let them = if count == 1 { "instance is" } else { "instances are" };
            let title = format!("{count} {them} left out: {why}");
            problems.add(Problem::at(Code::LeftOut, first, title, "the first of them"));
        }
        for (how, Counted { first, count }) in self.differs {
            let title = format!("the listing differs from the policy for {count}: {how}");
            let problem = Problem::at(Code::LeftOut, first, title, "the first of them");
            problems.add(problem.note("the listing counts; the rule may not hold there"));
        }
    }
}

fn count(counts: &mut BTreeMap<String, Counted>, why: String, at: Span) {
    counts.entry(why).or_insert(Counted { first: at, count: 0 }).count += 1;
}
