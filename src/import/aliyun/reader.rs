//! Reads saved replies and joins them to instances and groups.

use super::pages::ReplyPage;
use super::reply_kind::{ReplyKind, SAVE};
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Spanned};
use crate::format::Name;
use crate::import::fields::ReplyObject;
use crate::import::imported::Imported;
use crate::import::json::ReplyText;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The provider attributes of the protections.
pub(super) const DELETION_PROTECTION: &str = "DeletionProtection";

pub(super) const PROTECTED: &str = "ProtectedFromScaleIn";

pub(super) const STANDBY: &str = "Standby";

pub(super) const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";

/// Imports replies, in any order. Rows about the same instance are joined.
pub fn import(files: &[FileId], sources: &Sources, problems: &mut Problems) -> Imported {
    let texts: Vec<_> = files.iter().map(|file| ReplyText::new(*file, sources, SAVE)).collect();
    let mut pages = Vec::new();
    let mut out = Imported::default();
    for (text, file) in texts.iter().zip(files) {
        for value in text.values(problems) {
            let found = ReplyPage::open(value, problems);
            let path = sources.path(*file);
            let lines = found.iter().map(|page| format!("{path}: {}", page.summary(problems)));
            out.read.extend(lines);
            pages.extend(found);
        }
    }
    super::pages::report_missing(&pages, problems);
    let mut reader = ReplyReader {
        problems,
        out,
        indices: BTreeMap::new(),
        seen: BTreeMap::new(),
        unknown_schedules: Vec::new(),
    };
    for kind in ReplyKind::IN_ORDER {
        for page in pages.iter().filter(|page| page.kind == kind) {
            for row in &page.rows {
                if let Some(row) = ReplyObject::open(*row, kind.one(), reader.problems) {
                    reader.row(kind, &row);
                }
            }
        }
    }
    reader.complete_groups();
    reader.report_unknown_schedules();
    reader.out.work = texts.iter().map(ReplyText::work).sum();
    reader.out
}

/// The state of an import.
pub(super) struct ReplyReader<'a> {
    pub(super) problems: &'a mut Problems,
    pub(super) out: Imported,
    /// Index of each instance in `out.instances`.
    pub(super) indices: BTreeMap<Name, usize>,
    /// Instances of which it is unknown whether a release is scheduled.
    pub(super) unknown_schedules: Vec<Spanned<String>>,
    /// The span of the first row of each kind and id.
    seen: BTreeMap<(ReplyKind, Name), Span>,
}

impl ReplyReader<'_> {
    fn row(&mut self, kind: ReplyKind, row: &ReplyObject<'_>) {
        match kind {
            ReplyKind::Instances => self.instance(row),
            ReplyKind::Groups => self.group(row),
            ReplyKind::Disks => self.disk(row),
            ReplyKind::Members => self.member(row),
            ReplyKind::Renewals => self.renewal(row),
            ReplyKind::States => self.status(row),
            // Events do not change the fleet. They are counted when their page is opened.
            ReplyKind::SystemEvents | ReplyKind::Notifications => {}
        }
    }

    /// Warns that a part of a reply is not used as it is.
    pub(super) fn left_out(&mut self, span: Span, title: String, label: &str) {
        self.problems.add(Problem::at(Code::LeftOut, span, title, label));
    }

    /// Whether a row is the first of its kind with this id; warns if it is not.
    pub(super) fn is_first(&mut self, kind: ReplyKind, id: &Spanned<Name>) -> bool {
        let first = match self.seen.entry((kind, id.value.clone())) {
            Entry::Vacant(slot) => {
                slot.insert(id.span);
                return true;
            }
            Entry::Occupied(first) => *first.get(),
        };
        let title = format!("`{}` appears a second time", id.value);
        let label = if id.contains('*') {
            "its id is masked, so it may be another object; left out"
        } else {
            "left out; the first one is used"
        };
        let problem = Problem::at(Code::LeftOut, id.span, title, label);
        self.problems.add(problem.and_at(first, "the first one"));
        false
    }

    /// Index of the instance that a row of another reply names; warns if no reply lists it.
    pub(super) fn known(&mut self, id: &Spanned<Name>, what: &str) -> Option<usize> {
        let found = self.indices.get(&id.value).copied();
        if found.is_none() {
            let title = format!("{what} of `{}`, which no DescribeInstances reply lists", id.value);
            self.left_out(id.span, title, "left out");
        }
        found
    }

    /// A status row contains nothing beyond the list of instances; only its id is checked.
    fn status(&mut self, row: &ReplyObject<'_>) {
        if let Some(id) = row.id("InstanceId", self.problems) {
            self.known(&id, "a state");
        }
    }
}
