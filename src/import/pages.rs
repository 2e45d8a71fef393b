//! Finds pages in values. A page has the rows of one call in one reply; objects and lists may wrap
//! it.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{ListedCall, RowPlace};
use super::calls::{CALLS, calls_of};
use super::fields::{ReplyObject, items};
use super::json::{JsonValue, Piece, shown};
use super::state_file;
use crate::diagnostics::{Code, Problem, Problems, Severity, Span, Spanned, closest};

/// Largest depth to which wrappings are searched.
const DEEPEST: u8 = 6;

/// Keys under which tools put the reply itself.
const ENVELOPES: [&str; 4] = ["body", "data", "value", "response"];

/// The help line on how to save a reply, with a call of the provider that `from:` names.
pub(super) fn how_to_save(from: Option<&str>) -> &'static str {
    match from {
        Some("azure") => {
            "save the output of the client unchanged, such as with `az vm list -d > machines.json`"
        }
        Some("terraform") => {
            "save the output of the client unchanged, such as with `terraform show -json > state.json`"
        }
        _ => {
            "save the output of the client unchanged, such as with `aliyun ecs DescribeInstances > instances.json`"
        }
    }
}

/// The rows of one call in one reply.
pub(super) struct ReplyPage<'t> {
    pub(super) call: &'static ListedCall,
    pub(super) rows: Vec<Piece<'t>>,
    /// Number of rows on all pages, `TotalCount`; `None` if the reply does not contain it.
    total: Option<Spanned<u32>>,
    /// The region; `None` if the reply does not contain it.
    region: Option<String>,
    /// The span of the address or token of the next page; `None` if the reply has neither.
    next: Option<Span>,
}

/// The search for pages in the values of one file.
pub(super) struct Unwrapping<'p> {
    /// The provider that `from:` names.
    pub(super) from: Option<&'p str>,
    /// The name of the file in lower case: it identifies the call of an empty list.
    pub(super) file: &'p str,
    pub(super) problems: &'p mut Problems,
}

