//! Reads saved replies in the order in which they depend on each other.

use super::pages::Page;
use super::reply_kind::{Kind, SAVE};
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Spanned};
use crate::format::Name;
use crate::import::fields::Row;
use crate::import::imported::Imported;
use crate::import::json::Text;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The attributes by which policies know the protections.
pub(super) const DELETION_PROTECTION: &str = "DeletionProtection";

pub(super) const PROTECTED: &str = "ProtectedFromScaleIn";

pub(super) const STANDBY: &str = "Standby";

pub(super) const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";

/// Reads replies, in any order; what one says of an instance of another is joined.
pub fn import(files: &[FileId], sources: &Sources, problems: &mut Problems) -> Imported {
    let texts: Vec<_> = files.iter().map(|file| Text::new(*file, sources, SAVE)).collect();
    let mut pages = Vec::new();
    let mut out = Imported::default();
    for (text, file) in texts.iter().zip(files) {
        for value in text.values(problems) {
            let found = Page::open(value, problems);
            let path = sources.path(*file);
            let lines = found.iter().map(|page| format!("{path}: {}", page.in_words(problems)));
            out.read.extend(lines);
            pages.extend(found);
        }
    }
    super::pages::tell_missing(&pages, problems);
    let mut reader = Reader {
        problems,
        out,
        at: BTreeMap::new(),
        seen: BTreeMap::new(),
        unscheduled: Vec::new(),
    };
    for kind in Kind::IN_ORDER {
        for page in pages.iter().filter(|page| page.kind == kind) {
            for row in &page.rows {
                if let Some(row) = Row::open(*row, kind.one(), reader.problems) {
                    reader.row(kind, &row);
                }
            }
        }
    }
    reader.complete_groups();
    reader.tell_unscheduled();
    reader.out.work = texts.iter().map(Text::work).sum();
    reader.out
}

/// The fleet while it is being put together.
pub(super) struct Reader<'a> {
    pub(super) problems: &'a mut Problems,
    pub(super) out: Imported,
    /// Where each instance stands in `out`.
    pub(super) at: BTreeMap<Name, usize>,
    /// Instances of which no reply says whether a release is scheduled.
    pub(super) unscheduled: Vec<Spanned<String>>,
    /// Where each row was first read.
    seen: BTreeMap<(Kind, Name), Span>,
}

impl Reader<'_> {
    fn row(&mut self, kind: Kind, row: &Row<'_>) {
        match kind {
            Kind::Instances => self.instance(row),
            Kind::Groups => self.group(row),
            Kind::Disks => self.disk(row),
            Kind::Members => self.member(row),
            Kind::Renewals => self.renewal(row),
            Kind::States => self.status(row),
            // These change nothing in a fleet, and are counted when their page is opened.
            Kind::SystemEvents | Kind::Notifications => {}
        }
    }

    /// Says that part of a reply is not used as it stands.
    pub(super) fn left_out(&mut self, span: Span, title: String, label: &str) {
        self.problems.add(Problem::at(Code::LeftOut, span, title, label));
    }

    /// Whether a row is the first of its kind with that id; reported if it is not.
    pub(super) fn is_first(&mut self, kind: Kind, id: &Spanned<Name>) -> bool {
        let first = match self.seen.entry((kind, id.value.clone())) {
            Entry::Vacant(slot) => {
                slot.insert(id.span);
                return true;
            }
            Entry::Occupied(first) => *first.get(),
        };
        let title = format!("`{}` appears a second time", id.value);
        let label = if id.contains('*') {
            "its id is masked, so it may be another one; left out"
        } else {
            "left out; the first one counts"
        };
        let problem = Problem::at(Code::LeftOut, id.span, title, label);
        self.problems.add(problem.and_at(first, "the first one"));
        false
    }

    /// The instance that another reply speaks of; strangers are reported.
    pub(super) fn known(&mut self, id: &Spanned<Name>, what: &str) -> Option<usize> {
        let found = self.at.get(&id.value).copied();
        if found.is_none() {
            let title = format!("{what} of `{}`, which no DescribeInstances reply lists", id.value);
            self.left_out(id.span, title, "left out; nothing is invented");
        }
        found
    }

    /// A state says nothing that the list of instances does not.
    fn status(&mut self, row: &Row<'_>) {
        if let Some(id) = row.id("InstanceId", self.problems) {
            self.known(&id, "a state");
        }
    }
}
