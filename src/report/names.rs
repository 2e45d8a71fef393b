//! Names as ranges: `web-1 … web-2500`.

use std::fmt::Write;

use super::figures::number;
use crate::record::Subject;
use crate::run_header::RunHeader;
use crate::words::InstanceId;

/// Number of names or ranges that a label spells out.
const SPELLED: usize = 4;

/// Number of runs of ids that are kept; later ones are only counted.
const MOST_RUNS: usize = 2_000;

/// Instances, as runs of neighbouring ids, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct InstanceIds {
    /// First and last id of each run.
    runs: Vec<(u32, u32)>,
    /// Number of ids that were added.
    count: u64,
}

impl InstanceIds {
    /// Adds an instance. An id that is in the last run is added once.
    pub(in crate::report) fn add(&mut self, id: InstanceId) {
        let is_full = self.runs.len() >= MOST_RUNS;
        match self.runs.last_mut() {
            Some((first, last)) if (*first..=*last).contains(&id.0) => return,
            Some((_, last)) if last.checked_add(1) == Some(id.0) => *last = id.0,
            Some((first, _)) if first.checked_sub(1) == Some(id.0) => *first = id.0,
            _ if is_full => {}
            _ => self.runs.push((id.0, id.0)),
        }
        self.count += 1;
    }

    /// Adds all of `other`.
    pub(in crate::report) fn extend(&mut self, other: &Self) {
        self.runs.extend(&other.runs);
        self.count += other.count;
        self.tidy();
    }

    /// Sorts the runs and joins those that meet. The count is exact if no run was left out.
    pub(in crate::report) fn tidy(&mut self) {
        let is_whole = self.runs.len() < MOST_RUNS;
        self.runs.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(self.runs.len());
        for (first, last) in self.runs.drain(..) {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        self.runs = joined;
        if is_whole {
            self.count = self.runs.iter().map(|(a, b)| u64::from(b - a) + 1).sum();
        }
    }

    /// Number of instances.
    pub(in crate::report) const fn count(&self) -> u64 {
        self.count
    }

    /// The first instance; `None` if there is none.
    pub(in crate::report) fn first(&self) -> Option<InstanceId> {
        self.runs.first().map(|(first, _)| InstanceId(*first))
    }

    /// The instances that were kept, in the order in which they were added.
    pub(in crate::report) fn each(&self) -> impl Iterator<Item = InstanceId> {
        self.runs.iter().flat_map(|(first, last)| (*first..=*last).map(InstanceId))
    }

    /// Whether an instance is among those that were kept.
    pub(in crate::report) fn contains(&self, id: InstanceId) -> bool {
        self.runs.iter().any(|(first, last)| (*first..=*last).contains(&id.0))
    }

    /// The names, with neighbours in ranges.
    pub(in crate::report) fn names<'h>(&self, header: &'h RunHeader) -> NameRanges<'h> {
        let mut names = NameRanges::default();
        self.each().for_each(|id| names.add(header.instance(id)));
        names.count = names.count.max(self.count);
        names
    }
}

/// The instance of a subject; none for a group or an account.
impl From<Subject> for InstanceIds {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Instance(id) => Self::from_iter([id]),
            Subject::Group(_) | Subject::Account(_) => Self::default(),
        }
    }
}

impl FromIterator<InstanceId> for InstanceIds {
    fn from_iter<I: IntoIterator<Item = InstanceId>>(ids: I) -> Self {
        let mut all = Self::default();
        ids.into_iter().for_each(|id| all.add(id));
        all
    }
}

/// Names, those with consecutive numbers at their end in ranges.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct NameRanges<'h> {
    ranges: Vec<NameRange<'h>>,
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct NameRange<'h> {
    first: &'h str,
    last: &'h str,
    /// The text before the last number, and the number; `None` if the name has none.
    number: Option<(&'h str, u64)>,
    count: u64,
}