impl Unwrapping<'_> {
    /// The pages of a value; empty, with an error, if it cannot be read.
    pub(super) fn open<'t>(&mut self, piece: Piece<'t>) -> Vec<ReplyPage<'t>> {
        let mut found = Problems::default();
        let mut pages = Vec::new();
        let (from, file) = (self.from, self.file);
        Unwrapping { from, file, problems: &mut found }.unwrap(piece, 0, &mut pages);
        match from.filter(|_| pages.is_empty()).and_then(|from| self.of_another(from, piece)) {
            Some(problem) => self.problems.add(problem),
            None => self.problems.extend(found),
        }
        pages
    }

    /// The problem that a value without pages of the provider `from` is a reply of another one;
    /// `None` if it is not.
    fn of_another(&self, from: &str, piece: Piece<'_>) -> Option<Problem> {
        let mut ignored = Problems::default();
        let any = Unwrapping { from: None, file: self.file, problems: &mut ignored }.open(piece);
        let call = any.first().map(|page| page.call).filter(|call| call.from != from)?;
        let title = format!("the file is a reply of {}, and `from` is `{from}`", call.name());
        let problem = Problem::at(Code::BadReply, piece.span(), title, "a reply").unquoted();
        Some(problem.help(format!("write `{}` instead, or leave `from` out", call.from)))
    }

    fn unwrap<'t>(&mut self, piece: Piece<'t>, depth: u8, pages: &mut Vec<ReplyPage<'t>>) {
        let shape = piece.shape();
        match shape {
            JsonValue::List(rows) if depth < DEEPEST => self.list(piece, rows, depth, pages),
            JsonValue::Object(_) if depth < DEEPEST => {
                let Some(reply) = ReplyObject::open(piece, "a reply", self.problems) else {
                    return;
                };
                self.object(piece, &reply, depth, pages);
            }
            JsonValue::Null
            | JsonValue::Flag(_)
            | JsonValue::Number(_)
            | JsonValue::Text(_)
            | JsonValue::List(_)
            | JsonValue::Object(_)
            | JsonValue::Broken => {
                let label = format!("found {}", shape.kind());
                self.problems.add(self.unknown_reply(piece.span(), &label));
            }
        }
    }

    /// Reads a list whose items are rows, replies, or lists of these.
    fn list<'t>(
        &mut self,
        piece: Piece<'t>,
        rows: Vec<Piece<'t>>,
        depth: u8,
        pages: &mut Vec<ReplyPage<'t>>,
    ) {
        if rows.is_empty() {
            return self.empty_list(piece, pages);
        }
        let mut found: Vec<(&'static ListedCall, Vec<Piece<'t>>)> = Vec::new();
        let mut is_reported = false;
        for row in rows {
            let like = found.last().map(|(call, _)| *call);
            let is_object = row.opens() == Some('{');
            let call = is_object.then(|| self.call_of(row, like)).flatten();
            match call {
                Some(call) => {
                    match found.iter_mut().find(|(known, _)| std::ptr::eq(*known, call)) {
                        Some((_, rows)) => rows.push(row),
                        None => found.push((call, vec![row])),
                    }
                }
                None if !is_reported && let Some((call, key)) = self.foreign_row(row) => {
                    self.problems.add(foreign(call, key, row.span()));
                    is_reported = true;
                }
                None if row.opens().is_some() && !is_reported => {
                    let before = self.problems.count(Severity::Error);
                    self.unwrap(row, depth + 1, pages);
                    // One such mistake is enough for a list. After a warning, such as one about an
                    // empty page, the pages that follow are read.
                    is_reported = self.problems.count(Severity::Error) > before;
                }
                None if !is_reported => {
                    let label = format!("found {}", row.shape().kind());
                    self.problems.add(self.unknown_reply(row.span(), &label));
                    is_reported = true;
                }
                None => {}
            }
        }
        let page = |(call, rows)| ReplyPage { call, rows, total: None, region: None, next: None };
        pages.extend(found.into_iter().map(page));
    }

    /// The call of which an object is a row. `like`, the call of the row before it, is tried first.
    fn call_of(
        &self,
        row: Piece<'_>,
        like: Option<&'static ListedCall>,
    ) -> Option<&'static ListedCall> {
        let mut ignored = Problems::default();
        let row = ReplyObject::open(row, "a row", &mut ignored)?;
        if let Some(like) = like.filter(|like| like.is_row(&row)) {
            return Some(like);
        }
        calls_of(self.from).find(|call| call.is_row(&row))
    }

    /// The call whose keys an object has, and the key that shows that the object belongs to another
    /// service.
    fn foreign_row(&self, row: Piece<'_>) -> Option<(&'static ListedCall, &'static str)> {
        let mut ignored = Problems::default();
        let is_object = row.opens() == Some('{');
        let row = ReplyObject::open(row, "a row", &mut ignored).filter(|_| is_object)?;
        calls_of(self.from).find_map(|call| Some((call, call.foreign_row(&row)?)))
    }

    fn object<'t>(
        &mut self,
        piece: Piece<'t>,
        reply: &ReplyObject<'t>,
        depth: u8,
        pages: &mut Vec<ReplyPage<'t>>,
    ) {
        if state_file::is_state(reply) {
            return self.state(reply, pages);
        }
        let before = pages.len();
        self.wrapped(reply, pages);
        if pages.len() > before || self.has_list(reply) {
            return;
        }
        if let Some(call) = calls_of(self.from).find(|call| call.is_row(reply)) {
            let rows = vec![piece];
            return pages.push(ReplyPage { call, rows, total: None, region: None, next: None });
        }
        if let Some((call, key)) = self.foreign_row(piece) {
            return self.problems.add(foreign(call, key, reply.span));
        }
        let inner = ENVELOPES
            .iter()
            .find_map(|key| reply.piece(key))
            .filter(|inner| inner.opens().is_some() && depth + 1 < DEEPEST);
        let Some(inner) = inner else {
            let problem = self.unreadable(reply);
            return self.problems.add(problem);
        };
        self.unwrap(inner, depth + 1, pages);
        let next = reply.piece("nextLink");
        if let Some(next) = next.filter(|next| !next.shape().is_blank())
            && let Some(page) = pages.get_mut(before..).and_then(|pages| pages.last_mut())
        {
            page.next = Some(next.span());
        }
    }

    fn has_list(&self, reply: &ReplyObject<'_>) -> bool {
        calls_of(self.from).any(|call| match &call.found {
            RowPlace::Wrapped { list, item, .. } => {
                reply.piece(list).is_some() || reply.piece(item).is_some()
            }
            RowPlace::Bare(_) | RowPlace::Resource(..) | RowPlace::StateOf(_) => false,
        })
    }

    /// Reads lists that are wrapped twice, and single objects beside them, as in an inventory:
    /// `{"Instance": { … }, "Disks": { … }}`.
    fn wrapped<'t>(&mut self, reply: &ReplyObject<'t>, pages: &mut Vec<ReplyPage<'t>>) {
        let lists = calls_of(self.from).filter_map(|call| match &call.found {
            RowPlace::Wrapped { list, item, .. } => Some((call, *list, *item)),
            RowPlace::Bare(_) | RowPlace::Resource(..) | RowPlace::StateOf(_) => None,
        });
        let lists: Vec<_> = lists.filter(|(_, list, item)| list != item).collect();
        for (call, _, item) in &lists {
            let Some(one) = reply.piece(item) else { continue };
            let rows = match one.shape() {
                JsonValue::List(rows) => rows,
                JsonValue::Null
                | JsonValue::Flag(_)
                | JsonValue::Number(_)
                | JsonValue::Text(_)
                | JsonValue::Object(_)
                | JsonValue::Broken => vec![one],
            };
            pages.push(ReplyPage { call, rows, total: None, region: None, next: None });
        }
        let found: Vec<_> = lists
            .iter()
            .filter_map(|(call, list, item)| Some((*call, list, item, reply.piece(list)?)))
            .collect();
        let total = if found.is_empty() { None } else { reply.number("TotalCount", self.problems) };
        // A reply may have a token although all of its total is there; without a total, a token
        // is the only sign of a further page.
        let has_total = total.is_some_and(|total| *total > 0);
        let next = reply.piece("NextToken").filter(|_| !has_total);
        let next = next.filter(|next| !next.shape().is_blank()).map(Piece::span);
        for (call, list, item, piece) in found {
            let Some(rows) = items(list, piece, item, self.problems) else { continue };
            let mut ignored = Problems::default();
            let first = rows.first().and_then(|row| ReplyObject::open(*row, "a row", &mut ignored));
            if let Some(key) = first.as_ref().and_then(|first| call.foreign(first)) {
                self.problems.add(foreign(
                    call,
                    key,
                    first.as_ref().map_or(reply.span, |f| f.span),
                ));
                continue;
            }
            let region = region(reply, first.as_ref());
            pages.push(ReplyPage { call, rows, total, region, next });
        }
    }

    /// The resources of a state file, one page for each type that is read.
    fn state<'t>(&mut self, reply: &ReplyObject<'t>, pages: &mut Vec<ReplyPage<'t>>) {
        let mut found: BTreeMap<String, Vec<Piece<'t>>> = BTreeMap::new();
        let is_read = state_file::resources(reply, self.problems, &mut |kind, row| {
            found.entry(kind.to_owned()).or_default().push(row);
        });
        if !is_read {
            return;
        }
        let mut known = false;
        for call in calls_of(self.from) {
            let RowPlace::StateOf(kind) = &call.found else { continue };
            let Some(rows) = found.remove(*kind) else { continue };
            known = true;
            pages.push(ReplyPage { call, rows, total: None, region: None, next: None });
        }
        let others: usize = found.values().map(Vec::len).sum();
        if !known {
            let kinds: Vec<&str> = CALLS
                .iter()
                .filter_map(|call| match call.found {
                    RowPlace::StateOf(kind) => Some(kind),
                    RowPlace::Wrapped { .. } | RowPlace::Bare(_) | RowPlace::Resource(..) => None,
                })
                .collect();
            let title = "the state holds no resource that is read";
            let label = format!("{others} resources of other types");
            let problem = Problem::at(Code::LeftOut, reply.span, title, label);
            self.problems.add(problem.note(format!("read are: {}", kinds.join(", "))));
        }
    }

    /// An empty list has no rows that identify its call; the name of its file may identify it.
    fn empty_list<'t>(&mut self, piece: Piece<'t>, pages: &mut Vec<ReplyPage<'t>>) {
        let named = |call: &&ListedCall| {
            let word = call.one.rsplit(' ').next().unwrap_or_default();
            matches!(call.found, RowPlace::Bare(_) | RowPlace::Resource(..))
                && self.file.contains(word)
        };
        if let Some(call) = calls_of(self.from).find(named) {
            let rows = Vec::new();
            return pages.push(ReplyPage { call, rows, total: None, region: None, next: None });
        }
        let title = "the list is empty, so that it is not known which call it is of";
        let problem = Problem::at(Code::LeftOut, piece.span(), title, "nothing is read from it");
        let help = "put the word for its rows into the name of the file, such as `locks.json`";
        self.problems.add(problem.help(help));
    }

    /// The problem for an object that is no reply: a refused call, or an unknown one.
    fn unreadable(&mut self, reply: &ReplyObject<'_>) -> Problem {
        let inner = reply.piece("error").filter(|inner| inner.opens() == Some('{'));
        let inner = inner.and_then(|inner| ReplyObject::open(inner, "an error", self.problems));
        let error = inner.as_ref().unwrap_or(reply);
        if let (Some(code), Some(message)) =
            (error.text("Code", self.problems), error.text("Message", self.problems))
        {
            let title = format!("the provider refused the call: `{}`", shown(&code));
            let problem = Problem::at(Code::BadReply, code.span, title, "error code");
            let problem = problem.and_at(message.span, "its message");
            return problem
                .help("run the call again with credentials that allow it, and save the output");
        }
        let lists = || {
            calls_of(self.from).filter_map(|call| match call.found {
                RowPlace::Wrapped { list, .. } => Some(list),
                RowPlace::Bare(_) | RowPlace::Resource(..) | RowPlace::StateOf(_) => None,
            })
        };
        let close = reply.keys().find_map(|key| closest(key, lists()).first().copied());
        self.unknown_reply(reply.span, "unknown reply").did_you_mean(close.as_slice())
    }

    fn unknown_reply(&self, span: Span, label: &str) -> Problem {
        let is_call = |call: &&ListedCall| !matches!(call.found, RowPlace::StateOf(_));
        let mut names: Vec<&str> =
            calls_of(self.from).filter(is_call).map(ListedCall::name).collect();
        if self.from.is_none_or(|from| from == "terraform") {
            names.push("terraform show -json");
        }
        let title = "the file is not a known reply";
        // The file may be of any kind, so its lines are not quoted.
        let problem = Problem::at(Code::BadReply, span, title, label).unquoted();
        let problem = problem.help(how_to_save(self.from));
        let problem = problem.note(format!("known are replies of {}", names.join(", ")));
        problem
            .note("a fleet of any other origin is read from CSV: `instances: { file: fleet.csv }`")
    }
}

