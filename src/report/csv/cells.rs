//! Cells of reports: typed values, and two ways to their text that come to the same.
//!
//! A cell refers to what it shows and owns nothing, so that a row costs no memory.
//! It must never know which column it stands in.

use std::fmt;
use std::io::Write as _;

use crate::policy::{Policy, Remedy, Rulebook};
use crate::run_header::{EventNames, UNNAMED};
use crate::time::{SimSpan, SimTime};
use crate::words::{EventId, Process, ProtectionSet, RuleId, SwitchSet, Word};

/// What a cell holds.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'l> {
    /// A text of somebody else's, with whatever is in it.
    Text(&'l str),
    /// A word of our own, which never needs quotes.
    Word(&'static str),
    /// A whole number.
    Number(u64),
    /// A whole number that may be negative.
    Signed(i64),
    /// A number as files have it: the shortest text that reads back as the same.
    Decimal(f64),
    /// Counts by name.
    Counts(&'l [String], &'l [i64]),
    /// An instant.
    Time(SimTime),
    /// An event, by its name.
    Event(&'l EventNames, EventId),
    /// A timer, by its name.
    Timer(&'static str),
    /// Protections that are on, and those of which nobody knows.
    Protections(&'l Policy, ProtectionSet, ProtectionSet),
    /// Switches with their positions.
    Switches(&'l Rulebook, SwitchSet),
    /// A remedy, in the words of its policy.
    Remedy(&'l Policy, Remedy),
    /// The documents that state a rule.
    Sources(&'l Policy, RuleId),
    /// Suspended processes of a group: a bit for each, by its index.
    Processes(u8),
}

impl<'l> Cell<'l> {
    /// Nothing in it.
    pub const EMPTY: Self = Self::Word("");

    /// One of a closed list of words.
    pub fn word(word: impl Word) -> Self {
        Self::Word(word.word())
    }

    /// A text, if there is one.
    pub fn text(text: Option<&'l str>) -> Self {
        text.map_or(Self::EMPTY, Self::Text)
    }

    /// The length of a time in seconds.
    pub const fn seconds(span: SimSpan) -> Self {
        Self::Number(span.seconds().unsigned_abs())
    }

    /// Its text, piece by piece.
    fn pieces(&self, mut put: impl FnMut(&str)) {
        let mut listed = 0;
        let mut list = |pieces: &[&str]| {
            if listed > 0 {
                put(";");
            }
            listed += 1;
            pieces.iter().for_each(|piece| put(piece));
        };
        match *self {
            Self::Text(text) => list(&[text]),
            Self::Word(word) => list(&[word]),
            Self::Number(number) => list(&[itoa::Buffer::new().format(number)]),
            Self::Signed(number) => list(&[itoa::Buffer::new().format(number)]),
            Self::Decimal(number) => list(&[&number.to_string()]),
            Self::Counts(names, counts) => names.iter().zip(counts).for_each(|(name, count)| {
                list(&[name, "=", itoa::Buffer::new().format(*count)]);
            }),
            Self::Time(at) => list(&[&at.to_string()]),
            Self::Event(names, id) => match names.own(id) {
                Some(name) => list(&[name]),
                None => list(&[UNNAMED, itoa::Buffer::new().format(id.0 + 1)]),
            },
            Self::Timer(name) => list(&["timer:", name]),
            Self::Protections(policy, on, unknown) => {
                let name = |at: usize| policy.protections[at].name.as_str();
                on.iter().for_each(|id| list(&[name(id.index())]));
                unknown.iter().for_each(|id| list(&[name(id.index()), "=unknown"]));
            }
            Self::Switches(book, set) => set.iter().for_each(|id| {
                let name = &book.policy.switches[id.index()].name;
                list(&[name.as_str(), "=", book.setting(id)]);
            }),
            Self::Sources(policy, rule) => {
                let sources = policy.rule(rule).sources.iter();
                sources.for_each(|source| list(&[&policy.sources[*source].key]));
            }
            Self::Remedy(policy, remedy) => remedy.pieces(policy, &mut put),
            Self::Processes(set) => {
                let held = Process::ALL.iter().filter(|process| set >> process.index() & 1 == 1);
                held.for_each(|process| list(&[process.word()]));
            }
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut done = Ok(());
        self.pieces(|piece| done = done.and_then(|()| f.write_str(piece)));
        done
    }
}

/// How many days a [`FieldEncoder`] remembers.
const DAYS: i64 = 512;

const DAY: i64 = 86_400;

/// Writes cells as bytes, quoted where CSV asks for it, and remembers how days are written.
pub struct FieldEncoder {
    days: Box<[Day]>,
    scratch: Vec<u8>,
}

/// A day since the epoch, and its date: `2026-06-01`.
#[derive(Clone, Copy)]
struct Day {
    number: i64,
    date: [u8; 15],
    length: u8,
}

impl Default for FieldEncoder {
    fn default() -> Self {
        let nothing = Day { number: i64::MAX, date: [0; 15], length: 0 };
        Self { days: (0..DAYS).map(|_| nothing).collect(), scratch: Vec::new() }
    }
}

impl FieldEncoder {
    /// Adds a cell as a field of RFC 4180: in quotes if it holds a comma, a quote or
    /// the end of a line, and each quote in it twice.
    #[inline]
    pub fn write(&mut self, cell: &Cell<'_>, out: &mut Vec<u8>) {
        match *cell {
            Cell::Word("") | Cell::Text("") => {}
            Cell::Word(word) => out.extend_from_slice(word.as_bytes()),
            Cell::Text(text) => {
                let start = out.len();
                out.extend_from_slice(text.as_bytes());
                if needs_quotes(text.as_bytes()) {
                    self.quote(start, out);
                }
            }
            Cell::Number(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Cell::Time(at) => self.time(at, out),
            Cell::Signed(_)
            | Cell::Decimal(_)
            | Cell::Counts(..)
            | Cell::Event(..)
            | Cell::Timer(_)
            | Cell::Protections(..)
            | Cell::Switches(..)
            | Cell::Remedy(..)
            | Cell::Sources(..)
            | Cell::Processes(_) => self.list(cell, out),
        }
    }

    /// Adds a cell of several pieces.
    fn list(&mut self, cell: &Cell<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        cell.pieces(|piece| out.extend_from_slice(piece.as_bytes()));
        if needs_quotes(&out[start..]) {
            self.quote(start, out);
        }
    }

    /// Puts what stands in `out` from `start` on into quotes.
    fn quote(&mut self, start: usize, out: &mut Vec<u8>) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&out[start..]);
        out.truncate(start);
        out.push(b'"');
        for part in self.scratch.split_inclusive(|byte| *byte == b'"') {
            out.extend_from_slice(part);
            if part.ends_with(b"\"") {
                out.push(b'"');
            }
        }
        out.push(b'"');
    }

    /// As [`SimTime`] is displayed; the date is worked out once a day.
    fn time(&mut self, at: SimTime, out: &mut Vec<u8>) {
        let (number, second) = (at.seconds().div_euclid(DAY), at.seconds().rem_euclid(DAY));
        let slot = usize::try_from(number.rem_euclid(DAYS)).unwrap_or(0);
        let day = &mut self.days[slot];
        if day.number != number {
            let midnight = SimTime::from_seconds(number.saturating_mul(DAY));
            let last = SimTime::from_seconds(midnight.seconds().saturating_add(DAY - 1));
            if !midnight.is_on_calendar() || !last.is_on_calendar() {
                // The first and the last day of the calendar are not whole.
                let _ = write!(out, "{at}");
                return;
            }
            let mut text = [0; 32];
            let mut room = &mut text[..];
            let _ = write!(room, "{midnight}");
            let length = text.iter().position(|byte| *byte == b'T').unwrap_or(0).min(15);
            day.number = number;
            day.length = u8::try_from(length).unwrap_or(0);
            day.date[..length].copy_from_slice(&text[..length]);
        }
        out.extend_from_slice(&day.date[..usize::from(day.length)]);
        let digit = |number: i64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        out.push(b'T');
        for (number, mark) in
            [(second / 3_600, b':'), (second / 60 % 60, b':'), (second % 60, b'Z')]
        {
            out.extend_from_slice(&[digit(number / 10), digit(number), mark]);
        }
    }
}

/// Whether a field must stand in quotes.
fn needs_quotes(field: &[u8]) -> bool {
    let asks = |byte: &u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    let (eights, rest) = field.as_chunks::<8>();
    eights.iter().any(|eight| may_hold_a_mark(*eight) && eight.iter().any(asks))
        || rest.iter().any(asks)
}

/// Whether any of eight bytes is less than `-`, as all that ask for quotes are and little
/// else in names is.
///
/// The well-known test for a byte less than n, for n up to 128: Anderson, Bit Twiddling Hacks.
const fn may_hold_a_mark(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(eight);
    word.wrapping_sub(ONES * b'-' as u64) & !word & (ONES * 128) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[Cell<'_>]) -> Vec<u8> {
        let (mut pen, mut out) = (FieldEncoder::default(), Vec::new());
        for cell in cells {
            pen.write(cell, &mut out);
            out.push(b'|');
        }
        out
    }

    #[test]
    fn a_pen_writes_times_as_they_are_displayed() {
        let mut pen = FieldEncoder::default();
        let first = SimTime::parse("-009999-01-02T01:59:59Z").unwrap().seconds();
        let last = SimTime::parse("9999-12-30T22:00:00Z").unwrap().seconds();
        let spread = (0..20_000).map(|n| first + (last - first) / 20_000 * n);
        let near = (-200_000..200_000).step_by(7).map(|n| n * 13);
        let ends = [i64::MAX, i64::MIN, i64::MIN / 2, first, last, 0, -1, 86_399, 86_400];
        let mut out = Vec::new();
        for seconds in spread.chain(near).chain(ends) {
            let at = SimTime::from_seconds(seconds);
            out.clear();
            pen.write(&Cell::Time(at), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), at.to_string(), "{seconds}");
        }
    }

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_nowhere_else() {
        let cells = ["plain", "", " ", "a,b", "say \"x\"", "\"", "two\nlines", "cr\r", "größe;"];
        let text = written(&cells.map(Cell::Text));
        let expected =
            "plain|| |\"a,b\"|\"say \"\"x\"\"\"|\"\"\"\"|\"two\nlines\"|\"cr\r\"|größe;|";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        let others = [Cell::Number(0), Cell::Number(u64::MAX), Cell::Timer("refill"), Cell::EMPTY];
        assert_eq!(written(&others), b"0|18446744073709551615|timer:refill||");
        let processes: Vec<&str> = Process::ALL.iter().map(|process| process.word()).collect();
        let all = Cell::Processes(u8::MAX);
        assert_eq!(all.to_string(), processes.join(";"));
    }
}
