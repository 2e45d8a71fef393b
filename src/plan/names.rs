//! Names of one kind with their ids, and where each is defined.

use crate::diagnostics::{Problem, Span, closest};
use crate::words;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Names of one kind, in the order of their ids, with where each is defined.
///
/// Each is kept once: the table that finds them holds ids. Nothing walks that table.
#[derive(Debug, Clone, Default)]
pub struct NameTable {
    names: words::Names,
    /// Names that are numbered one by one, as machines and ranges assign them. The id of such a
    /// name is computed, without a memory access.
    runs: Vec<Numbered>,
    /// Ids of all others, by the names that they stand for.
    ids: HashTable<u32>,
    /// Where they are defined, by their ids; what comes from a streamed table is nowhere.
    spans: Vec<(usize, Span)>,
}

impl NameTable {
    /// Gives a name the next id; the place of the first, if it is taken.
    pub fn define(&mut self, name: &str, span: Option<Span>) -> Result<usize, Option<Span>> {
        if let Some(at) = self.get(name) {
            return Err(self.span(at));
        }
        let at = self.add(name);
        self.spans.extend(span.map(|span| (at, span)));
        Ok(at)
    }

    /// The id of a name, which gets one if it has none.
    pub fn intern(&mut self, name: &str) -> usize {
        self.get(name).unwrap_or_else(|| self.add(name))
    }

    fn add(&mut self, name: &str) -> usize {
        let at = self.names.len();
        let before = at.checked_sub(1).map(|before| self.names.at(before));
        let extends = self.runs.last().is_some_and(|run| run.place_of(name) == Some(run.len));
        match self.runs.last_mut() {
            Some(run) if extends && run.id + run.len == at => run.len += 1,
            _ => {
                let run = before.and_then(|before| Numbered::after(before, name, at));
                self.runs.extend(run.filter(|_| self.runs.len() < MOST_RUNS));
                self.remember(name, at);
            }
        }
        self.names.push(name);
        at
    }

    fn remember(&mut self, name: &str, at: usize) {
        let Self { names, ids, .. } = self;
        // INVARIANT: ids are 32 bits wide; fleets and lists of events are bounded below that.
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        ids.insert_unique(hash(name), id, |id| hash(names.at(*id as usize)));
    }

    /// The id of a name.
    pub fn get(&self, name: &str) -> Option<usize> {
        let in_run = |run: &Numbered| {
            run.place_of(name).filter(|span| *span < run.len).map(|span| run.id + span)
        };
        if let Some(at) = self.runs.iter().find_map(in_run) {
            return Some(at);
        }
        let is_it = |id: &u32| self.names.at(*id as usize) == name;
        self.ids.find(hash(name), is_it).map(|id| *id as usize)
    }

    /// The place at which that name is defined.
    pub fn span(&self, at: usize) -> Option<Span> {
        let found = self.spans.binary_search_by_key(&at, |(id, _)| *id);
        found.ok().and_then(|found| self.spans.get(found)).map(|(_, span)| *span)
    }

    /// Every name, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The names alone, in the order of their ids; both have the same piece of memory.
    pub fn share(&mut self) -> words::Names {
        self.names = std::mem::take(&mut self.names).shared();
        self.names.clone()
    }
}

/// The most stretches of numbered names: each is asked about each name.
const MOST_RUNS: usize = 16;

/// Names that end in numbers which follow each other, as their ids do.
#[derive(Debug, Clone)]
struct Numbered {
    prefix: Box<str>,
    /// How many digits each number has; 0, if they are written without zeros in front.
    width: usize,
    from: u64,
    /// The id of the first.
    id: usize,
    len: usize,
}

impl Numbered {
    /// The stretch that begins with `name`, if it follows the name before it.
    fn after(before: &str, name: &str, id: usize) -> Option<Self> {
        let (prefix, digits) = numbered(before)?;
        let width = if digits.starts_with('0') { digits.len() } else { 0 };
        let from = number(digits)?;
        let run = Self { prefix: prefix.into(), width, from, id, len: 1 };
        (run.place_of(name) == Some(1)).then(|| Self { from: run.from + 1, ..run })
    }

    /// How far behind the first a name is by its number, were the stretch long enough.
    fn place_of(&self, name: &str) -> Option<usize> {
        let digits = name.strip_prefix(&*self.prefix)?;
        let plain = match self.width {
            0 => !digits.starts_with('0') || digits == "0",
            width => digits.len() == width,
        };
        let number = plain.then(|| number(digits)).flatten()?;
        usize::try_from(number.checked_sub(self.from)?).ok()
    }
}

/// The number at the end of a name, and what stands before it.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[prefix.len()..];
    number(digits).map(|_| (prefix, digits))
}

/// The number that digits spell, eighteen of them at most.
fn number(digits: &str) -> Option<u64> {
    let add =
        |number: u64, byte: u8| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'));
    (1..=18).contains(&digits.len()).then(|| digits.bytes().try_fold(0, add)).flatten()
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

/// Notes for a message: the names that are close, and all names if they are few, after `some`; or
/// `none` if there are no names.
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
    fn names_are_found_by_number_or_by_letters_and_never_by_half() {
        let written = [
            "web-8", "web-9", "web-10", "web-11", "web-13", "db", "n-08", "n-09", "n-10", "n-11",
            "7", "8", "9", "web-12", "web-14", "web-15", "i-0", "i-1", "i-2",
        ];
        let mut names = NameTable::default();
        for (at, name) in written.into_iter().enumerate() {
            assert_eq!(names.get(name), None, "{name} is new");
            assert_eq!(names.define(name, None), Ok(at));
            assert_eq!(names.define(name, None), Err(None), "{name} is taken");
        }
        for (at, name) in written.into_iter().enumerate() {
            assert_eq!((names.get(name), names.intern(name)), (Some(at), at));
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