fn foreign(call: &ListedCall, key: &str, span: Span) -> Problem {
    let title = format!("the reply is of another service than {}", call.name());
    let problem = Problem::at(Code::BadReply, span, title, format!("it has the key `{key}`"));
    problem.help("leave the file out; its instances are not those of the policies")
}

/// The region of a reply, or of its first row, since one call is about one region. Mistakes of the
/// row are ignored here and reported when the row is read.
fn region(reply: &ReplyObject<'_>, first: Option<&ReplyObject<'_>>) -> Option<String> {
    let mut ignored = Problems::default();
    let mut rows = [Some(reply), first].into_iter().flatten();
    rows.find_map(|row| row.text("RegionId", &mut ignored)).map(|region| region.value.into_owned())
}

/// The contents of some pages as texts, one for each call: `3 instances of 20`.
pub(super) fn summaries(pages: &[ReplyPage<'_>], problems: &mut Problems) -> Vec<String> {
    let mut calls: Vec<&'static ListedCall> = Vec::new();
    for page in pages {
        if !calls.iter().any(|call| std::ptr::eq(*call, page.call)) {
            calls.push(page.call);
        }
    }
    let of_call = |call: &'static ListedCall| {
        let pages = pages.iter().filter(|page| std::ptr::eq(page.call, call));
        let rows: Vec<Piece<'_>> = pages.clone().flat_map(|page| &page.rows).copied().collect();
        let mut words = call.count(rows.len());
        let total = pages.filter_map(|page| page.total).map(|total| *total).max();
        if let Some(total) = total.filter(|total| *total as usize > rows.len()) {
            words.push_str(&format!(" of {total}"));
        }
        words.push_str(&(call.summary)(&rows, problems));
        words
    };
    calls.into_iter().map(of_call).collect()
}

