//! Names of one kind, with their ids and the spans of their definitions.

use crate::diagnostics::{Problem, Span, closest};
use crate::words;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Names of one kind, in the order of their ids, with the spans of their definitions.
///
/// The text of each name is stored once; the hash table contains ids. The hash table is never
/// iterated.
#[derive(Debug, Clone, Default)]
pub struct NameTable {
    names: words::Names,
    /// Runs of consecutively numbered names. The id of such a name is computed without a lookup.
    runs: Vec<NumberedRun>,
    /// Ids of all other names, by the hashes of the names.
    ids: HashTable<u32>,
    /// The spans of definitions, by id; names of a streamed table have none.
    spans: Vec<(usize, Span)>,
}

impl NameTable {
    /// Assigns the next id to a name.
    ///
    /// # Errors
    /// If the name is taken; the error is the span of its definition, if that is known.
    pub fn define(&mut self, name: &str, span: Option<Span>) -> Result<usize, Option<Span>> {
        if let Some(id) = self.get(name) {
            return Err(self.span(id));
        }
        let id = self.add(name);
        self.spans.extend(span.map(|span| (id, span)));
        Ok(id)
    }

    /// The id of a name; a new name gets the next id.
    pub fn intern(&mut self, name: &str) -> usize {
        self.get(name).unwrap_or_else(|| self.add(name))
    }

    fn add(&mut self, name: &str) -> usize {
        let id = self.names.len();
        let before = id.checked_sub(1).map(|before| self.names.get(before));
        let extends = self.runs.last().is_some_and(|run| run.offset_of(name) == Some(run.len));
        match self.runs.last_mut() {
            Some(run) if extends && run.id + run.len == id => run.len += 1,
            _ => {
                let run = before.and_then(|before| NumberedRun::after(before, name, id));
                self.runs.extend(run.filter(|_| self.runs.len() < MOST_RUNS));
                self.remember(name, id);
            }
        }
        self.names.push(name);
        id
    }

    fn remember(&mut self, name: &str, id: usize) {
        let Self { names, ids, .. } = self;
        // INVARIANT: ids are 32 bits wide; fleets and lists of events are bounded below that.
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        ids.insert_unique(hash(name), id, |id| hash(names.get(*id as usize)));
    }

    /// The id of a name; `None` if the name is not defined.
    pub fn get(&self, name: &str) -> Option<usize> {
        self.find(name).map(|(id, _)| id)
    }

    /// The id of a name, and whether it is known to consist of letters, digits, `-` and `_` of
    /// ASCII. This is known of names in runs, without reading them.
    pub fn find(&self, name: &str) -> Option<(usize, bool)> {
        for run in &self.runs {
            if let Some(offset) = run.offset_of(name)
                && offset < run.len
            {
                return Some((run.id + offset, run.is_plain));
            }
        }
        self.find_by_hash(name)
    }

    /// The same for names without a run.
    #[inline(never)] // so that the search of the runs does not save what only this one needs
    fn find_by_hash(&self, name: &str) -> Option<(usize, bool)> {
        let is_it = |id: &u32| self.names.get(*id as usize) == name;
        self.ids.find(hash(name), is_it).map(|id| (*id as usize, false))
    }

    /// The span of the definition of the name with this id; `None` if it is unknown.
    pub fn span(&self, id: usize) -> Option<Span> {
        let found = self.spans.binary_search_by_key(&id, |(id, _)| *id);
        found.ok().and_then(|index| self.spans.get(index)).map(|(_, span)| *span)
    }

    /// The name with this id; empty if there is none.
    pub fn name(&self, id: usize) -> &str {
        self.names.get(id)
    }

    /// Every name, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The names in the order of their ids. They share memory with this table.
    pub fn share(&mut self) -> words::Names {
        self.names = std::mem::take(&mut self.names).shared();
        self.names.clone()
    }
}

/// Largest number of runs. Each lookup searches all of them.
const MOST_RUNS: usize = 16;

