//! The state of an import: the rows that were read so far, and the functions that join and report
//! them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::aliyun::names::LISTING;
use super::azure_state::AzureState;
use super::fields::ReplyObject;
use super::imported::{Imported, RowOrigin};
use super::json::shown;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, is_unseen};
use crate::format::{
    Name, TagValue, WrittenGroup, WrittenInstance, WrittenProtect, instance_facts,
};

/// Warnings of one kind that are shown one by one; the others are counted.
const SHOWN_OF_A_KIND: usize = 3;

/// The state of an import.
pub(super) struct FleetReader<'a> {
    pub(super) problems: &'a mut Problems,
    pub(super) out: Imported,
    /// Index of each instance in `out.instances`.
    pub(super) indices: BTreeMap<Name, usize>,
    /// The word of `from:` for the rows that are being read.
    pub(super) from: &'static str,
    /// Sets, machines and locks that are joined when all rows are read.
    pub(super) azure: AzureState,
    /// Facts that no reply shows, each with the number of its subjects.
    pub(super) missing: BTreeMap<Missing, usize>,
    /// Protections in which rows about one object differ, by the first row.
    pub(super) disputed: BTreeSet<(Span, String)>,
    /// The first row of each kind and id.
    seen: BTreeMap<(&'static str, Name), FirstRow>,
    /// Warnings by kind.
    pub(super) folded: BTreeMap<String, Folded>,
}

/// A fact that no reply shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missing {
    pub(super) cloud: &'static str,
    /// `instance` or `group`.
    pub(super) subject: &'static str,
    /// The fact, by its name in the table of calls.
    pub(super) fact: &'static str,
    /// The group of an instance, and the resource group of this group.
    pub(super) group: String,
    pub(super) place: String,
}

impl Missing {
    /// A fact of an instance, which may be a member of a group.
    pub(super) fn of_instance(
        cloud: &'static str,
        fact: &'static str,
        group: &str,
        place: &str,
    ) -> Self {
        Self { cloud, subject: "instance", fact, group: group.into(), place: place.into() }
    }

    /// The members of a group.
    pub(super) fn members_of(cloud: &'static str, group: &str, place: &str) -> Self {
        let (group, place) = (group.into(), place.into());
        Self { cloud, subject: "group", fact: "members", group, place }
    }

    /// A fact of a group.
    pub(super) fn of_group(cloud: &'static str, fact: &'static str) -> Self {
        Self { cloud, subject: "group", fact, group: String::new(), place: String::new() }
    }
}

/// The first row about an object.
#[derive(Clone)]
struct FirstRow {
    span: Span,
    /// The word of `from:` for it.
    from: &'static str,
    /// The facts that it states, each as `key: value`.
    facts: Vec<String>,
}

/// What a row is among those about its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowIs {
    /// The first one.
    First,
    /// A further one, which states the same.
    Again,
    /// One that is not used.
    LeftOut,
}

/// Warnings of one kind.
pub(super) struct Folded {
    shown: Vec<Problem>,
    more: usize,
}

impl<'a> FleetReader<'a> {
    /// A reader that has read nothing.
    pub(super) fn new(out: Imported, problems: &'a mut Problems) -> Self {
        Self {
            problems,
            out,
            indices: BTreeMap::new(),
            from: "",
            azure: AzureState::default(),
            missing: BTreeMap::new(),
            disputed: BTreeSet::new(),
            seen: BTreeMap::new(),
            folded: BTreeMap::new(),
        }
    }

    /// Warns that a part of a reply is not used as it is. Warnings that differ only in names, in
    /// backticks, are of one kind; the first of a kind are shown, and the others are counted.
    pub(super) fn left_out(&mut self, span: Span, title: String, label: &str) {
        self.fold(Problem::at(Code::LeftOut, span, title, label));
    }

    /// Adds a warning; after the first of its kind, the warnings of a kind are only counted.
    pub(super) fn fold(&mut self, problem: Problem) {
        let label = problem.labels.first().map_or("", |(_, label)| label.as_str());
        let kind = format!("{}\n{}", without_names(&problem.title), without_names(label));
        let folded = self.folded.entry(kind).or_insert(Folded { shown: Vec::new(), more: 0 });
        if folded.shown.len() < SHOWN_OF_A_KIND {
            folded.shown.push(problem);
        } else {
            folded.more += 1;
        }
    }

