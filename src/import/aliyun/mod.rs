//! Alibaba Cloud: replies of ECS and Auto Scaling as the command-line client prints them.
//!
//! Each list is wrapped twice (`Instances.Instance[]`), times have minute
//! precision, and a missing term is a date far in the future. Field names are
//! those of the API references of `DescribeInstances`, `DescribeDisks`,
//! `DescribeScalingInstances` and `DescribeScalingGroups`.

mod parts;
mod replies;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use self::parts::GROUP_DELETION_PROTECTION;
use self::replies::{Disk, Group, Instance, Member, Renews, Wrapped, text_of};
use super::{Imported, place_of};
use crate::fleet::{GroupPart, ProtectPart};
use crate::text::{Code, FileId, Name, Place, Problem, Problems, Sources, Spanned, many};

/// Reads replies, in any order; what one says of an instance of another is joined.
pub fn import(texts: &[FileId], sources: &Sources, problems: &mut Problems) -> Imported {
    let mut reader = Reader { sources, problems, out: Imported::default(), at: BTreeMap::new() };
    let mut later = Vec::new();
    for file in texts {
        let stream = serde_json::Deserializer::from_str(sources.text(*file)).into_iter::<Json>();
        let mut pages = 0;
        for page in stream {
            pages += 1;
            match page {
                Ok(page) => later.extend(reader.page(*file, &page)),
                Err(error) => {
                    reader.not_json(*file, &error);
                    break;
                }
            }
        }
        if pages == 0 {
            let title = "the file holds no reply";
            let place = sources.whole(*file);
            reader.problems.add(Problem::at(Code::Syntax, place, title, "empty"));
        }
    }
    // What is said of instances waits until every instance is known.
    for page in later {
        reader.join(page);
    }
    reader.finish()
}

/// A reply that says something of instances that another reply lists.
enum Later {
    Disks(FileId, Vec<Disk>),
    Members(FileId, Vec<Member>),
    Renewals(FileId, Vec<Renews>),
    Status(FileId, Vec<Json>),
}

