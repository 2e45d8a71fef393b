//! Alibaba Cloud: replies of ECS and Auto Scaling as the command-line client prints them.
//!
//! Each list is wrapped twice (`Instances.Instance[]`), times have minute
//! precision, and a missing term is a date far in the future. Field names are
//! those of the API references of the calls that `pages` lists. It must never
//! stop at the first mistake, nor pass over a row without a word.

mod disks;
mod events;
mod groups;
mod instances;
mod pages;
mod renewals;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use self::pages::{Kind, Page};
use super::Imported;
use super::json::Text;
use super::row::Row;
use crate::text::{Code, FileId, Name, Place, Problem, Problems, Sources, Spanned};

/// The attributes by which policies know the protections.
const DELETION_PROTECTION: &str = "DeletionProtection";
const PROTECTED: &str = "ProtectedFromScaleIn";
const STANDBY: &str = "Standby";
const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";

/// How to come by a reply.
const SAVE: &str = "save what the client prints as it prints it, such as with `aliyun ecs DescribeInstances > instances.json`";

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
    pages::tell_missing(&pages, problems);
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
struct Reader<'a> {
    problems: &'a mut Problems,
    out: Imported,
    /// Where each instance stands in `out`.
    at: BTreeMap<Name, usize>,
    /// Instances of which no reply says whether a release is scheduled.
    unscheduled: Vec<Spanned<String>>,
    /// Where each row was first read.
    seen: BTreeMap<(Kind, Name), Place>,
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
    fn left_out(&mut self, place: Place, title: String, label: &str) {
        self.problems.add(Problem::at(Code::LeftOut, place, title, label));
    }

    /// Whether a row is the first of its kind with that id; told, if it is not.
    fn is_first(&mut self, kind: Kind, id: &Spanned<Name>) -> bool {
        let first = match self.seen.entry((kind, id.value.clone())) {
            Entry::Vacant(slot) => {
                slot.insert(id.place);
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
        let problem = Problem::at(Code::LeftOut, id.place, title, label);
        self.problems.add(problem.and_at(first, "the first one"));
        false
    }

    /// The instance that another reply speaks of; strangers are reported.
    fn known(&mut self, id: &Spanned<Name>, what: &str) -> Option<usize> {
        let found = self.at.get(&id.value).copied();
        if found.is_none() {
            let title = format!("{what} of `{}`, which no DescribeInstances reply lists", id.value);
            self.left_out(id.place, title, "left out; nothing is invented");
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
