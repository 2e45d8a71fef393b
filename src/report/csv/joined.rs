//! The rows of the large tables, joined from pieces.
//!
//! [`rows`] has every column of these rows, and this module only where a row is cut into pieces;
//! the keys of pieces are in [`keys`](super::keys). A piece that is not known is encoded from the
//! cells of [`rows`]. Tests compare the bytes with those of the cells. `benches/README.md` has the
//! gain.

use super::cells::{Cell, FieldEncoder, append_cut, digits_and_comma, needs_quotes, write_number};
use super::keys::{
    ActionColumns, AtEnd, AtStart, CallColumns, JudgedColumns, OwnerColumns, ResultColumns, Values,
    VerbWord,
};
use super::pieces::{Latest, Memo};
use super::rows::{self, InstanceTally};
use crate::policy::{Finding, Remedy};
use crate::record::{Cause, Change, Decision, InstanceRow, Origin, Request, Subject, Target, What};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{ActorId, EventId, PolicyId};

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
#[derive(Default)]
pub struct JoinedRows {
    pub(super) encoder: FieldEncoder,
    /// Scenario, case and replication.
    head: Latest<()>,
    moment: LatestMoment,
    event: UnnamedEvent,
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
}

/// The latest instant with the seconds since the start, and a comma after each.
struct LatestMoment {
    at: Option<SimTime>,
    text: [u8; 40],
    length: usize,
}

impl Default for LatestMoment {
    fn default() -> Self {
        Self { at: None, text: [0; 40], length: 0 }
    }
}

/// The latest event without an `id`, with its name and a comma.
#[derive(Default)]
struct UnnamedEvent {
    id: Option<EventId>,
    text: [u8; 24],
    length: usize,
}

/// Appends a name, and a comma.
#[inline]
fn name(encoder: &mut FieldEncoder, text: &str, out: &mut Vec<u8>) {
    if needs_quotes(text.as_bytes()) {
        encoder.write(&Cell::Text(text), out);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b',');
}

/// Appends a number, and a comma.
#[inline]
fn numbered(number: u64, out: &mut Vec<u8>) {
    if let Some((text, length)) = digits_and_comma(number) {
        append_cut(out, &text, length + 1);
    } else {
        write_number(number, out);
        out.push(b',');
    }
}

/// Appends an instant, if there is one, and a comma.
#[inline]
fn time(encoder: &mut FieldEncoder, at: Option<SimTime>, out: &mut Vec<u8>) {
    let Some(at) = at else { return out.push(b',') };
    if let Some(text) = encoder.plain_time(at) {
        out.extend_from_slice(&text);
    } else {
        encoder.fields(&[Cell::Time(at)], out);
    }
}

/// The first letters of the name of an event without an `id`.
const PREFIX: &[u8; 6] = b"event-";

/// Largest number in a piece; larger ones vary too much.
const SMALL: u32 = 9;

impl JoinedRows {
    /// Forgets the pieces of a run, whose ids have other names in the next.
    pub(super) fn end_of_run(&mut self) {
        let encoder = std::mem::take(&mut self.encoder);
        *self = Self { encoder, ..Self::default() };
    }

    /// Appends a row to `out`.
    #[inline]
    pub(super) fn write(&mut self, row: LargeRow<'_>, header: &RunHeader, out: &mut Vec<u8>) {
        match row {
            LargeRow::Request(request) => self.request(request, header, out),
            LargeRow::Decision(decision) => self.decision(decision, header, out),
            LargeRow::Verdict(of, finding) => self.verdict(of, finding, header, out),
            LargeRow::Change(change) => self.change(change, header, out),
            LargeRow::Instance(row, tally) => self.instance(row, tally, header, out),
        }
    }

    #[inline]
    fn head(&mut self, header: &RunHeader, out: &mut Vec<u8>) {
        let encoder = &mut self.encoder;
        self.head.put((), out, |out| encoder.fields(&rows::head(header), out));
    }

    #[inline]
    fn moment(&mut self, at: SimTime, header: &RunHeader, out: &mut Vec<u8>) {
        let encoder = &mut self.encoder;
        let latest = &mut self.moment;
        if latest.at != Some(at) {
            let elapsed = header.elapsed(at);
            let number = elapsed.seconds().unsigned_abs();
            let (Some(time), Some((digits, length))) =
                (encoder.plain_time(at), digits_and_comma(number))
            else {
                return encoder.fields(&[Cell::Time(at), Cell::seconds(elapsed)], out);
            };
            latest.at = Some(at);
            latest.text[..21].copy_from_slice(&time);
            latest.text[21..37].copy_from_slice(&digits);
            latest.length = 22 + length;
        }
        append_cut(out, &latest.text, latest.length);
    }