    /// Leaves out tags and resources of an instance with the name of an earlier one.
    pub(super) fn drop_duplicates(&mut self) {
        let mut again = Vec::new();
        for (_, written) in &mut self.out.instances {
            again.extend(written.tags.iter_mut().flat_map(|tags| without_duplicates(&mut tags.0)));
            let resources = written.resources.iter_mut();
            again.extend(resources.flat_map(|resources| without_duplicates(&mut resources.0)));
        }
        for name in again {
            let title = format!("the instance has `{}` twice", name.value);
            self.left_out(name.span, title, "left out; the first one is used");
        }
    }

    /// The value of a tag. Characters that no file and no report contains become spaces, which is
    /// reported.
    pub(super) fn tag_value(&mut self, key: &str, value: &str, span: Span) -> TagValue {
        if !value.contains(is_unseen) {
            return TagValue(value.to_owned());
        }
        let title = format!("the value of the tag `{}` contains hidden characters", shown(key));
        self.left_out(span, title, "each is read as a space");
        TagValue(value.replace(is_unseen, " "))
    }

    /// Counts a fact that no reply shows.
    pub(super) fn missing(&mut self, missing: Missing) {
        *self.missing.entry(missing).or_default() += 1;
    }

    /// Reports the warnings that were kept back.
    pub(super) fn report_folded(&mut self) {
        for mut folded in std::mem::take(&mut self.folded).into_values() {
            if let Some(last) = folded.shown.pop() {
                let last = match folded.more {
                    0 => last,
                    more => last.note(format!("and {more} more of this kind")),
                };
                folded.shown.push(last);
            }
            folded.shown.into_iter().for_each(|problem| self.problems.add(problem));
        }
    }

    /// A field as one of `words`; any other word gives a warning, and the value is unknown.
    pub(super) fn word<W: Copy>(
        &mut self,
        row: &ReplyObject<'_>,
        key: &str,
        words: &[(&str, W)],
    ) -> Option<Spanned<W>> {
        match row.word(key, words, self.problems) {
            Ok(found) => found,
            Err(warning) => {
                self.fold(*warning);
                None
            }
        }
    }

    /// Whether a row is the first of its kind with this id. A further row that states the same
    /// facts, each as `key: value`, is left out with a warning. If it states others, neither is
    /// used, so that the order of the files decides nothing. A listing is read before a state file,
    /// and it is what counts.
    pub(super) fn is_first(
        &mut self,
        kind: &'static str,
        id: &Spanned<Name>,
        facts: Vec<String>,
    ) -> bool {
        self.row_is(kind, id, facts) == RowIs::First
    }

    /// As [`Self::is_first`], for rows whose protections are joined. Facts about protections are
    /// not compared.
    pub(super) fn row_is(
        &mut self,
        kind: &'static str,
        id: &Spanned<Name>,
        mut facts: Vec<String>,
    ) -> RowIs {
        facts.retain(|fact| !fact.starts_with("protect: "));
        let first = match self.seen.entry((kind, id.value.clone())) {
            Entry::Vacant(slot) => {
                slot.insert(FirstRow { span: id.span, from: self.from, facts });
                return RowIs::First;
            }
            Entry::Occupied(first) => first.get().clone(),
        };
        if first.from != self.from {
            return RowIs::LeftOut;
        }
        let FirstRow { span: first, facts: known, .. } = first;
        let is_masked = id.contains('*');
        if known != facts && !is_masked {
            let other = |of: &[String], than: &[String]| -> Vec<String> {
                of.iter().filter(|fact| !than.contains(fact)).cloned().collect()
            };
            let sides = [(first, other(&known, &facts)), (id.span, other(&facts, &known))];
            self.contradiction(&id.value, sides);
            return RowIs::LeftOut;
        }
        let title = format!("`{}` appears a second time", id.value);
        let label = if is_masked {
            "its id is masked, so it may be another object; left out"
        } else {
            "left out: it describes the same object"
        };
        let problem = Problem::at(Code::LeftOut, id.span, title, label);
        self.fold(problem.and_at(first, "the first one"));
        if is_masked { RowIs::LeftOut } else { RowIs::Again }
    }

    /// Refuses two rows about one object, given by their spans and the facts that only one states.
    pub(super) fn contradiction(&mut self, name: &str, sides: [(Span, Vec<String>); 2]) {
        let title = format!("two replies describe `{}` differently", shown(name));
        let [(first, one), (second, other)] = sides;
        let label = |facts: Vec<String>| {
            if facts.is_empty() {
                return "states nothing that the other does not".to_owned();
            }
            format!("states `{}`", shown(&facts.join(", ")))
        };
        let problem = Problem::at(Code::BadReply, second, title, label(other));
        let problem = problem.and_at(first, label(one));
        let help = "keep the later reply, and leave out the other one";
        self.problems.add(problem.note("which of them is right is not known").help(help));
    }

