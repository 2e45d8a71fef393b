//! The timeline of a run as text: what happened, in order, and a summary.

use std::io::{self, Write};

use indexmap::IndexMap;

use super::csv::rows;
use super::item::{Report, RunItem};
use super::money::money_lines;
use super::prevented::PreventedLosses;
use super::text_table::{Paint, name_list, table, without_commands};
use crate::diagnostics::many;
use crate::experiment::Summary;
use crate::record::{Cause, Decision, Record, Refusal, Request, Subject, What};
use crate::run_header::{RunHeader, START};
use crate::time::SimTime;
use crate::words::{
    Confidence, Fate, Lifecycle, Obstacle, Outcome, PolicyId, ProtectionSet, RequestResult, Word,
};

/// Most rows that are shown; the CSV files contain all of them.
const MOST_ROWS: usize = 2_000;

/// The timelines of runs, written at the end of each.
pub struct Text<W: Write> {
    out: W,
    paint: Paint,
    timeline: Timeline,
    /// Whether a run was written already.
    follows: bool,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, with colours if `paint` has them.
    pub fn new(out: W, paint: Paint) -> Self {
        Self { out, paint, timeline: Timeline::default(), follows: false }
    }
}

impl<W: Write> Report<RunItem<'_>> for Text<W> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(_) => self.timeline = Timeline::default(),
            RunItem::Record(record, header) => self.timeline.add(record, header),
            RunItem::End(end) => {
                let timeline = std::mem::take(&mut self.timeline);
                let mut text = timeline.finish(end.header, end.summary, self.paint);
                if end.expectations > 0 {
                    text.push_str(&format!(
                        "\n{} not judged; use `stayput test`",
                        many(end.expectations, "expectation")
                    ));
                }
                let gap = if self.follows { "\n" } else { "" };
                self.follows = true;
                self.out.write_all(without_commands(&format!("{gap}{text}\n")).as_bytes())?;
                self.out.flush()?;
            }
        }
        Ok(())
    }
}

/// Outcome of a decision that took nothing: see [`Decision::is_allowed`].
const ALLOWED: &str = "ALLOWED";

/// Index of the outcome in the cells of a decision's row.
const OUTCOME: usize = 4;

/// Collects the records of one run and renders them as text.
#[derive(Default)]
struct Timeline {
    rows: Vec<Row>,
    /// Number of rows beyond [`MOST_ROWS`].
    left_out: u64,
    /// The instant of the last row; `None` before the first.
    last: Option<SimTime>,
    /// The current request; `None` before the first and after it was closed.
    request: Option<Request>,
    /// Reported changes of the current request.
    changes: Vec<(Subject, What)>,
    /// Whether the current request changed anything that is reported.
    changed: bool,
    /// Whether the current request has a decision.
    decided: bool,
    /// Whether a decision of the current request shows why the request was not fully carried out.
    explained: bool,
    prevented: PreventedLosses,
}

struct Row {
    cells: Vec<String>,
    outcome: Option<Outcome>,
}

impl Timeline {
    /// Adds a record.
    fn add(&mut self, record: &Record, header: &RunHeader) {
        if self.request.is_some_and(|request| request.seq != record.seq()) {
            // This record belongs to an earlier request, which was reported already.
            self.close(header);
        }
        match record {
            Record::Request(request) => {
                self.close(header);
                self.request = Some(*request);
                self.decided = false;
                self.explained = false;
            }
            Record::Decision(decision) => {
                self.decided = true;
                let why = self.request.and_then(|request| request.refusal);
                let here = decision.rule.map(|rule| Refusal::Rule(decision.policy, rule));
                self.explained |= why.is_none() || why == here;
                self.prevented.add(decision);
                if self.is_full() {
                    self.left_out += 1;
                } else {
                    let cells = Self::decision(decision, header);
                    self.row(decision.at, cells, Some(decision.outcome), header);
                }
            }
            Record::Change(change) if is_reported(change.subject, &change.what) => {
                self.changed = true;
                if !self.is_full() {
                    self.changes.push((change.subject, change.what));
                }
            }
            Record::Change(_) | Record::Loss(_) => {}
        }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= MOST_ROWS
    }