/// Names with consecutive ids that end in consecutive numbers.
#[derive(Debug, Clone)]
struct NumberedRun {
    prefix: Box<str>,
    /// Whether the prefix consists of letters, digits, `-` and `_` of ASCII.
    is_plain: bool,
    /// Number of digits of each number; 0 if numbers have no leading zeros.
    width: usize,
    from: u64,
    /// The id of the first name.
    id: usize,
    len: usize,
}

impl NumberedRun {
    /// The run that starts with `name`; `None` if its number does not follow that of the name
    /// before it.
    fn after(before: &str, name: &str, id: usize) -> Option<Self> {
        let (prefix, digits) = numbered(before)?;
        let width = if digits.starts_with('0') { digits.len() } else { 0 };
        let from = number(digits.as_bytes())?;
        let mut letters = prefix.bytes();
        let is_plain = letters.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let run = Self { prefix: prefix.into(), is_plain, width, from, id, len: 1 };
        (run.offset_of(name) == Some(1)).then(|| Self { from: run.from + 1, ..run })
    }

    /// The number of a name minus that of the first name of the run; `None` if the name has another
    /// form or a smaller number. The result may be beyond the end of the run.
    fn offset_of(&self, name: &str) -> Option<usize> {
        let (prefix, digits) = name.as_bytes().split_at_checked(self.prefix.len())?;
        let is_number = match self.width {
            0 => digits.len() == 1 || digits.first() != Some(&b'0'),
            width => digits.len() == width,
        };
        // Most prefixes are too short for a call of the general comparison.
        let mut pairs = prefix.iter().zip(self.prefix.as_bytes());
        if !is_number || !pairs.all(|(byte, expected)| byte == expected) {
            return None;
        }
        usize::try_from(number(digits)?.checked_sub(self.from)?).ok()
    }
}

/// The part of a name before its number, and the digits of the number; `None` if there is none.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[prefix.len()..];
    number(digits.as_bytes()).map(|_| (prefix, digits))
}

/// The value of at most eighteen digits; `None` for any other text.
fn number(digits: &[u8]) -> Option<u64> {
    if !(1..=18).contains(&digits.len()) {
        return None;
    }
    let mut number = 0_u64;
    for byte in digits {
        let digit = u64::from(*byte).wrapping_sub(u64::from(b'0'));
        if digit > 9 {
            return None;
        }
        // Eighteen digits fit into 64 bits.
        number = number.wrapping_mul(10).wrapping_add(digit);
    }
    Some(number)
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

/// Adds similar names to a problem as suggestions. Also adds a note: the text `some` and all names
/// if they are few, or the text `none` if there are no names.
pub fn with_known(
    problem: Problem,
    name: &str,
    names: &NameTable,
    some: &str,
    none: &str,
) -> Problem {
    let known: Vec<&str> = names.iter().take(1_000).collect();
    let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
    match known.len() {
        0 => problem.note(none),
        1..=12 => problem.note(format!("{some}: {}", known.join(", "))),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_only_if_it_is_equal() {
        let written = [
            "web-8", "web-9", "web-10", "web-11", "web-13", "db", "n-08", "n-09", "n-10", "n-11",
            "7", "8", "9", "web-12", "web-14", "web-15", "i-0", "i-1", "i-2",
        ];
        let mut names = NameTable::default();
        for (id, name) in written.into_iter().enumerate() {
            assert_eq!(names.get(name), None, "{name} is new");
            assert_eq!(names.define(name, None), Ok(id));
            assert_eq!(names.define(name, None), Err(None), "{name} is taken");
        }
        for (id, name) in written.into_iter().enumerate() {
            assert_eq!((names.get(name), names.intern(name)), (Some(id), id));
        }
        assert!(names.runs.len() > 3, "{:?}", names.runs);
        for name in [
            "web-",
            "web-08",
            "web-010",
            "web-16",
            "web",
            "n-8",
            "n-12",
            "n-011",
            "n-1",
            "07",
            "10",
            "+8",
            "i-00",
            "i-3",
            "i--1",
            "",
            "web-99999999999999999999",
        ] {
            assert_eq!(names.get(name), None, "{name}");
        }
    }
}