    #[inline]
    fn event(&mut self, id: EventId, header: &RunHeader, out: &mut Vec<u8>) {
        let latest = &mut self.event;
        if latest.id != Some(id) {
            let number = u64::from(id.0) + 1;
            let (None, Some((digits, length))) = (header.events.own(id), digits_and_comma(number))
            else {
                return self.encoder.fields(&[Cell::Event(&header.events, id)], out);
            };
            latest.id = Some(id);
            latest.text[..6].copy_from_slice(PREFIX);
            latest.text[6..22].copy_from_slice(&digits);
            latest.length = 7 + length;
        }
        append_cut(out, &latest.text, latest.length);
    }

    #[inline]
    fn cause(&mut self, cause: Cause, header: &RunHeader, out: &mut Vec<u8>) {
        match cause {
            Cause::Event(id) => self.event(id, header, out),
            Cause::Timer(_) | Cause::Start => {
                self.encoder.fields(&[rows::cause(cause, header)], out);
            }
        }
    }

    #[inline]
    fn root(&mut self, origin: Origin, header: &RunHeader, out: &mut Vec<u8>) {
        match origin.event() {
            Some(id) => self.event(id, header, out),
            None => out.push(b','),
        }
        let Some(actor) = origin.actor() else {
            return out.push(b',');
        };
        let encoder = &mut self.encoder;
        self.root_actor.put(actor, out, |out| name(encoder, header.actor(actor), out));
    }

    fn request(&mut self, r: &Request, header: &RunHeader, out: &mut Vec<u8>) {
        self.head(header, out);
        numbered(r.seq, out);
        self.moment(r.at, header, out);
        self.cause(r.cause, header, out);
        let verb = VerbWord { address: r.verb.as_ptr().addr(), length: r.verb.len() };
        let encoder = &mut self.encoder;
        self.calls.put(CallColumns(r.trigger, verb, r.actor, r.channel), out, |out| {
            encoder.fields(&rows::request(r, header)[7..11], out);
        });
        let target = match r.target {
            Target::Instance(id) => header.instance(id),
            Target::Group(id) => header.group(id),
            Target::Account(id) => header.account(id),
            Target::Instances => "",
        };
        name(encoder, target, out);
        if r.wanted.max(r.got) <= SMALL {
            let key = ResultColumns(r.result, [r.wanted, r.got], r.refusal, r.limited_by);
            self.results.put(key, out, |out| {
                encoder.fields(&rows::request(r, header)[12..19], out);
            });
        } else {
            encoder.fields(&rows::request(r, header)[12..19], out);
        }
        self.root(r.origin, header, out);
        if let Some(seq) = r.origin.seq() {
            write_number(seq, out);
        }
        out.push(b'\n');
    }

    fn decision(&mut self, d: &Decision, header: &RunHeader, out: &mut Vec<u8>) {
        self.head(header, out);
        numbered(d.seq, out);
        self.moment(d.at, header, out);
        self.cause(d.cause, header, out);
        self.root(d.origin, header, out);
        let encoder = &mut self.encoder;
        self.actions.put(ActionColumns(d.trigger, d.action, d.actor, d.channel), out, |out| {
            encoder.fields(&rows::decision(d, header)[9..13], out);
        });
        name(encoder, header.account(d.account), out);
        name(encoder, d.group.map_or("", |group| header.group(group)), out);
        name(encoder, header.instance(d.instance), out);
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
        self.judgements.put(judgement, out, |out| {
            encoder.fields(&rows::decision(d, header)[16..28], out);
        });
        self.remedy(d.remedy, d.policy, header, out);
        let encoder = &mut self.encoder;
        self.policy.put(d.policy, out, |out| {
            encoder.fields(&[Cell::Text(&header.rulebook(d.policy).policy.name)], out);
        });
        time(encoder, d.remedy_from, out);
        if d.worth.is_some() {
            encoder.write(&Cell::money(d.worth), out);
        }
        out.push(b'\n');
    }