impl<'h> NameRanges<'h> {
    /// Adds a name at the end.
    pub(in crate::report) fn add(&mut self, name: &'h str) {
        self.count += 1;
        let number = numbered(name);
        if let (Some(range), Some((stem, this))) = (self.ranges.last_mut(), number)
            && range.number == this.checked_sub(1).map(|before| (stem, before))
        {
            range.last = name;
            range.number = number;
            range.count += 1;
            return;
        }
        self.ranges.push(NameRange { first: name, last: name, number, count: 1 });
    }

    /// The text for readers: every name if they are few, else the ends of ranges.
    pub(in crate::report) fn label(&self) -> String {
        let spelled: Vec<String> =
            self.ranges.iter().take(SPELLED + 1).map(NameRange::label).collect();
        if spelled.len() <= SPELLED {
            return spelled.join(", ");
        }
        let last = self.ranges.last().map(|range| range.last).unwrap_or_default();
        format!("{}, {} … {last}", spelled[0], spelled[1])
    }

    /// The number of names, in brackets; empty for a single name.
    pub(in crate::report) fn remark(&self) -> String {
        match (self.count, self.ranges.len()) {
            (0 | 1, _) => String::new(),
            (_, ..=SPELLED) if self.ranges.iter().all(|range| range.count <= 2) => String::new(),
            (count, ..=SPELLED) => format!("({})", number(count)),
            (count, _) => format!("({}, with gaps)", number(count)),
        }
    }

    /// The label with its remark.
    pub(in crate::report) fn text(&self) -> String {
        format!("{} {}", self.label(), self.remark()).trim_end().to_owned()
    }

    /// All names for the filter of a table, if the label does not contain them: `web-1..2500`.
    pub(in crate::report) fn for_filter(&self) -> Option<String> {
        if self.ranges.len() <= SPELLED && self.ranges.iter().all(|range| range.count == 1) {
            return None;
        }
        let mut text = String::new();
        for range in &self.ranges {
            let gap = if text.is_empty() { "" } else { " " };
            let _ = match range.number {
                Some((_, last)) if range.count > 1 => write!(text, "{gap}{}..{last}", range.first),
                _ => write!(text, "{gap}{}", range.first),
            };
        }
        Some(text)
    }
}

impl NameRange<'_> {
    fn label(&self) -> String {
        match self.count {
            1 => self.first.to_owned(),
            2 => format!("{}, {}", self.first, self.last),
            _ => format!("{} … {}", self.first, self.last),
        }
    }
}

/// The text before the number at the end of a name, and the number.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = name.get(stem.len()..)?;
    let plain = digits.len() <= 15 && (digits == "0" || !digits.starts_with('0'));
    plain.then(|| Some((stem, digits.parse().ok()?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges<'n>(names: &[&'n str]) -> NameRanges<'n> {
        let mut all = NameRanges::default();
        names.iter().for_each(|name| all.add(name));
        all
    }

    #[test]
    fn neighbours_are_a_range() {
        let all = ranges(&["web-1", "web-2", "web-3", "db", "web-7"]);
        assert_eq!(all.text(), "web-1 … web-3, db, web-7 (5)");
        assert_eq!(all.for_filter().unwrap(), "web-1..3 db web-7");
        assert_eq!(ranges(&["web-1", "web-2"]).text(), "web-1, web-2");
        assert_eq!(ranges(&["a", "b"]).text(), "a, b");
        let gaps = ranges(&["w-1", "w-3", "w-5", "w-7", "w-9"]);
        assert_eq!(gaps.text(), "w-1, w-3 … w-9 (5, with gaps)");
        assert_eq!(ranges(&["w-01", "w-02"]).text(), "w-01, w-02");
    }

    #[test]
    fn ids_are_counted_once() {
        let mut ids: InstanceIds = [1, 2, 3, 2, 7].into_iter().map(InstanceId).collect();
        ids.extend(&[8, 3].into_iter().map(InstanceId).collect());
        assert_eq!((ids.count(), ids.first()), (5, Some(InstanceId(1))));
        assert!(ids.contains(InstanceId(8)) && !ids.contains(InstanceId(5)));
    }
}