    fn row(
        &mut self,
        at: SimTime,
        cells: Vec<String>,
        outcome: Option<Outcome>,
        header: &RunHeader,
    ) {
        let first = self.last != Some(at);
        self.last = Some(at);
        let mut all = if first {
            vec![at.for_people(header.offset), format!("+{}", header.elapsed(at))]
        } else {
            vec![String::new(), String::new()]
        };
        all.extend(cells);
        self.rows.push(Row { cells: all, outcome });
    }

    fn decision(d: &Decision, header: &RunHeader) -> Vec<String> {
        let policy = &header.rulebook(d.policy).policy;
        let rule = d.rule.map(|rule| policy.rule(rule));
        let mark = match d.basis.confidence {
            Confidence::Documented => "",
            Confidence::Observed => "+",
            Confidence::Inferred => "*",
            Confidence::Unconfirmed => "?",
            Confidence::Assumed => "!",
        };
        let answer = rule.and_then(|rule| rule.answer.as_deref());
        let because = rule.and_then(|rule| rule.because.as_deref());
        let reported = match d.outcome {
            Outcome::Overridden | Outcome::Unprotected | Outcome::Undetermined => {
                d.effect.word().to_owned()
            }
            Outcome::Held => answer.or(because).unwrap_or("kept").to_owned(),
            Outcome::Denied if rule.is_none() => Obstacle::NotThere.meaning().to_owned(),
            Outcome::Denied | Outcome::Deferred => {
                let texts: Vec<&str> = [answer, because].into_iter().flatten().collect();
                if texts.is_empty() { "refused".to_owned() } else { texts.join(": ") }
            }
            Outcome::Skipped => "skipped without an error".to_owned(),
            Outcome::Spared => {
                "kept because another instance of the request was protected".to_owned()
            }
            Outcome::NoOp if d.facts.state == Lifecycle::Released => "already released".to_owned(),
            Outcome::NoOp => "nothing to do".to_owned(),
        };
        let decided_by = header.decided_by(d);
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        vec![
            header.instance(d.instance).to_owned(),
            d.trigger.word().to_owned(),
            if d.is_allowed() { ALLOWED.to_owned() } else { d.outcome.word().to_uppercase() },
            or_dash(decided_by),
            format!("{}{mark}", rule.map_or("-", |rule| rule.id.as_str())),
            reported,
        ]
    }

    /// Ends the current request. A request without a decision is reported by its changes; a
    /// request that was cut short is reported with the reason, unless a decision shows it.
    fn close(&mut self, header: &RunHeader) {
        let mut changes = std::mem::take(&mut self.changes);
        let changed = std::mem::take(&mut self.changed);
        if let Some(request) = self.request.take() {
            let refused = request.result != RequestResult::Accepted;
            let cut = self.decided && refused && !self.explained;
            let reported = cut || !self.decided && (refused || changed);
            if reported && self.is_full() {
                self.left_out += 1;
            } else if reported {
                let cause = match request.cause {
                    Cause::Event(event) => header.event(event).into_owned(),
                    Cause::Timer(name) => name.word().to_owned(),
                    Cause::Start => START.to_owned(),
                };
                let mut parts = Vec::new();
                if refused {
                    parts.push(refusal(&request, header));
                }
                if !cut {
                    parts.extend(change_texts(&changes, header));
                }
                let cells = vec!["·".to_owned(), cause, parts.join("; ")];
                self.row(request.at, cells, None, header);
            }
        }
        // The allocation is reused by the next request.
        changes.clear();
        self.changes = changes;
    }

    /// Renders the timeline and the summary.
    fn finish(mut self, header: &RunHeader, summary: &Summary, paint: Paint) -> String {
        self.close(header);
        let mut out = vec![heading(header, paint), String::new()];
        out.extend(lay_out(&self.rows, paint));
        if self.left_out > 0 {
            out.push(format!(
                "  … {} more rows; use `--out DIR` to write all of them",
                self.left_out
            ));
        }
        if self.rows.is_empty() {
            out.push("  no events".into());
        }
        out.push(String::new());
        out.extend(totals(header, summary, &self.prevented));
        out.join("\n")
    }
}