    /// Appends a remedy and the last instant at which it helps.
    #[inline]
    fn remedy(
        &mut self,
        remedy: Option<Remedy>,
        policy: PolicyId,
        header: &RunHeader,
        out: &mut Vec<u8>,
    ) {
        let Some(found) = remedy else {
            out.extend_from_slice(b",,");
            return;
        };
        let encoder = &mut self.encoder;
        // The text does not depend on the time.
        let key = (policy, Some(Remedy { until: None, ..found }));
        self.remedies.put(key, out, |out| {
            encoder.fields(&[rows::remedy(remedy, policy, header)], out);
        });
        time(encoder, found.until, out);
    }

    fn verdict(&mut self, d: &Decision, finding: Finding, header: &RunHeader, out: &mut Vec<u8>) {
        self.head(header, out);
        numbered(d.seq, out);
        let encoder = &mut self.encoder;
        name(encoder, header.instance(d.instance), out);
        self.verdicts.put((d.policy, finding), out, |out| {
            encoder.fields(&rows::verdict(d, finding, header)[5..], out);
            end_row(out);
        });
    }

    fn change(&mut self, c: &Change, header: &RunHeader, out: &mut Vec<u8>) {
        self.head(header, out);
        self.moment(c.at, header, out);
        let is_start = c.cause == Cause::Start;
        if is_start {
            out.push(b',');
        } else {
            numbered(c.seq, out);
        }
        let encoder = &mut self.encoder;
        if let Subject::Instance(id) = c.subject {
            out.extend_from_slice(b",,");
            name(encoder, header.instance(id), out);
        } else {
            encoder.fields(&rows::change(c, header)[6..9], out);
        }
        let at = |at: SimTime| (at != SimTime::NEVER).then_some(at);
        if let What::Schedule(from, to) | What::Term(from, to) = c.what {
            let is_term = matches!(c.what, What::Term(..));
            out.extend_from_slice(if is_term { b"term," } else { b"scheduled-release," });
            time(encoder, at(from).filter(|_| !is_start), out);
            time(encoder, at(to), out);
        } else {
            self.values.put(Values(c.what, is_start), out, |out| {
                encoder.fields(&rows::change(c, header)[9..12], out);
            });
        }
        self.cause(c.cause, header, out);
        self.root(c.origin, header, out);
        end_row(out);
    }

    fn instance(
        &mut self,
        row: &InstanceRow,
        tally: &InstanceTally,
        header: &RunHeader,
        out: &mut Vec<u8>,
    ) {
        let cells = || rows::instance(row, tally, header);
        self.head(header, out);
        let encoder = &mut self.encoder;
        name(encoder, header.instance(row.instance), out);
        let group = row.start.map_or_else(|| tally.group.or(row.group), |start| start.group);
        let billing = row.start.map_or(row.billing, |start| start.billing);
        self.origins.put(OwnerColumns(row.account, group, billing, row.zone), out, |out| {
            encoder.fields(&cells()[4..8], out);
        });
        name(encoder, header.tags.of(row.instance).unwrap_or_default(), out);
        if tally.released.is_some() {
            encoder.fields(&cells()[9..13], out);
        } else {
            self.ends.put(AtEnd(row.policy, row.state, row.on, row.unknown), out, |out| {
                encoder.fields(&cells()[9..13], out);
            });
        }
        numbered(tally.held.into(), out);
        numbered(tally.overridden.into(), out);
        self.remedy(tally.remedy, row.policy, header, out);
        let encoder = &mut self.encoder;
        time(encoder, tally.remedy_from, out);
        let start = row.start;
        let key = start.map(|s| (row.policy, s.state, s.membership, s.on, s.unknown));
        self.starts.put(AtStart(key), out, |out| encoder.fields(&cells()[18..21], out));
        time(encoder, row.created, out);
        name(encoder, header.imported_from.of(row.instance).unwrap_or_default(), out);
        name(encoder, row.group.map_or("", |group| header.group(group)), out);
        encoder.fields(&[Cell::money(row.hourly), Cell::money(row.worth)], out);
        encoder.fields(&[rows::currency(header)], out);
        end_row(out);
    }
}

/// Ends a row: the comma after its last cell becomes a line end.
pub(super) fn end_row(out: &mut [u8]) {
    if let Some(last) = out.last_mut() {
        *last = b'\n';
    }
}
