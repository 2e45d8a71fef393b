//! The properties of a reply: a row of a table for each call that is read.

use super::fields::ReplyObject;
use super::json::Piece;
use super::reader::FleetReader;
use crate::diagnostics::{Problems, many};

/// A call of a provider, or a kind of resource of a state file, whose rows are read.
pub(super) struct ListedCall {
    /// The word of `from:`.
    pub(super) from: &'static str,
    /// The cloud that its rows describe.
    pub(super) cloud: &'static str,
    /// The command line that prints the reply; `{group}` stands for a group, and `{place}` for its
    /// resource group.
    pub(super) command: &'static str,
    /// The words for one row in messages: `an instance`.
    pub(super) one: &'static str,
    /// The position of its rows in a reply.
    pub(super) found: RowPlace,
    /// Names of the facts that its rows contain, as in
    /// [`Missing::fact`](super::reader::Missing::fact).
    pub(super) gives: &'static [&'static str],
    /// Rows of a lower number are read first: instances before rows that refer to them.
    pub(super) order: u8,
    /// Reads one row.
    pub(super) read: fn(&mut FleetReader<'_>, &ReplyObject<'_>),
    /// A summary of its rows besides their number.
    pub(super) summary: fn(&[Piece<'_>], &mut Problems) -> String,
}

/// The position of the rows of a call in a reply.
pub(super) enum RowPlace {
    /// In `{"<list>": {"<item>": [ … ]}}`; a bare row has the keys.
    Wrapped { list: &'static str, item: &'static str, row: Keys },
    /// A bare row, in a list or in `{"value": [ … ]}`, has the keys.
    Bare(Keys),
    /// The id of a row is the path of such a resource, in lower case; or the row has the keys.
    Resource(&'static str, Option<Keys>),
    /// In a state file, as a resource of this type.
    StateOf(&'static str),
}

/// The keys by which a bare row is distinguished.
pub(super) struct Keys {
    /// The row has all of these.
    pub(super) all: &'static [&'static str],
    /// The row has at least one of these.
    pub(super) any: &'static [&'static str],
    /// The row has none of these. A row with one of them is of another service.
    pub(super) none: &'static [&'static str],
}

impl Keys {
    fn fit(&self, row: &ReplyObject<'_>) -> bool {
        self.resemble(row) && self.foreign(row).is_none()
    }

    fn resemble(&self, row: &ReplyObject<'_>) -> bool {
        let has = |key: &&str| row.piece(key).is_some();
        self.all.iter().all(has) && self.any.iter().any(has)
    }

    fn foreign(&self, row: &ReplyObject<'_>) -> Option<&'static str> {
        self.none.iter().copied().find(|key| row.piece(key).is_some())
    }
}

impl ListedCall {
    /// Whether an object is a row of this call.
    pub(super) fn is_row(&self, row: &ReplyObject<'_>) -> bool {
        match &self.found {
            RowPlace::Wrapped { row: keys, .. } | RowPlace::Bare(keys) => keys.fit(row),
            RowPlace::Resource(path, keys) => match row.resource_type() {
                Some(found) => found == *path,
                None => keys.as_ref().is_some_and(|keys| keys.fit(row)),
            },
            RowPlace::StateOf(_) => false,
        }
    }

    /// The key of another service's rows that a row has.
    pub(super) fn foreign(&self, row: &ReplyObject<'_>) -> Option<&'static str> {
        let RowPlace::Wrapped { row: keys, .. } = &self.found else { return None };
        keys.foreign(row)
    }

    /// A key of another service. A row that has it is not of this call, although it has the keys of
    /// this call.
    pub(super) fn foreign_row(&self, row: &ReplyObject<'_>) -> Option<&'static str> {
        let RowPlace::Wrapped { row: keys, .. } = &self.found else { return None };
        keys.foreign(row).filter(|_| keys.resemble(row))
    }

    /// A number of rows: `3 instances`.
    pub(super) fn count(&self, rows: usize) -> String {
        many(rows, self.one.trim_start_matches("an ").trim_start_matches("a "))
    }

    /// The call without its arguments, as messages name it.
    pub(super) fn name(&self) -> &'static str {
        match (&self.found, self.command.split_once(" --")) {
            (RowPlace::StateOf(kind), _) => kind,
            (_, Some((name, _))) => name,
            (_, None) => self.command,
        }
    }
}

/// An empty summary, for calls of which only the number of rows is printed.
pub(super) fn no_summary(_: &[Piece<'_>], _: &mut Problems) -> String {
    String::new()
}
