//! The state of compilation: the files and policies that a scenario names.

use super::mentioned::Mentioned;
use super::tables::{InputTable, LeftOver};
use crate::diagnostics::{Code, FileId, Files, Problem, Problems, Sources, Span, Spanned};
use crate::format::{AddedEvents, Node, Pieces, WrittenScenario};
use crate::policy::{Library, Policy};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest number of policies of a scenario, each of which has a bit in a mask of 64.
const MOST_POLICIES: usize = 64;

/// Options that replace values of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The policy of accounts without their own policy; `None` for that of the scenario.
    pub policy: Option<String>,
    /// Further policies of the same command. The scenario may set switches of these policies too.
    pub beside: Vec<String>,
    /// The seed; `None` for that of the scenario.
    pub seed: Option<u64>,
    /// Whether expectations are left out, because another policy may not have their rules.
    pub unjudged: bool,
    /// Whether the events of the scenario are left out; those of overlays are not.
    pub without_events: bool,
    /// Whether the compilation ends with the first case that has a mistake, because no caller reads
    /// the mistakes of the others.
    pub first_mistake: bool,
    /// Number of rows of a large table of events that are checked before a run; the others are
    /// checked while it is in progress, and the caller calls
    /// [`EventTable::settle`](super::EventTable::settle) after it for the table that
    /// [`Script::unchecked`](super::Script::unchecked) returns. `None` if all are checked before.
    pub first_rows: Option<usize>,
    /// Overlays of the scenario, in the order in which they are applied, each with the place of its
    /// events.
    pub with: Vec<(Node, AddedEvents)>,
}

pub(super) struct ScenarioCompiler<'a> {
    pub(super) library: &'a mut Library,
    pub(super) options: &'a Options,
    pub(super) files: &'a dyn Files,
    pub(super) sources: &'a mut Sources,
    pub(super) problems: &'a mut Problems,
    /// Policies by their names in scenarios; `None` if a policy has mistakes.
    pub(super) policies: BTreeMap<String, Option<Arc<Policy>>>,
    /// Whether a part of the fleet could not be read, so that names may be missing.
    pub(super) doubtful: bool,
    /// Keys of the scenario that could not be read.
    pub(super) unread: UnreadKeys,
    /// The names of events and callers in parts that could not be read.
    pub(super) mentioned: Mentioned,
    /// Files by path, which the cases of a scenario share; `None` if a file cannot be read.
    pub(super) tables: BTreeMap<String, Option<FileId>>,
    /// Large tables that need another reader, by path.
    pub(super) unclear: BTreeMap<String, Unclear>,
}

/// The keys of a scenario that could not be read in some case. That they are missing is then not
/// reported.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnreadKeys {
    /// A time from which the start follows.
    pub(super) start: bool,
    /// The policy of the scenario or of an account. Then problems that follow from a policy are
    /// not reported.
    pub(super) policy: bool,
    /// The currency.
    pub(super) currency: bool,
}

/// A large table that the fast reader cannot read.
pub(super) struct Unclear {
    /// The number of the row that is the reason; 0 if it is the table itself.
    row: usize,
    /// The table in pieces, to search it for mistakes; `None` once the search has found none.
    pieces: Option<Pieces>,
}