    /// Adds an instance of a cloud, or joins its protections with those that an earlier row of its
    /// kind states.
    pub(super) fn list_or_join(
        &mut self,
        cloud: &'static str,
        id: Spanned<Name>,
        written: WrittenInstance,
    ) {
        match self.row_is("instance", &id, instance_facts(&written)) {
            RowIs::First => self.list(cloud, id, written),
            RowIs::Again => {
                let at = self.indices.get(&id.value).copied();
                if let (Some(at), Some(other)) = (at, written.protect) {
                    let (first, known) = &mut self.out.instances[at];
                    let protect = known.protect.get_or_insert_default();
                    let differ = join_protections(
                        &mut self.disputed,
                        &id.value,
                        (first.span, protect),
                        (id.span, &other),
                    );
                    differ.into_iter().for_each(|problem| self.fold(problem));
                }
            }
            RowIs::LeftOut => {}
        }
    }

    /// Adds an instance of a cloud.
    pub(super) fn list(
        &mut self,
        cloud: &'static str,
        id: Spanned<Name>,
        written: WrittenInstance,
    ) {
        self.indices.insert(id.value.clone(), self.out.instances.len());
        self.out.instances.push((id.map(|name| name.0.into_string()), written));
        self.out.origins.push(RowOrigin { from: self.from, cloud });
    }

    /// Adds a group of a cloud.
    pub(super) fn list_group(
        &mut self,
        cloud: &'static str,
        id: Spanned<Name>,
        written: WrittenGroup,
    ) {
        self.out.groups.push((id.map(|name| name.0.into_string()), written));
        self.out.clouds_of_groups.push(cloud);
    }

    /// Index of the instance that a row of another reply names; warns if no reply lists it.
    pub(super) fn known(&mut self, id: &Spanned<Name>, what: &str) -> Option<usize> {
        let found = self.indices.get(&id.value).copied();
        if found.is_none() {
            let title = format!("{what} of `{}`, which no reply lists", id.value);
            let problem = Problem::at(Code::LeftOut, id.span, title, "left out");
            self.fold(problem.help(format!("add what `{LISTING}` prints")));
        }
        found
    }
}

/// Removes entries with the name of an earlier one, and returns their names.
fn without_duplicates<T>(entries: &mut Vec<(Spanned<Name>, T)>) -> Vec<Spanned<Name>> {
    let mut seen = BTreeSet::new();
    let mut again = Vec::new();
    entries.retain(|(name, _)| {
        let is_first = seen.insert(name.value.clone());
        if !is_first {
            again.push(name.clone());
        }
        is_first
    });
    again
}

/// A text without the parts in backticks.
fn without_names(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Joins the protections that two rows about one object state. What only one of them states is
/// used. Those in which they differ are unknown whatever further rows state, and the warning about
/// them is returned; `disputed` has them by the first row.
pub(super) fn join_protections(
    disputed: &mut BTreeSet<(Span, String)>,
    name: &str,
    (span, protect): (Span, &mut WrittenProtect),
    (other_span, other): (Span, &WrittenProtect),
) -> Option<Problem> {
    let has = |list: &[Spanned<String>], name: &str| list.iter().any(|one| one.value == name);
    let mut differing = Vec::new();
    for one in &other.on {
        let name = &one.value;
        if has(&protect.on, name) || disputed.contains(&(span, name.clone())) {
            continue;
        }
        if has(&protect.unknown, name) {
            protect.unknown.retain(|known| known.value != *name);
            protect.on.push(one.clone());
        } else {
            differing.push(name.clone());
        }
    }
    let is_off = |name: &str| !has(&other.on, name) && !has(&other.unknown, name);
    let on_here = protect.on.iter().filter(|one| is_off(&one.value));
    differing.extend(on_here.map(|one| one.value.clone()));
    let is_disputed = |name: &String| disputed.contains(&(span, name.clone()));
    protect.unknown.retain(|one| is_disputed(&one.value) || !is_off(&one.value));
    if differing.is_empty() {
        return None;
    }
    protect.on.retain(|one| !differing.contains(&one.value));
    for name in &differing {
        protect.unknown.push(Spanned::new(name.clone(), span));
        disputed.insert((span, name.clone()));
    }
    let title = format!("two replies state different protections of `{}`", shown(name));
    let label = format!("unknown: {}", differing.join(", "));
    let problem = Problem::at(Code::LeftOut, other_span, title, label);
    let problem = problem.help("keep the later reply, and leave out the other one");
    Some(problem.and_at(span, "the first one"))
}