fn heading(header: &RunHeader, paint: Paint) -> String {
    let case = if header.case.is_empty() { String::new() } else { format!(" [{}]", header.case) };
    let policies: Vec<&str> =
        header.rulebooks.iter().map(|book| book.policy.name.as_str()).collect();
    let name = paint.bold(&format!("{}{case}", header.scenario));
    format!(
        "{name}   {} · seed {} · {} from {}",
        policies.join(", "),
        header.seed,
        header.end.since(header.start),
        header.start.for_people_in_full(header.offset),
    )
}

/// Decisions in aligned columns; the text of other rows takes the remaining width.
fn lay_out(rows: &[Row], paint: Paint) -> Vec<String> {
    let decisions: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let mut cells = row.cells.clone();
            if row.outcome.is_none() {
                // Its text must not widen the columns of the decisions.
                cells.truncate(3);
                cells.extend(std::iter::repeat_n(String::new(), 5));
            }
            cells
        })
        .collect();
    let lines = table(decisions, &[]);
    let others: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| row.outcome.is_none())
        .map(|row| vec![row.cells[3].clone(), row.cells[4].clone()])
        .collect();
    let mut others = table(others, &[]).into_iter();
    rows.iter()
        .zip(lines)
        .map(|(row, line)| match row.outcome {
            Some(outcome) => {
                let word = &row.cells[OUTCOME];
                let line = line.replacen(
                    &format!("  {word}"),
                    &format!("  {}", paint.style(Paint::of(outcome), word)),
                    1,
                );
                format!("  {line}")
            }
            None => format!("  {line}  {}", others.next().unwrap_or_default()),
        })
        .collect()
}

fn refusal(request: &Request, header: &RunHeader) -> String {
    let mut text = format!("{} {}", request.verb, request.result);
    if request.result == RequestResult::Partial {
        text.push_str(&format!(", {} of {}", request.got, request.wanted));
    }
    let Some(refusal) = request.refusal else { return text };
    if let Some(rule) = header.rule_of(refusal) {
        let answer = rule.answer.iter().map(String::as_str);
        let named: Vec<&str> = std::iter::once(rule.id.as_str()).chain(answer).collect();
        text.push_str(&format!(" ({})", named.join(", ")));
    }
    let reason = header.reason(refusal);
    if !reason.is_empty() {
        text.push_str(&format!(": {reason}"));
    }
    text
}

/// Whether a change is reported. The size of a group is not, because it follows from its members.
const fn is_reported(subject: Subject, what: &What) -> bool {
    !matches!((subject, what), (Subject::Group(_), What::Size(..)))
}