impl ScenarioCompiler<'_> {
    /// Records that a table is to be read in pieces, to report its mistakes.
    pub(super) fn is_unclear(&mut self, LeftOver { table, row }: LeftOver) {
        self.unclear.insert(table.path.to_string(), Unclear { row, pieces: Some(Pieces(table)) });
    }

    /// Records that the tables that were read in pieces have no mistake and are to be read whole.
    /// Returns whether there is such a table.
    pub(super) fn read_whole(&mut self) -> bool {
        let taken = self.unclear.values_mut().map(|table| table.pieces.take().is_some());
        taken.fold(false, |any, one| any | one)
    }

    /// Reads once more the pieces in which a problem was found, so that messages can quote them.
    pub(super) fn restore_pieces(&mut self) {
        for table in self.unclear.values().filter_map(|table| table.pieces.as_ref()) {
            if let Err(failure) = table.restore(self.sources, self.problems) {
                self.problems.add(Problem::unreadable(&table.0.path, failure));
            }
        }
    }

    /// The text of a file that the scenario names; `None` if it cannot be read, which is reported.
    pub(super) fn table(&mut self, path: &Spanned<String>) -> Option<FileId> {
        self.table_with_note(path, None)
    }

    fn table_with_note(&mut self, path: &Spanned<String>, note: Option<String>) -> Option<FileId> {
        if let Some(known) = self.tables.get(&path.value) {
            return *known;
        }
        let found = match self.files.read(self.sources.path(path.span.file), path) {
            Ok((shown, text)) => Some(self.sources.add(shown, text)),
            Err(failure) => {
                let mut problem = Problem::unreadable(path, failure);
                problem.labels.push((path.span, "named here".into()));
                problem.notes.extend(note);
                self.problems.add(problem);
                None
            }
        };
        self.tables.insert(path.value.clone(), found);
        found
    }

    /// A table that the scenario names. A large one is read row by row, unless it needs another
    /// reader.
    pub(super) fn large_table(&mut self, path: &Spanned<String>) -> Option<InputTable> {
        let Some(table) = self.files.stream(self.sources.path(path.span.file), path) else {
            return self.table(path).map(InputTable::Text);
        };
        let Some(unclear) = self.unclear.get(&*table.path) else {
            return Some(InputTable::Stream(table));
        };
        if let Some(pieces) = &unclear.pieces {
            return Some(InputTable::Pieces(pieces.clone()));
        }
        let why = "needs the full reader or is not in the order of time";
        let note = (unclear.row > 0).then(|| format!("row {} {why}", unclear.row));
        self.table_with_note(path, note).map(InputTable::Text)
    }

    pub(super) fn policy(&mut self, name: &str, at: Option<Span>) -> Option<Arc<Policy>> {
        if !self.policies.contains_key(name) {
            let policy = self.library.load(name, at, self.files, self.sources, self.problems);
            self.policies.insert(name.to_owned(), policy);
        }
        self.policies.get(name).cloned().flatten()
    }

    /// Every policy that any case or the command names. An assumption is valid if one of them has
    /// the switch. A policy that cannot be read is left out here and reported where it is used.
    pub(super) fn beside(&mut self, cases: &[&WrittenScenario]) -> Vec<Arc<Policy>> {
        let accounts = cases.iter().flat_map(|written| &written.fleet.accounts.0);
        let of_accounts = accounts.filter_map(|(_, part)| part.policy.as_ref());
        let of_cases = cases.iter().filter_map(|written| written.policy.as_ref());
        let mut names: Vec<(&str, Option<Span>)> = of_cases
            .chain(of_accounts)
            .map(|name| (name.value.as_str(), Some(name.span)))
            .collect();
        names.extend(self.options.beside.iter().map(|name| (name.as_str(), None)));
        let mut seen: Vec<Arc<Policy>> = Vec::new();
        for (name, at) in names {
            let mut scratch = Problems::default();
            let known = self.policies.get(name).cloned();
            let policy = known.unwrap_or_else(|| {
                self.library.load(name, at, self.files, self.sources, &mut scratch)
            });
            if let Some(policy) = policy {
                if scratch.is_empty() {
                    self.policies.insert(name.to_owned(), Some(Arc::clone(&policy)));
                }
                if seen.iter().all(|known| known.name != policy.name) {
                    seen.push(policy);
                }
            }
        }
        seen
    }

    /// The policies, with that of the scenario first, and their names in the scenario.
    pub(super) fn policies(
        &mut self,
        written: &WrittenScenario,
    ) -> Option<(Vec<Arc<Policy>>, Vec<String>)> {
        let mut asked: Vec<(String, Option<Span>)> = Vec::new();
        match (&self.options.policy, &written.policy) {
            (Some(name), _) => asked.push((name.clone(), None)),
            (None, Some(name)) => asked.push((name.value.clone(), Some(name.span))),
            (None, None) => {}
        }
        let accounts = &written.fleet.accounts.0;
        if asked.is_empty() && accounts.iter().all(|(_, part)| part.policy.is_none()) {
            if self.unread.policy {
                return None;
            }
            let title = "this scenario has no policy";
            let problem = Problem::at(Code::MissingKey, written.name.span, title, "no `policy`");
            let known: Vec<&str> = crate::policy::Catalog::names().collect();
            self.problems.add(
                problem
                    .help("add `policy:` to the scenario, or to each account")
                    .note(format!("built-in policies: {}", known.join(", "))),
            );
            return None;
        }
        for (name, part) in accounts {
            match &part.policy {
                Some(policy) if asked.iter().all(|(known, _)| *known != policy.value) => {
                    asked.push((policy.value.clone(), Some(policy.span)));
                }
                None if self.options.policy.is_none()
                    && written.policy.is_none()
                    && !self.unread.policy =>
                {
                    let title = format!("the account `{}` has no policy", **name);
                    let problem = Problem::at(Code::MissingKey, name.span, title, "no `policy`");
                    self.problems.add(problem.help("add `policy:` to it, or to the scenario"));
                }
                _ => {}
            }
        }
        if asked.len() > MOST_POLICIES {
            let title = format!("a scenario has at most {MOST_POLICIES} policies");
            let span = asked[MOST_POLICIES].1.unwrap_or(written.name.span);
            self.problems.add(Problem::at(Code::BadNumber, span, title, "one too many"));
            return None;
        }
        let loaded: Vec<Option<Arc<Policy>>> =
            asked.iter().map(|(name, at)| self.policy(name, *at)).collect();
        let policies: Option<Vec<Arc<Policy>>> = loaded.into_iter().collect();
        Some((policies?, asked.into_iter().map(|(name, _)| name).collect()))
    }
}
