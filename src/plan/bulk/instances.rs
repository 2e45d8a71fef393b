//! The instances of a large table, read row by row.
//!
//! In large tables, most rows differ only in names, accounts and times. The first row of each kind
//! is read by the general code and becomes a template; later rows of the kind are copies of it
//! with their own name, account and times. If a row has a problem to report, the full reader reads
//! the whole table; see [`NeedsFullRead`].

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::csv_stream::{CsvRow, CsvStream, NextRow};
use crate::diagnostics::{Problems, Span, Stream};
use crate::fleet::Instance;
use crate::format::{Node, Read, Value, When, WrittenInstance};
use crate::plan::fleet_builder::FleetBuilder;
use crate::plan::setting_checks::lead;
use crate::plan::tables::NeedsFullRead;
use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, Lead, PolicyId};

/// Most templates that are kept. A table with more kinds of rows drops them and collects new ones.
const MOST_TEMPLATES: usize = 4_096;

/// The common part of rows that differ only in name, account and times.
struct RowTemplate {
    written: WrittenInstance,
    instance: Instance,
    /// Earliest and latest instant of a scheduled release, and the span that times are rounded
    /// down to.
    window: (SimTime, SimTime, SimSpan),
}

/// Indices of the columns in which rows with the same template may differ.
#[derive(Debug, Clone, Copy)]
struct InstanceColumns {
    instance: usize,
    account: Option<usize>,
    group: Option<usize>,
    created: Option<usize>,
    joined: Option<usize>,
    expires: Option<usize>,
    auto_release: Option<usize>,
}

/// The values in which a row may differ from its template; `None` for empty cells.
#[derive(Debug, Default)]
struct OwnCells {
    account: Option<AccountId>,
    created: Option<SimTime>,
    joined: Option<SimTime>,
    expires: Option<SimTime>,
    auto_release: Option<SimTime>,
}

/// Adds every instance of a table to the fleet, and returns the SHA-256 of the table.
///
/// # Errors
/// [`NeedsFullRead`] if a row has a problem to report.
pub fn read_instances(
    builder: &mut FleetBuilder<'_, '_>,
    table: &Stream,
) -> Result<String, NeedsFullRead> {
    let mut known = vec!["instance"];
    known.extend(WrittenInstance::KEYS);
    let mut lines = CsvStream::open(table, &known, &["instance"])?.ok_or(NeedsFullRead(0))?;
    let columns = InstanceColumns::of(&lines).ok_or(NeedsFullRead(0))?;
    let reported = builder.resolver.problems.len();
    let mut templates: HashMap<Box<[u8]>, RowTemplate, FxBuildHasher> = HashMap::default();
    let mut key = Vec::new();
    for number in 1.. {
        let here = NeedsFullRead(number);
        match lines.advance().map_err(|_| here)? {
            NextRow::Row => {}
            NextRow::End => break,
            NextRow::NeedsFullRead => return Err(here),
        }
        let row = lines.row();
        let own = columns.read(row, builder, &mut key).ok_or(here)?;
        let name = row.cell(columns.instance);
        let copied =
            templates.get(&*key).and_then(|template| template.copy(&own, builder.resolver.start));
        let taken = if let (Some(template), Some(instance)) = (templates.get(&*key), copied) {
            builder.add_plain(name, instance, &template.written)
        } else {
            let (written, instance) =
                builder.settle_row(&row.node(columns.instance)).ok_or(here)?;
            let taken = builder.add_plain(name, instance, &written);
            if templates.len() >= MOST_TEMPLATES {
                templates.clear();
            }
            if let Some(template) = RowTemplate::new(builder, written, instance, &own) {
                templates.insert(key.as_slice().into(), template);
            }
            taken
        };
        if !taken || builder.resolver.problems.len() != reported {
            return Err(here);
        }
    }
    Ok(lines.digest())
}

impl InstanceColumns {
    fn of(lines: &CsvStream) -> Option<Self> {
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

    /// Reads the cells in which a row may differ from its template, and sets `key` to the values
    /// that rows with the same template share: all other cells, the policy, and which of the first
    /// cells are filled. `None` if a cell is not valid.
    fn read(
        &self,
        row: CsvRow<'_>,
        builder: &FleetBuilder<'_, '_>,
        key: &mut Vec<u8>,
    ) -> Option<OwnCells> {
        key.clear();
        let mut own = OwnCells::default();
        // The full reader checks that the account is that of the group.
        let in_group = self.group.is_some_and(|group| !row.cell(group).is_empty());
        let time = |cell| When::plain(cell).map(|at| at.from(builder.resolver.start));
        if row.has_parameter() {
            return None;
        }
        for (column, cell) in row.filled() {
            key.extend(u16::try_from(column).ok()?.to_le_bytes());
            let index = Some(column);
            if index == self.account && !in_group {
                let account = AccountId::from_index(builder.resolver.accounts.get(cell)?);
                own.account = Some(account);
                let PolicyId(policy) = builder.fleet.account(account).policy;
                key.push(policy);
            } else if index == self.created {
                own.created = Some(time(cell)?);
            } else if index == self.joined {
                own.joined = Some(time(cell)?);
            } else if index == self.expires {
                own.expires = Some(time(cell)?);
            } else if index == self.auto_release {
                own.auto_release = Some(time(cell)?);
            } else if column != self.instance {
                key.extend(cell.as_bytes());
                // A byte that does not occur in UTF-8 ends the cell.
                key.push(0xff);
            }
        }
        (!row.cell(self.instance).is_empty()).then_some(own)
    }
}

impl RowTemplate {
    /// The template of a row; `None` if a copy of it would differ from the row.
    fn new(
        builder: &FleetBuilder<'_, '_>,
        written: WrittenInstance,
        instance: Instance,
        own: &OwnCells,
    ) -> Option<Self> {
        let start = builder.resolver.start;
        let book = builder.book(instance.account);
        let limits = &book.policy.schedule;
        let bound = |span: Option<_>, otherwise| {
            span.map_or(otherwise, |span| start.after_on_calendar(span, book.policy.calendar))
        };
        let first = bound(limits.earliest, SimTime::from_seconds(i64::MIN));
        let window = (first, bound(limits.latest, SimTime::NEVER), limits.granularity);
        let within = own.auto_release.is_none_or(|at| lead(book, at, start) == Lead::Within);
        let template = Self { written, instance, window };
        let same = template.copy(own, start)?;
        let times = |i: &Instance| (i.created, i.joined, i.expires, i.auto_release, i.account);
        (within && times(&same) == times(&instance)).then_some(template)
    }

    /// A row with this template; `None` if its times need the general code.
    fn copy(&self, own: &OwnCells, start: SimTime) -> Option<Instance> {
        let mut instance = self.instance;
        instance.account = own.account.unwrap_or(instance.account);
        if let Some(created) = own.created {
            if created > start {
                return None;
            }
            instance.created = created;
            if self.written.joined.is_none() {
                instance.joined = created;
            }
        }
        instance.joined = own.joined.unwrap_or(instance.joined);
        if let Some(expires) = own.expires {
            // The end of a term has effects that the general code computes.
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
    /// Reads a row with the general code; `None` if it has a problem to report.
    fn settle_row(&mut self, row: &Node) -> Option<(WrittenInstance, Instance)> {
        debug_assert!(matches!(row.value, Value::Map(_)), "a row is a mapping");
        let mut problems = Problems::default();
        let written = WrittenInstance::read(row, &mut problems).filter(|_| problems.is_empty())?;
        let written = written.or(&self.defaults);
        let instance = self.settle_plain(&written, Span::NOWHERE)?;
        Some((written, instance))
    }
}
