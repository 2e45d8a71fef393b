//! The instances of a table that is too large to be kept, row by row.
//!
//! Millions of rows say the same but for their names, their accounts and their times. So the
//! first of each kind is read and settled with all care, and those after it are copies with
//! their own name, account and times in place. What is not plainly right, or would be reported
//! about, leaves the table to the reader that knows every mistake; see [`NeedsFullRead`].

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::csv_stream::{Given, Lines, Row};
use crate::diagnostics::{Problems, Span, Stream};
use crate::fleet::Instance;
use crate::format::{Node, Read, Value, When, WrittenInstance};
use crate::plan::fleet_builder::FleetBuilder;
use crate::plan::setting_checks::lead;
use crate::plan::tables::NeedsFullRead;
use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, Lead, PolicyId};

/// The most kinds of rows that are remembered; a table with more forgets them and begins anew.
const MOST_KINDS: usize = 4_096;

/// What rows that differ in name, account and times only have in common.
struct Kind {
    part: WrittenInstance,
    instance: Instance,
    /// Up to when a release may be set, and to what times are cut.
    window: (SimTime, SimTime, SimSpan),
}

/// The columns in which rows of a kind may differ.
#[derive(Debug, Clone, Copy)]
struct Columns {
    instance: usize,
    account: Option<usize>,
    group: Option<usize>,
    created: Option<usize>,
    joined: Option<usize>,
    expires: Option<usize>,
    auto_release: Option<usize>,
}

/// What the cells say in which a row may differ from others of its kind.
#[derive(Debug, Default)]
struct Own {
    account: Option<AccountId>,
    created: Option<SimTime>,
    joined: Option<SimTime>,
    expires: Option<SimTime>,
    auto_release: Option<SimTime>,
}

/// Takes in every instance of a table; gives the SHA-256 of it.
///
/// # Errors
/// [`NeedsFullRead`], if there is anything to be reported about it.
pub fn read_instances(
    population: &mut FleetBuilder<'_, '_>,
    table: &Stream,
) -> Result<String, NeedsFullRead> {
    let mut known = vec!["instance"];
    known.extend(WrittenInstance::KEYS);
    let mut lines = Lines::open(table, &known, &["instance"])?.ok_or(NeedsFullRead(0))?;
    let columns = Columns::of(&lines).ok_or(NeedsFullRead(0))?;
    let reported = population.resolver.problems.len();
    let mut kinds: HashMap<Box<[u8]>, Kind, FxBuildHasher> = HashMap::default();
    let mut key = Vec::new();
    for number in 1.. {
        let here = NeedsFullRead(number);
        match lines.advance().map_err(|_| here)? {
            Given::Row => {}
            Given::End => break,
            Given::Unclear => return Err(here),
        }
        let row = lines.row();
        let own = columns.own(row, population, &mut key).ok_or(here)?;
        let name = row.cell(columns.instance);
        let copied = kinds.get(&*key).and_then(|kind| kind.copy(&own, population.resolver.start));
        let taken = if let (Some(kind), Some(instance)) = (kinds.get(&*key), copied) {
            population.take_in_plain(name, instance, &kind.part)
        } else {
            let (part, instance) =
                population.settle_row(&row.node(columns.instance)).ok_or(here)?;
            let taken = population.take_in_plain(name, instance, &part);
            if kinds.len() >= MOST_KINDS {
                kinds.clear();
            }
            if let Some(kind) = Kind::of(population, part, instance, &own) {
                kinds.insert(key.as_slice().into(), kind);
            }
            taken
        };
        if !taken || population.resolver.problems.len() != reported {
            return Err(here);
        }
    }
    Ok(lines.digest())
}

impl Columns {
    fn of(lines: &Lines) -> Option<Self> {
        Some(Self {
            instance: lines.column("instance")?,
            account: lines.column("account"),
            group: lines.column("group"),
            created: lines.column("created"),
            joined: lines.column("joined"),
            expires: lines.column("expires"),
            auto_release: lines.column("auto-release"),
        })
    }

