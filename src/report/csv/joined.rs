//! The rows of the large tables, joined from pieces.
//!
//! [`rows`] has every column of these rows, and this module only where a row is cut into pieces;
//! the keys of pieces are in [`keys`](super::keys). A piece that is not known is encoded from the
//! cells of [`rows`]. Tests compare the bytes with those of the cells. `benches/README.md` has the
//! gain.

use super::block::{ROOM, Room};
use super::cells::{Cell, DAY, FieldEncoder, clock, may_need_quotes, needs_quotes, number_text};
use super::keys::{
    ActionColumns, AtEnd, AtStart, CallColumns, JudgedColumns, OwnerColumns, ResultColumns, Values,
};
use super::pieces::{GrowingNumber, Latest, Memo};
use super::rows::{self, InstanceTally};
use crate::money::Money;
use crate::policy::{Finding, Remedy};
use crate::record::{Cause, Change, Decision, InstanceRow, Origin, Request, Subject, Target, What};
use crate::run_header::{RunHeader, UNNAMED};
use crate::time::SimTime;
use crate::words::{
    AccountId, ActorId, EventId, InstanceId, Names, PolicyId, TimerName, Word as _,
};

/// A row of a table that has many.
#[derive(Clone, Copy)]
pub enum LargeRow<'r> {
    /// A request.
    Request(&'r Request),
    /// A decision.
    Decision(&'r Decision),
    /// One verdict of a decision.
    Verdict(&'r Decision, Finding),
    /// A change.
    Change(&'r Change),
    /// An instance at the end, with its counts.
    Instance(&'r InstanceRow, &'r InstanceTally),
}

/// The pieces of one run.
///
/// Every function that adds to a row returns `None` if only the cells of [`rows`] give the row.
pub struct JoinedRows {
    pub(super) encoder: FieldEncoder,
    /// Cells without a piece.
    scratch: Vec<u8>,
    /// Scenario, case and replication.
    head: Latest<()>,
    seq: GrowingNumber,
    moment: LatestMoment,
    event: GrowingNumber,
    instance: LatestName,
    account: Latest<AccountId>,
    root_actor: Latest<ActorId>,
    calls: Memo<CallColumns>,
    results: Memo<ResultColumns>,
    actions: Memo<ActionColumns>,
    judgements: Memo<JudgedColumns>,
    remedies: Memo<(PolicyId, Option<Remedy>)>,
    policy: Latest<PolicyId>,
    verdicts: Memo<(PolicyId, Finding)>,
    values: Memo<Values>,
    origins: Memo<OwnerColumns>,
    ends: Memo<AtEnd>,
    starts: Memo<AtStart>,
    currency: Latest<()>,
}

impl Default for JoinedRows {
    fn default() -> Self {
        Self::with(FieldEncoder::default())
    }
}

/// The latest instant with the seconds since the start, and a comma after each.
struct LatestMoment {
    at: Option<SimTime>,
    /// The first second of its day.
    day: i64,
    text: [u8; 48],
    length: usize,
}

impl Default for LatestMoment {
    fn default() -> Self {
        Self { at: None, day: 0, text: [0; 48], length: 0 }
    }
}

/// The latest short name of an instance that needs no quotes.
#[derive(Default)]
struct LatestName {
    id: Option<InstanceId>,
    text: [u8; 16],
    length: usize,
}

/// Adds a name that needs no quotes, and a comma.
#[inline(never)]
fn name(text: &str, room: &mut Room<'_>) -> Option<()> {
    if needs_quotes(text.as_bytes()) {
        return None;
    }
    room.text(text.as_bytes())?;
    room.text(b",")
}

/// A name of at most 16 bytes that needs no quotes, and its length.
#[inline]
fn short_name(names: &Names, index: usize) -> Option<([u8; 16], usize)> {
    let (bytes, length) = names.with_following(index);
    let text = *bytes.first_chunk()?;
    (length <= 16 && !may_need_quotes(text, length)).then_some((text, length))
}

/// Adds a name of a list, and a comma.
#[inline]
fn listed(names: &Names, index: usize, room: &mut Room<'_>) -> Option<()> {
    let Some((text, length)) = short_name(names, index) else {
        return name(names.get(index), room);
    };
    room.cut(&text, length)?;
    room.text(b",")
}

/// Adds a number, and a comma.
#[inline]
fn numbered(number: u64, room: &mut Room<'_>) -> Option<()> {
    let (text, length) = number_text(number);
    room.cut(&text, length)
}

/// Adds an instant, if there is one, and a comma.
#[inline]
fn time(encoder: &mut FieldEncoder, at: Option<SimTime>, room: &mut Room<'_>) -> Option<()> {
    match at {
        Some(at) => room.text(&encoder.plain_time(at)?),
        None => room.text(b","),
    }
}

/// Ends a row: the comma after its last cell becomes a line end.
#[inline]
fn end_row(room: &mut Room<'_>) -> Option<()> {
    room.replace(1, b'\n')
}

impl JoinedRows {
    fn with(encoder: FieldEncoder) -> Self {
        Self {
            encoder,
            scratch: Vec::with_capacity(ROOM),
            head: Latest::default(),
            seq: GrowingNumber::new(""),
            moment: LatestMoment::default(),
            event: GrowingNumber::new(UNNAMED),
            instance: LatestName::default(),
            account: Latest::default(),
            root_actor: Latest::default(),
            calls: Memo::default(),
            results: Memo::default(),
            actions: Memo::default(),
            judgements: Memo::default(),
            remedies: Memo::default(),
            policy: Latest::default(),
            verdicts: Memo::default(),
            values: Memo::default(),
            origins: Memo::default(),
            ends: Memo::default(),
            starts: Memo::default(),
            currency: Latest::default(),
        }
    }

    /// Forgets the pieces of a run, whose ids have other names in the next.
    pub(super) fn end_of_run(&mut self) {
        *self = Self::with(std::mem::take(&mut self.encoder));
    }

    /// Adds a row; `None` if it must be written from its cells.
    #[inline]
    pub(super) fn write(
        &mut self,
        row: LargeRow<'_>,
        header: &RunHeader,
        room: &mut Room<'_>,
    ) -> Option<()> {
        match row {
            LargeRow::Request(request) => self.request(request, header, room),
            LargeRow::Decision(decision) => self.decision(decision, header, room),
            LargeRow::Verdict(of, finding) => self.verdict(of, finding, header, room),
            LargeRow::Change(change) => self.change(change, header, room),
            LargeRow::Instance(row, tally) => self.instance(row, tally, header, room),
        }
    }

    /// Adds cells, with a comma after each.
    fn cells(&mut self, cells: &[Cell<'_>], room: &mut Room<'_>) -> Option<()> {
        self.scratch.clear();
        self.encoder.fields(cells, &mut self.scratch);
        room.text(&self.scratch)
    }

    #[inline]
    fn head(&mut self, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        let encoder = &mut self.encoder;
        self.head.put((), room, |out| encoder.fields(&rows::head(header), out))
    }

    #[inline]
    fn moment(&mut self, at: SimTime, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        if self.moment.at != Some(at) {
            self.read_moment(at, header)?;
        }
        room.cut(&self.moment.text, self.moment.length)
    }

    #[inline(never)]
    fn read_moment(&mut self, at: SimTime, header: &RunHeader) -> Option<()> {
        let latest = &mut self.moment;
        let second = at.seconds().wrapping_sub(latest.day).cast_unsigned();
        if latest.at.is_some() && second < DAY.cast_unsigned() {
            let (clock, last) = clock(second);
            latest.text[10..18].copy_from_slice(&clock);
            latest.text[18] = last;
        } else {
            latest.at = None;
            latest.text[..21].copy_from_slice(&self.encoder.plain_time(at)?);
            latest.day = at.seconds() - at.seconds().rem_euclid(DAY);
        }
        let (digits, length) = number_text(header.elapsed(at).seconds().unsigned_abs());
        latest.text[21..45].copy_from_slice(&digits);
        latest.length = 21 + length;
        latest.at = Some(at);
        Some(())
    }

    #[inline]
    fn event(&mut self, id: EventId, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        match header.events.own(id) {
            None => self.event.put(u64::from(id.0) + 1, room),
            Some(own) => name(own, room),
        }
    }

    #[inline]
    fn cause(&mut self, cause: Cause, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        match cause {
            Cause::Event(id) => self.event(id, header, room),
            Cause::Timer(timer) => {
                room.text(TimerName::PREFIX.as_bytes())?;
                room.text(timer.word().as_bytes())?;
                room.text(b",")
            }
            Cause::Start => self.cells(&[rows::cause(cause, header)], room),
        }
    }

    #[inline]
    fn root(&mut self, origin: Origin, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        match origin.event() {
            Some(id) => self.event(id, header, room)?,
            None => room.text(b",")?,
        }
        let Some(actor) = origin.actor() else {
            return room.text(b",");
        };
        let encoder = &mut self.encoder;
        self.root_actor
            .put(actor, room, |out| encoder.fields(&[Cell::Text(header.actor(actor))], out))
    }

    /// Adds the name of an instance. The records of an event are often about the same.
    #[inline]
    fn named(&mut self, id: InstanceId, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        if self.instance.id != Some(id) && self.read_name(id, header).is_none() {
            return name(header.instance(id), room);
        }
        room.cut(&self.instance.text, self.instance.length)?;
        room.text(b",")
    }

    #[inline(never)]
    fn read_name(&mut self, id: InstanceId, header: &RunHeader) -> Option<()> {
        let (text, length) = short_name(&header.instances, id.index())?;
        self.instance = LatestName { id: Some(id), text, length };
        Some(())
    }

    fn request(&mut self, r: &Request, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        self.head(header, room)?;
        self.seq.put(r.seq, room)?;
        self.moment(r.at, header, room)?;
        self.cause(r.cause, header, room)?;
        let encoder = &mut self.encoder;
        self.calls.put(CallColumns::of(r), room, |out| {
            encoder.fields(&rows::request(r, header)[7..11], out);
        })?;
        match r.target {
            Target::Instance(id) => self.named(id, header, room)?,
            Target::Group(id) => listed(&header.groups, id.index(), room)?,
            Target::Account(id) => listed(&header.accounts, id.index(), room)?,
            Target::Instances => room.text(b",")?,
        }
        let encoder = &mut self.encoder;
        if ResultColumns::are_few(r) {
            self.results.put(ResultColumns::of(r), room, |out| {
                encoder.fields(&rows::request(r, header)[12..19], out);
            })?;
        } else {
            self.cells(&rows::request(r, header)[12..19], room)?;
        }
        self.root(r.origin, header, room)?;
        match r.origin.seq() {
            Some(seq) => numbered(seq, room)?,
            None => room.text(b",")?,
        }
        end_row(room)
    }

    fn decision(&mut self, d: &Decision, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        self.head(header, room)?;
        self.seq.put(d.seq, room)?;
        self.moment(d.at, header, room)?;
        self.cause(d.cause, header, room)?;
        self.root(d.origin, header, room)?;
        let encoder = &mut self.encoder;
        self.actions.put(ActionColumns(d.trigger, d.action, d.actor, d.channel), room, |out| {
            encoder.fields(&rows::decision(d, header)[9..13], out);
        })?;
        self.account.put(d.account, room, |out| {
            encoder.fields(&[Cell::Text(header.account(d.account))], out);
        })?;
        match d.group {
            Some(group) => listed(&header.groups, group.index(), room)?,
            None => room.text(b",")?,
        }
        self.named(d.instance, header, room)?;
        let judgement = JudgedColumns {
            policy: d.policy,
            rule: d.rule,
            billing: d.billing,
            membership: d.membership,
            on: d.on,
            unknown: d.unknown,
            inert: d.inert,
            outcome: d.outcome,
            effect: d.effect,
            decided_by: d.decided_by,
            basis: d.basis,
        };
        let encoder = &mut self.encoder;
        self.judgements.put(judgement, room, |out| {
            encoder.fields(&rows::decision(d, header)[16..28], out);
        })?;
        self.remedy(d.remedy, d.policy, header, room)?;
        let encoder = &mut self.encoder;
        self.policy.put(d.policy, room, |out| {
            encoder.fields(&[Cell::Text(&header.rulebook(d.policy).policy.name)], out);
        })?;
        time(encoder, d.remedy_from, room)?;
        self.money(d.worth, room)?;
        end_row(room)
    }

    /// Adds an amount, if there is one.
    #[inline]
    fn money(&mut self, amount: Option<Money>, room: &mut Room<'_>) -> Option<()> {
        if amount.is_some() { self.cells(&[Cell::money(amount)], room) } else { room.text(b",") }
    }

    /// Adds a remedy and the last instant at which it helps.
    #[inline]
    fn remedy(
        &mut self,
        remedy: Option<Remedy>,
        policy: PolicyId,
        header: &RunHeader,
        room: &mut Room<'_>,
    ) -> Option<()> {
        let Some(found) = remedy else {
            return room.text(b",,");
        };
        let encoder = &mut self.encoder;
        // The text does not depend on the time.
        let key = (policy, Some(Remedy { until: None, ..found }));
        self.remedies.put(key, room, |out| {
            encoder.fields(&[rows::remedy(remedy, policy, header)], out);
        })?;
        time(encoder, found.until, room)
    }

    fn verdict(
        &mut self,
        d: &Decision,
        finding: Finding,
        header: &RunHeader,
        room: &mut Room<'_>,
    ) -> Option<()> {
        self.head(header, room)?;
        self.seq.put(d.seq, room)?;
        self.named(d.instance, header, room)?;
        let encoder = &mut self.encoder;
        self.verdicts.put((d.policy, finding), room, |out| {
            encoder.fields(&rows::verdict(d, finding, header)[5..], out);
        })?;
        end_row(room)
    }

    fn change(&mut self, c: &Change, header: &RunHeader, room: &mut Room<'_>) -> Option<()> {
        self.head(header, room)?;
        self.moment(c.at, header, room)?;
        let is_start = c.cause == Cause::Start;
        if is_start {
            room.text(b",")?;
        } else {
            self.seq.put(c.seq, room)?;
        }
        if let Subject::Instance(id) = c.subject {
            room.text(b",,")?;
            self.named(id, header, room)?;
        } else {
            self.cells(&rows::change(c, header)[6..9], room)?;
        }
        let encoder = &mut self.encoder;
        let at = |at: SimTime| (at != SimTime::NEVER).then_some(at);
        if let What::Schedule(from, to) | What::Term(from, to) = c.what {
            let is_term = matches!(c.what, What::Term(..));
            room.text(if is_term { b"term," } else { b"scheduled-release," })?;
            time(encoder, at(from).filter(|_| !is_start), room)?;
            time(encoder, at(to), room)?;
        } else {
            self.values.put(Values(c.what, is_start), room, |out| {
                encoder.fields(&rows::change(c, header)[9..12], out);
            })?;
        }
        self.cause(c.cause, header, room)?;
        self.root(c.origin, header, room)?;
        end_row(room)
    }

    fn instance(
        &mut self,
        row: &InstanceRow,
        tally: &InstanceTally,
        header: &RunHeader,
        room: &mut Room<'_>,
    ) -> Option<()> {
        let cells = || rows::instance(row, tally, header);
        self.head(header, room)?;
        listed(&header.instances, row.instance.index(), room)?;
        let group = row.start.map_or_else(|| tally.group.or(row.group), |start| start.group);
        let billing = row.start.map_or(row.billing, |start| start.billing);
        let encoder = &mut self.encoder;
        self.origins.put(OwnerColumns(row.account, group, billing, row.zone), room, |out| {
            encoder.fields(&cells()[4..8], out);
        })?;
        name(header.tags.of(row.instance).unwrap_or_default(), room)?;
        if tally.released.is_some() {
            self.cells(&cells()[9..13], room)?;
        } else {
            self.ends.put(AtEnd(row.policy, row.state, row.on, row.unknown), room, |out| {
                encoder.fields(&cells()[9..13], out);
            })?;
        }
        numbered(tally.held.into(), room)?;
        numbered(tally.overridden.into(), room)?;
        self.remedy(tally.remedy, row.policy, header, room)?;
        let encoder = &mut self.encoder;
        time(encoder, tally.remedy_from, room)?;
        let start = row.start;
        let key = start.map(|s| (row.policy, s.state, s.membership, s.on, s.unknown));
        self.starts.put(AtStart(key), room, |out| encoder.fields(&cells()[18..21], out))?;
        time(encoder, row.created, room)?;
        name(header.imported_from.of(row.instance).unwrap_or_default(), room)?;
        match row.group {
            Some(group) => listed(&header.groups, group.index(), room)?,
            None => room.text(b",")?,
        }
        self.money(row.hourly, room)?;
        self.money(row.worth, room)?;
        let encoder = &mut self.encoder;
        self.currency.put((), room, |out| encoder.fields(&[rows::currency(header)], out))?;
        end_row(room)
    }
}