struct Reader<'a> {
    sources: &'a Sources,
    problems: &'a mut Problems,
    out: Imported,
    at: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn not_json(&mut self, file: FileId, error: &serde_json::Error) {
        let text = self.sources.text(file);
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place { start, end: start + 1, ..self.sources.whole(file) };
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        let title = format!("this is not a reply in JSON: {reason}");
        self.problems.add(
            Problem::at(Code::Syntax, place, title, "reading stopped here")
                .help("save the client's output as it prints it, such as with `aliyun ecs DescribeInstances > file.json`"),
        );
    }

    /// Takes in a reply; what depends on others comes back.
    fn page(&mut self, file: FileId, page: &Json) -> Option<Later> {
        if let Json::Array(items) = page
            && items.iter().all(|item| item.get("product").is_some())
        {
            self.count(file, "event notifications", items, |item| text_of(item, "name"));
            return None;
        }
        let said = page.get("TotalCount").and_then(Json::as_u64);
        let rows = |page: &Json, outer: &str| page.get(outer).map(|inner| Wrapped(inner.clone()));
        if let Some(list) = rows(page, "Instances") {
            let instances: Vec<Instance> = self.typed(file, list.items());
            self.say(file, "instance", instances.len(), said);
            instances.into_iter().for_each(|instance| self.instance(file, instance));
            None
        } else if let Some(list) = rows(page, "Disks") {
            let disks: Vec<Disk> = self.typed(file, list.items());
            self.say(file, "disk", disks.len(), said);
            Some(Later::Disks(file, disks))
        } else if let Some(list) = rows(page, "ScalingInstances") {
            let members: Vec<Member> = self.typed(file, list.items());
            self.say(file, "group member", members.len(), said);
            Some(Later::Members(file, members))
        } else if let Some(list) = rows(page, "ScalingGroups") {
            let groups: Vec<Group> = self.typed(file, list.items());
            self.say(file, "scaling group", groups.len(), said);
            groups.into_iter().for_each(|group| self.group(file, group));
            None
        } else if let Some(list) = rows(page, "InstanceRenewAttributes") {
            let renewals: Vec<Renews> = self.typed(file, list.items());
            self.say(file, "renewal settings", renewals.len(), said);
            Some(Later::Renewals(file, renewals))
        } else if let Some(list) = rows(page, "InstanceFullStatusSet") {
            self.say(file, "instance state", list.items().len(), said);
            Some(Later::Status(file, list.items().to_vec()))
        } else if let Some(list) = rows(page, "InstanceSystemEventSet") {
            self.count(file, "system events", list.items(), |event| {
                let kind = event.get("EventType").map(|kind| text_of(kind, "Name"));
                kind.unwrap_or_default()
            });
            None
        } else {
            let place = self.sources.whole(file);
            let title = "this is no reply that can be read";
            self.problems.add(
                Problem::at(Code::BadReply, Place { end: place.start + 1, ..place }, title, "unknown reply")
                    .note("read are replies of DescribeInstances, DescribeDisks, DescribeScalingInstances, DescribeScalingGroups, DescribeInstanceAutoRenewAttribute, DescribeInstancesFullStatus and DescribeInstanceHistoryEvents, and event notifications"),
            );
            None
        }
    }

    /// The rows of a reply, as far as each makes sense.
    fn typed<T: DeserializeOwned>(&mut self, file: FileId, rows: &[Json]) -> Vec<T> {
        let mut typed = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            match serde_json::from_value(row.clone()) {
                Ok(row) => typed.push(row),
                Err(error) => {
                    let id = text_of(row, "InstanceId");
                    let title = format!("row {} makes no sense: {error}", number + 1);
                    let place = place_of(&id, file, self.sources);
                    self.problems.add(Problem::at(Code::BadReply, place, title, "in this row"));
                }
            }
        }
        typed
    }

    fn say(&mut self, file: FileId, what: &str, rows: usize, said: Option<u64>) {
        let path = self.sources.path(file);
        let mut line = format!("{path}: {}", many(rows, what));
        if let Some(said) = said.filter(|said| *said != rows as u64) {
            line.push_str(&format!(", though the reply speaks of {said}"));
        }
        self.out.read.push(line);
    }

    /// Rows that change nothing in a fleet are counted by kind.
    fn count(&mut self, file: FileId, what: &str, rows: &[Json], kind: impl Fn(&Json) -> String) {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            *kinds.entry(kind(row)).or_default() += 1;
            if let Some(status) = row.get("EventCycleStatus") {
                *states.entry(text_of(status, "Name")).or_default() += 1;
            }
        }
        let list = |counts: &BTreeMap<String, usize>| {
            let mut counts: Vec<_> = counts.iter().collect();
            counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
            counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
        };
        let path = self.sources.path(file);
        let mut line = format!("{path}: {} {what}: {}", rows.len(), list(&kinds));
        if !states.is_empty() {
            line.push_str(&format!("; {}", list(&states)));
        }
        self.out.read.push(line);
    }

    fn left_out(&mut self, place: Place, title: String, label: &str) {
        self.problems.add(Problem::at(Code::LeftOut, place, title, label));
    }

    fn join(&mut self, page: Later) {
        match page {
            Later::Disks(file, disks) => {
                disks.into_iter().for_each(|disk| self.disk(file, disk));
            }
            Later::Members(file, members) => {
                members.into_iter().for_each(|member| self.member(file, member));
            }
            Later::Renewals(file, renewals) => {
                renewals.iter().for_each(|renewal| self.renewal(file, renewal));
            }
            Later::Status(file, rows) => {
                for row in rows {
                    let id = text_of(&row, "InstanceId");
                    self.known(file, &id, "a state");
                }
            }
        }
    }

    /// Groups that members name and no reply describes are taken in without bounds.
    fn finish(mut self) -> Imported {
        let named: Vec<Spanned<Name>> =
            self.out.instances.iter().filter_map(|(_, part)| part.group.clone()).collect();
        for name in named {
            if self.out.groups.iter().any(|(known, _)| *known.value == *name.value.0) {
                continue;
            }
            let title = format!("no DescribeScalingGroups reply lists the group `{}`", name.value);
            self.left_out(
                name.place,
                title,
                "taken in without bounds and without protection known",
            );
            let part = GroupPart {
                protect: ProtectPart {
                    on: Vec::new(),
                    unknown: vec![Spanned::new(GROUP_DELETION_PROTECTION.to_owned(), name.place)],
                },
                ..GroupPart::default()
            };
            self.out.groups.push((Spanned::new(name.value.to_string(), name.place), part));
        }
        self.out
    }
}
