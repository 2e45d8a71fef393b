//! Which reply a page is, where its rows are, and whether pages are missing.

use super::event_counts;
use super::reply_kind::{Kind, SAVE};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::import::fields::{Row, items};
use crate::import::json::{Piece, Shape, shown};
use std::collections::{BTreeMap, BTreeSet};

/// A call whose reply is read: `{"<list>": {"<item>": [ … ]}}`.
struct Call {
    kind: Kind,
    name: &'static str,
    list: &'static str,
    item: &'static str,
}

#[rustfmt::skip]
const CALLS: [Call; 7] = [
    Call { kind: Kind::Instances, name: "DescribeInstances", list: "Instances", item: "Instance" },
    Call { kind: Kind::Disks, name: "DescribeDisks", list: "Disks", item: "Disk" },
    Call { kind: Kind::Members, name: "DescribeScalingInstances", list: "ScalingInstances", item: "ScalingInstance" },
    Call { kind: Kind::Groups, name: "DescribeScalingGroups", list: "ScalingGroups", item: "ScalingGroup" },
    Call { kind: Kind::Renewals, name: "DescribeInstanceAutoRenewAttribute", list: "InstanceRenewAttributes", item: "InstanceRenewAttribute" },
    Call { kind: Kind::States, name: "DescribeInstancesFullStatus", list: "InstanceFullStatusSet", item: "InstanceFullStatusType" },
    Call { kind: Kind::SystemEvents, name: "DescribeInstanceHistoryEvents", list: "InstanceSystemEventSet", item: "InstanceSystemEventType" },
];

/// Rows of one kind, as one reply lists them.
pub(super) struct Page<'t> {
    pub(super) kind: Kind,
    pub(super) rows: Vec<Piece<'t>>,
    /// How many there are on all pages, as this one says.
    total: Option<Spanned<u32>>,
    /// The region that it is about, if it says so.
    region: Option<String>,
}

impl<'t> Page<'t> {
    /// What a reply lists; reported if it cannot be read.
    pub(super) fn open(piece: Piece<'t>, problems: &mut Problems) -> Vec<Self> {
        let shape = piece.shape();
        if !matches!(shape, Shape::Object(_)) {
            let kind = shape.kind();
            if let Shape::List(rows) = shape
                && !rows.is_empty()
                && rows.iter().all(|row| is_notification(*row))
            {
                return vec![Self { kind: Kind::Notifications, rows, total: None, region: None }];
            }
            problems.add(no_reply(piece.span(), &format!("this is {kind}")));
            return Vec::new();
        }
        let Some(reply) = Row::open(piece, "a reply", problems) else { return Vec::new() };
        let listed: Vec<_> =
            CALLS.iter().filter_map(|call| Some((call, reply.piece(call.list)?))).collect();
        if listed.is_empty() && CALLS.iter().all(|call| reply.piece(call.item).is_none()) {
            let problem = unreadable(&reply, problems);
            problems.add(problem);
        }
        let total = reply.number("TotalCount", problems);
        let mut pages = Vec::new();
        // A record of one thing, as inventories keep it: `{"Instance": { … }, "Disks": { … }}`.
        for call in CALLS.iter().filter(|call| call.item != call.list) {
            let Some(one) = reply.piece(call.item) else { continue };
            let rows = match one.shape() {
                Shape::List(rows) => rows,
                Shape::Null
                | Shape::Flag(_)
                | Shape::Number(_)
                | Shape::Text(_)
                | Shape::Object(_)
                | Shape::Broken => vec![one],
            };
            pages.push(Self { kind: call.kind, rows, total: None, region: None });
        }
        for (call, list) in listed {
            let Some(rows) = items(call.list, list, call.item, problems) else { continue };
            let region = region(&reply, rows.first().copied());
            pages.push(Self { kind: call.kind, rows, total, region });
        }
        pages
    }

    /// What it holds, for a person.
    pub(super) fn in_words(&self, problems: &mut Problems) -> String {
        let mut words = self.kind.count(self.rows.len());
        if let Some(total) = self.total.filter(|total| **total as usize != self.rows.len()) {
            words.push_str(&format!(" of {}", *total));
        }
        if matches!(self.kind, Kind::SystemEvents | Kind::Notifications) {
            words.push_str(&event_counts::by_kind(self.kind, &self.rows, problems));
        }
        words
    }
}

fn is_notification(piece: Piece<'_>) -> bool {
    matches!(piece.shape(), Shape::Object(fields) if fields.first.contains_key("product"))
}

/// The region of a reply, or of its first row: one call is about one region. What is wrong
/// with the row is reported when it is read.
fn region(reply: &Row<'_>, first: Option<Piece<'_>>) -> Option<String> {
    let mut unheard = Problems::default();
    let first = first.and_then(|row| Row::open(row, "a row", &mut unheard));
    let mut rows = [Some(reply), first.as_ref()].into_iter().flatten();
    rows.find_map(|row| row.text("RegionId", &mut unheard)).map(|region| region.value.into_owned())
}

/// The message that a reply is none of those that are read.
fn unreadable(reply: &Row<'_>, problems: &mut Problems) -> Problem {
    if let (Some(code), Some(message)) =
        (reply.text("Code", problems), reply.text("Message", problems))
    {
        let title = format!("the provider refused the call: `{}`", shown(&code));
        let problem = Problem::at(Code::BadReply, code.span, title, "this is no list");
        let problem = problem.and_at(message.span, "what it says");
        return problem
            .help("run the call again with credentials that allow it, and save the output");
    }
    let lists = || CALLS.iter().map(|call| call.list);
    let close = reply.keys().find_map(|key| closest(key, lists()).first().copied());
    no_reply(reply.span, "unknown reply").did_you_mean(close.as_slice())
}

fn no_reply(span: Span, label: &str) -> Problem {
    let names: Vec<&str> = CALLS.iter().map(|call| call.name).collect();
    let title = "this is no reply that can be read";
    // It may be a file of any kind.
    Problem::at(Code::BadReply, span, title, label)
        .unquoted()
        .help(SAVE)
        .note(format!("read are replies of {}, and lists of event notifications", names.join(", ")))
}

/// Reports where all pages of a kind, a region and a total hold fewer rows than that total.
/// Only that is reported: a total that is too small does not cover the rows that are there.
pub(super) fn tell_missing(pages: &[Page<'_>], problems: &mut Problems) {
    let mut found = BTreeMap::new();
    let mut with_rows = BTreeSet::new();
    for page in pages {
        let Some(total) = page.total else { continue };
        let (rows, _) =
            found.entry((page.kind, *total, page.region.as_deref())).or_insert((0, total.span));
        *rows += page.rows.len();
        if !page.rows.is_empty() {
            with_rows.insert((page.kind, *total));
        }
    }
    for ((kind, total, _), (rows, span)) in found {
        // A page behind the last one is empty, and does not say of which region.
        let behind = rows == 0 && with_rows.contains(&(kind, total));
        if rows >= total as usize || behind {
            continue;
        }
        let here = format!("{rows} {} here", if rows == 1 { "is" } else { "are" });
        let title = format!("the reply speaks of {}, and {here}", kind.count(total as usize));
        let problem = Problem::at(Code::LeftOut, span, title, "more than are here");
        let problem = problem.note("what is on pages that are not here takes no part");
        problems.add(problem.help("add the other pages, or let `--pager` fetch them all"));
    }
}