    /// Reads what a row has of its own, and puts into `key` what it shares with its kind: the
    /// other cells, which of its own it has at all, and the policy that it is under.
    fn own(
        &self,
        row: Row<'_>,
        population: &FleetBuilder<'_, '_>,
        key: &mut Vec<u8>,
    ) -> Option<Own> {
        key.clear();
        let mut own = Own::default();
        // The account of a group and the account that is named have to be the same.
        let in_group = self.group.is_some_and(|group| !row.cell(group).is_empty());
        let time = |cell| When::plain(cell).map(|at| at.from(population.resolver.start));
        for (column, cell) in row.filled() {
            // `$name` stands for something elsewhere.
            if cell.starts_with('$') {
                return None;
            }
            key.extend(u16::try_from(column).ok()?.to_le_bytes());
            let at = Some(column);
            if at == self.account && !in_group {
                let account = AccountId::at(population.resolver.accounts.get(cell)?);
                own.account = Some(account);
                let PolicyId(policy) = population.fleet.account(account).policy;
                key.push(policy);
            } else if at == self.created {
                own.created = Some(time(cell)?);
            } else if at == self.joined {
                own.joined = Some(time(cell)?);
            } else if at == self.expires {
                own.expires = Some(time(cell)?);
            } else if at == self.auto_release {
                own.auto_release = Some(time(cell)?);
            } else if column != self.instance {
                key.extend(cell.as_bytes());
                // No letter of a text: what follows is another cell.
                key.push(0xff);
            }
        }
        (!row.cell(self.instance).is_empty()).then_some(own)
    }
}

impl Kind {
    /// What others may share with a row, if its own times do not make it special.
    fn of(
        population: &FleetBuilder<'_, '_>,
        part: WrittenInstance,
        instance: Instance,
        own: &Own,
    ) -> Option<Self> {
        let start = population.resolver.start;
        let book = population.book(instance.account);
        let limits = &book.policy.schedule;
        let bound = |span: Option<_>, otherwise| {
            span.map_or(otherwise, |span| start.after_on_calendar(span, book.policy.calendar))
        };
        let first = bound(limits.earliest, SimTime::from_seconds(i64::MIN));
        let window = (first, bound(limits.latest, SimTime::NEVER), limits.granularity);
        let within = own.auto_release.is_none_or(|at| lead(book, at, start) == Lead::Within);
        let kind = Self { part, instance, window };
        let same = kind.copy(own, start)?;
        let times = |i: &Instance| (i.created, i.joined, i.expires, i.auto_release, i.account);
        (within && times(&same) == times(&instance)).then_some(kind)
    }

    /// A row of this kind; nothing, if its own times make it special.
    fn copy(&self, own: &Own, start: SimTime) -> Option<Instance> {
        let mut instance = self.instance;
        instance.account = own.account.unwrap_or(instance.account);
        if let Some(created) = own.created {
            if created > start {
                return None;
            }
            instance.created = created;
            if self.part.joined.is_none() {
                instance.joined = created;
            }
        }
        instance.joined = own.joined.unwrap_or(instance.joined);
        if let Some(expires) = own.expires {
            // A term that has ended has had its effects.
            if expires <= start || instance.expired {
                return None;
            }
            instance.expires = expires;
        }
        if let Some(at) = own.auto_release {
            let (first, last, step) = self.window;
            if at < first || at > last || at.floor_to(step) != at {
                return None;
            }
            instance.auto_release = at;
        }
        Some(instance)
    }
}

impl FleetBuilder<'_, '_> {
    /// Reads a row and settles it; nothing, if anything is wrong with it.
    fn settle_row(&mut self, row: &Node) -> Option<(WrittenInstance, Instance)> {
        debug_assert!(matches!(row.value, Value::Map(_)), "a row is a mapping");
        let mut problems = Problems::default();
        let part = WrittenInstance::read(row, &mut problems).filter(|_| problems.is_empty())?;
        let part = part.or(&self.defaults);
        let instance = self.settle_plain(&part, Span::NOWHERE)?;
        Some((part, instance))
    }
}