/// Changes as texts; equal changes share a text that lists their subjects.
fn change_texts(changes: &[(Subject, What)], header: &RunHeader) -> Vec<String> {
    let mut kinds: Vec<(String, Vec<&str>)> = Vec::new();
    for (subject, what) in changes {
        let (name, kind) = match (subject, what) {
            (Subject::Account(id), What::Arrears(_, true)) => {
                (header.account(*id), "is overdue".to_owned())
            }
            (Subject::Account(id), What::Arrears(_, false)) => {
                (header.account(*id), "has paid its bill".to_owned())
            }
            (Subject::Account(id), What::Cancelled(_, true)) => {
                (header.account(*id), "is cancelled".to_owned())
            }
            (Subject::Account(id), What::Cancelled(_, false)) => {
                (header.account(*id), "is active again".to_owned())
            }
            (Subject::Account(id), _) => (header.account(*id), "changes".to_owned()),
            (Subject::Group(id), what) => (header.group(*id), in_words(what, header)),
            (Subject::Instance(id), what) => (header.instance(*id), in_words(what, header)),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    kinds.into_iter().map(|(kind, names)| format!("{} {kind}", name_list(&names))).collect()
}

fn in_words(what: &What, header: &RunHeader) -> String {
    match what {
        What::State(_, to) => to.word().into(),
        What::Group(..)
        | What::Schedule(..)
        | What::Protections(..)
        | What::Billing(..)
        | What::Term(..)
        | What::Lock(..)
        | What::Size(..)
        | What::Exists(..)
        | What::Arrears(..)
        | What::Cancelled(..)
        | What::Model(..)
        | What::Health(..)
        | What::Probed(..)
        | What::Suspended(..)
        | What::Property(..) => {
            let (name, _, to) = rows::what(what, header);
            let to = to.to_string();
            format!("{name}: {}", if to.is_empty() { "none" } else { &to })
        }
    }
}

/// The summary of the run.
fn totals(header: &RunHeader, summary: &Summary, prevented: &PreventedLosses) -> Vec<String> {
    let count_of = |outcome: &Outcome| {
        let allowed = if *outcome == Outcome::Unprotected { summary.allowed } else { 0 };
        summary.outcome(*outcome) - allowed
    };
    let counts: Vec<String> = Outcome::ALL
        .iter()
        .map(|outcome| (count_of(outcome), outcome.word().to_uppercase()))
        .chain([(summary.allowed, ALLOWED.to_owned())])
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let decisions = format!("{}   {}", many(summary.decisions(), "decision"), counts.join(" · "));
    let mut lines = vec![decisions.trim_end().to_owned()];
    let (least, most) = summary.protected_lost;
    // The two differ if it is unknown for some instances whether a protection was on.
    let protected = if least < most {
        format!(", {least} to {most} with a protection on")
    } else {
        String::new()
    };
    lines.push(format!(
        "{} of {} released{protected}",
        summary.released,
        many(header.instances.len(), "instance")
    ));
    for (fate, label) in [(Fate::Lost, "lost"), (Fate::KeptBilled, "left behind, still billed")] {
        let resources: Vec<String> = summary
            .resources(fate)
            .map(|(resource, count, gib)| {
                let size = if gib > 0 { format!(" ({gib} GiB known)") } else { String::new() };
                format!("{}{size}", many(count, resource.word()))
            })
            .collect();
        if !resources.is_empty() {
            lines.push(format!("{label}: {}", resources.join(", ")));
        }
    }
    lines.extend(money_lines(&summary.money, header.currency));
    lines.extend(prevented.lines(header));
    lines.extend(footing(header, summary));
    lines
}

/// The confidence of decisions, the assumptions and the inert protections.
fn footing(header: &RunHeader, summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    let weak: Vec<String> = [
        (Confidence::Observed, "+ observed"),
        (Confidence::Inferred, "* inferred"),
        (Confidence::Unconfirmed, "? unconfirmed"),
        (Confidence::Assumed, "! assumed"),
    ]
    .into_iter()
    .map(|(level, mark)| (summary.at_confidence(level), mark))
    .filter(|(count, _)| *count > 0)
    .map(|(count, mark)| format!("{count} {mark}"))
    .collect();
    if !weak.is_empty() {
        lines.push(format!(
            "not documented: {} of {}",
            weak.join(", "),
            many(summary.decisions(), "decision")
        ));
    }
    for (policy, switches) in summary.switches() {
        let book = header.rulebook(policy);
        for switch in switches.iter() {
            let known = &book.policy.switches[switch.index()];
            let taken = if book.is_taken(switch) { "" } else { ", by default" };
            lines.push(format!(
                "assumed: {}: {} ({}{taken})",
                known.name,
                book.setting(switch),
                known.confidence
            ));
        }
    }
    for (protections, names) in inert(header, summary) {
        let has = if protections.len() == 1 { "has" } else { "have" };
        lines.push(format!(
            "inert: {} {has} no effect on {}",
            protections.join(", "),
            name_list(&names)
        ));
    }
    lines
}

/// Protections that had no effect, with the instances on which they were set.
fn inert<'l>(header: &'l RunHeader, summary: &Summary) -> Vec<(Vec<&'l str>, Vec<&'l str>)> {
    let mut lists: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    // Many instances share few sets of protections, so the names of each set are looked up once.
    let mut known: IndexMap<(PolicyId, ProtectionSet), usize> = IndexMap::new();
    for (id, policy, set) in summary.inert() {
        let index = *known.entry((policy, set)).or_insert_with(|| {
            let protections = header.protections(policy, set);
            let index = lists.iter().position(|(known, _)| *known == protections);
            index.unwrap_or_else(|| {
                lists.push((protections, Vec::new()));
                lists.len() - 1
            })
        });
        lists[index].1.push(header.instance(id));
    }
    lists.sort();
    lists
}