/// Reports missing pages: all pages with the same call, region and total together have fewer rows
/// than the total, or no page is the last one.
pub(super) fn report_missing(pages: &[ReplyPage<'_>], problems: &mut Problems) {
    let mut found = BTreeMap::new();
    let mut with_rows = BTreeSet::new();
    let mut chains = BTreeMap::new();
    for page in pages {
        let (last, next) = chains.entry(page.call.command).or_insert((0, None));
        *last += usize::from(page.next.is_none());
        *next = next.or(page.next);
        let Some(total) = page.total else { continue };
        let (rows, ..) = found
            .entry((page.call.command, *total, page.region.as_deref()))
            .or_insert((0, total.span, page.call));
        *rows += page.rows.len();
        if !page.rows.is_empty() {
            with_rows.insert((page.call.command, *total));
        }
    }
    for ((command, total, _), (rows, span, call)) in found {
        // A page after the last one is empty and does not contain the region.
        let after_last = rows == 0 && with_rows.contains(&(command, total));
        if rows >= total as usize || after_last {
            continue;
        }
        let all = call.count(total as usize);
        let title = format!("the reply is one page of {all}, of which {rows} are here");
        let problem = Problem::at(Code::LeftOut, span, title, "total of all pages");
        let problem = problem.note("rows on missing pages are not imported");
        problems.add(problem.help("add the other pages, or use `--pager` to fetch all of them"));
    }
    for (last, next) in chains.into_values() {
        let Some(next) = next.filter(|_| last == 0) else { continue };
        let title = "the reply is one page of several, and the last one is not here";
        let problem = Problem::at(Code::LeftOut, next, title, "leads to the next page");
        let problem = problem.note("rows on missing pages are not imported");
        problems.add(problem.help("add the other pages"));
    }
}
