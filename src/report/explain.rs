//! One decision, or one situation, step by step: the request, the candidates, the verdict of each
//! protection with its rule and source, the combined outcome, and the remedy.

use super::text_table::{Page, hanging, listed};
use crate::diagnostics::many;
use crate::experiment::ExplainedDecision;
use crate::policy::{Column, Danger, Facts, Finding, Moment, Rulebook, Ruling, Undecided};
use crate::record::{DecidedBy, Decision};
use crate::run_header::RunHeader;
use crate::words::{Outcome, ProtectionId, ProtectionSet, RuleId, Verdict, Word};

/// A situation to explain without a run.
#[derive(Debug, Clone, Copy)]
pub struct SituationQuery<'a> {
    /// The policy, with every switch settled.
    pub book: &'a Rulebook,
    /// The situation.
    pub facts: Facts,
    /// The protections that are set.
    pub on: ProtectionSet,
    /// Whether the user stated which protections are on. If not, each is explained separately.
    pub on_is_given: bool,
}

/// Explains one decision of a run. `location` is the `file:line` of its event.
pub fn explain_decision(
    explained: &ExplainedDecision,
    header: &RunHeader,
    location: &str,
    page: Page,
) -> String {
    let ExplainedDecision { decision, facts, together, orders } = explained;
    let book = header.rulebook(decision.policy);
    let mut out: Vec<String> = hanging("", &sentence(decision, header), page.width);
    out.iter_mut().for_each(|line| *line = page.paint.bold(line));
    out.push(String::new());
    let actor = decision.actor.map(|actor| format!(" by {}", header.actor(actor)));
    let mut rows = vec![row(
        "request",
        format!(
            "{}, trigger {}: {}{} ({location})",
            decision.action,
            decision.trigger,
            header.cause(decision.cause),
            actor.unwrap_or_default()
        ),
    )];
    rows.push(row("policy", book.policy.name.clone()));
    rows.push(row("situation", situation(book, facts)));
    rows.extend(chosen(together, orders, decision, header));
    rows.push(refusal(book, facts, decision));
    out.extend(listed(rows, 2, page.width));
    out.push(String::new());
    out.extend(protections(book, facts, decision.on, &decision.ruling, Some(decision), page.width));
    out.push(String::new());
    let mut rows = vec![row("combined", combined(&decision.ruling, decision.outcome))];
    rows.extend(deciding_factor(decision, header));
    rows.extend(rests_on(book, decision.basis));
    rows.extend(remedy(decision, header));
    rows.extend(also_kept(book, facts, decision));
    out.extend(listed(rows, 2, page.width));
    out.join("\n")
}

fn row(head: &str, text: String) -> Vec<String> {
    vec![head.to_owned(), text]
}

/// `web-1 was released at 06-01 04:00 although release-protection was on.`
fn sentence(decision: &Decision, header: &RunHeader) -> String {
    let name = header.instance(decision.instance);
    let at = decision.at.for_people_in_full(header.offset);
    let on = header.protections(decision.policy, decision.on);
    let although = match on.as_slice() {
        [] if !decision.unknown.is_empty() => {
            ", and no protection is known to have been on".to_owned()
        }
        [] => ", and no protection was on".to_owned(),
        [one] => format!(", although {one} was on"),
        many => format!(", although {} were on", many.join(" and ")),
    };
    let by = header.decided_by(decision);
    match decision.outcome {
        Outcome::Overridden | Outcome::Unprotected => {
            format!("{name} was {} at {at}{although}.", decision.effect)
        }
        Outcome::Undetermined => {
            let effect = decision.effect;
            format!("{name} was {effect} at {at}; whether a protection was on is not known.")
        }
        Outcome::Held => format!("{name} was kept at {at}: {by} held."),
        Outcome::Denied => format!("{name} was kept at {at}: the request was refused ({by})."),
        Outcome::Deferred => {
            format!("{name} was not changed at {at}: the action was deferred ({by}).")
        }
        Outcome::Skipped => format!("{name} was skipped at {at}: {by} is on."),
        Outcome::Spared => format!(
            "{name} was kept at {at} because another instance of the same request was protected."
        ),
        Outcome::NoOp => format!("{name} was already released at {at}."),
    }
}

/// The words of a situation, for every column that the policy uses.
fn situation(book: &Rulebook, facts: &Facts) -> String {
    let used = Column::ALL.iter().filter(|column| !book.policy.words(**column).is_empty());
    let words = used.map(|column| {
        let known = column.words()[usize::from(facts.word(*column))];
        let word = if facts.unknown.contains(*column) { "unknown" } else { known };
        format!("{} {word}", column.name())
    });
    words.collect::<Vec<_>>().join(" · ")
}

/// All instances of the same request, in the order in which they were considered; `None` if there
/// is only one.
fn chosen(
    together: &[Decision],
    orders: &[String],
    decision: &Decision,
    header: &RunHeader,
) -> Option<Vec<String>> {
    if together.len() < 2 {
        return None;
    }
    let position = together.iter().position(|other| other.instance == decision.instance)? + 1;
    let text: Vec<String> = together
        .iter()
        .map(|other| {
            let name = header.instance(other.instance);
            let rule = other
                .rule
                .map(|rule| format!(" ({})", header.rulebook(other.policy).policy.rule(rule).id));
            let word = other.outcome.word().to_uppercase();
            format!("{name} {word}{}", rule.unwrap_or_default())
        })
        .collect();
    let count = many(together.len(), "instance");
    let by =
        if orders.is_empty() { String::new() } else { format!(", by {}", orders.join(", then ")) };
    Some(row(
        "selection",
        format!("{position} of {count} in this request{by}: {}", text.join(", ")),
    ))
}

/// The refusal that applies, whether or not it decided.
fn refusal(book: &Rulebook, facts: &Facts, decision: &Decision) -> Vec<String> {
    let text = match book.refusal(facts) {
        Some(rule) => {
            let last = decision.rule == Some(rule);
            let word = if last { "" } else { ", but another check came first" };
            format!("{}{word}", cite(book, rule))
        }
        None => "no precondition refuses this".to_owned(),
    };
    row("refusals", text)
}

/// `RP5, documented: because …; "Title (Section), 2026-05-15"`.
fn cite(book: &Rulebook, rule: RuleId) -> String {
    let rule = book.policy.rule(rule);
    let mut text = format!("{}, {}", rule.id, rule.confidence);
    if let Some(because) = &rule.because {
        text.push_str(&format!(": {because}"));
    }
    if let Some(answer) = &rule.answer {
        text.push_str(&format!("; answer {answer}"));
    }
    let documents: Vec<String> =
        rule.sources.iter().map(|index| book.policy.sources[*index].to_string()).collect();
    if !documents.is_empty() {
        text.push_str(&format!(" [{}]", documents.join("; ")));
    }
    text
}

/// The verdict of each protection of the policy, including those that are off.
fn protections(
    book: &Rulebook,
    facts: &Facts,
    on: ProtectionSet,
    ruling: &Ruling,
    decision: Option<&Decision>,
    width: usize,
) -> Vec<String> {
    let inert = book.inert(facts, on);
    let rows = book.policy.as_written().into_iter().map(|(id, protection)| {
        let finding = ruling.findings().find(|finding| finding.protection == id);
        let would = book.verdicts()[id.index()].decide(facts);
        let unknown = decision.is_some_and(|decision| decision.unknown.contains(id));
        let set = match (on.contains(id), unknown) {
            (true, _) if inert.contains(id) => "on, inert",
            (true, _) => "on",
            (false, true) => "unknown",
            (false, false) => "off",
        };
        let (word, rule) = match (finding, would) {
            (Some(Finding { verdict, rule: Some(rule), .. }), _) => {
                (verdict_text(verdict), Some(rule))
            }
            (Some(Finding { .. }), _) => {
                let is_done = decision.is_some_and(|one| one.outcome == Outcome::NoOp);
                let why = if is_done { "there was nothing to do" } else { REFUSED_FIRST };
                (format!("not evaluated: {why}"), None)
            }
            (None, Some(row)) => (format!("would be {}", verdict_text(row.says)), Some(row.rule)),
            (None, None) => ("cannot occur".to_owned(), None),
        };
        let because = rule.map(|rule| cite(book, rule)).unwrap_or_default();
        vec![protection.name.clone(), set.to_owned(), word, because]
    });
    listed(rows.collect(), 2, width)
}

fn verdict_text(verdict: Verdict) -> String {
    match verdict {
        Verdict::NotConsulted => "not consulted".to_owned(),
        Verdict::Held | Verdict::Overridden => verdict.word().to_uppercase(),
    }
}

/// Why no verdict of a refused request was evaluated.
const REFUSED_FIRST: &str = "the request was refused first";

/// The combined verdicts. A decision that came before them has its outcome alone.
fn combined(ruling: &Ruling, outcome: Outcome) -> String {
    let is_judged = ruling.findings().any(|finding| finding.rule.is_some());
    if !is_judged && matches!(outcome, Outcome::Denied | Outcome::NoOp) {
        return format!("no verdict  ->  {}", outcome.word().to_uppercase());
    }
    let count = |verdict| ruling.findings().filter(|finding| finding.verdict == verdict).count();
    let (held, overridden) = (count(Verdict::Held), count(Verdict::Overridden));
    let alone = ruling.outcome();
    let mut text =
        format!("{held} held, {overridden} overridden  ->  {}", alone.word().to_uppercase());
    if alone != outcome {
        text.push_str(&format!("; final outcome {}", outcome.word().to_uppercase()));
    }
    text
}

/// The factor that decided, if it was not a protection.
fn deciding_factor(decision: &Decision, header: &RunHeader) -> Option<Vec<String>> {
    let by = header.decided_by(decision);
    let book = header.rulebook(decision.policy);
    let text = match (by, decision.rule) {
        ("", _) => return None,
        // The verdicts of protections are listed above.
        _ if matches!(decision.decided_by, DecidedBy::Protection(_)) => return None,
        (by, Some(rule)) => format!("{by}, by {}", cite(book, rule)),
        (by, None) => by.to_owned(),
    };
    Some(row("decided by", text))
}

/// The remedy of a loss with its last instant, or the advice to the caller of a refused request.
fn remedy(decision: &Decision, header: &RunHeader) -> Option<Vec<String>> {
    let book = header.rulebook(decision.policy);
    let Some(remedy) = decision.remedy else {
        let refused = decision.rule.filter(|_| !decision.outcome.went_ahead());
        return refused.and_then(|rule| advice(book, rule));
    };
    let text = remedy.text(&book.policy);
    let until = remedy.until.map(|at| format!(", until {}", at.for_people_in_full(header.offset)));
    Some(row("remedy", text + &until.unwrap_or_default()))
}

/// The advice of a rule to the caller of a refused request.
fn advice(book: &Rulebook, rule: RuleId) -> Option<Vec<String>> {
    book.policy.rule(rule).remedy.text.clone().map(|text| row("to proceed", text))
}

fn rests_on(book: &Rulebook, basis: crate::policy::Basis) -> Vec<Vec<String>> {
    let mut rows = vec![row("confidence", format!("{} (weakest link)", basis.confidence))];
    for switch in basis.switches.iter() {
        let known = &book.policy.switches[switch.index()];
        let taken = if book.is_taken(switch) { "assumed" } else { "by default" };
        let because = known.because.as_deref().unwrap_or("the documents do not say");
        let text = format!("{}: {} ({taken}): {because}", known.name, book.setting(switch));
        rows.push(row("depends on", text));
    }
    rows
}

/// The protections that are off and would have held; `None` if nothing was lost.
fn also_kept(book: &Rulebook, facts: &Facts, decision: &Decision) -> Option<Vec<String>> {
    if !decision.outcome.went_ahead() {
        return None;
    }
    let names: Vec<&str> = holders(book, facts, decision.on);
    (!names.is_empty()).then(|| row("would have held", names.join(", ")))
}

/// Names of the protections that are not in `on` and would have held.
fn holders<'b>(book: &'b Rulebook, facts: &Facts, on: ProtectionSet) -> Vec<&'b str> {
    let all = book.policy.protections.iter().zip(book.verdicts()).enumerate();
    let held = all.filter(|(index, (_, table))| {
        let says = table.decide(facts).map(|row| row.says);
        !on.contains(ProtectionId::from_index(*index)) && says == Some(Verdict::Held)
    });
    held.map(|(_, (protection, _))| protection.name.as_str()).collect()
}

/// Why a situation has no verdict.
fn no_verdict(book: &Rulebook, why: &Undecided) -> String {
    match why {
        Undecided::Impossible(line) => {
            let because = book.policy.impossible.get(*line).map_or("", |(_, because)| because);
            format!(
                "no verdict: this situation cannot occur: {because} (line {} of `impossible:`); a run that reaches it stops as undecided",
                line + 1
            )
        }
        Undecided::Outside(column) => format!(
            "no verdict: the decision space lacks this word in the column `{}`; a run that reaches this situation stops as undecided",
            column.name()
        ),
        Undecided::Differs(_) | Undecided::ArrearsSince | Undecided::TooManyMembers => {
            "no verdict: it depends on an unknown fact".to_owned()
        }
    }
}

/// Explains one situation without a run.
pub fn explain_situation(query: &SituationQuery<'_>, page: Page) -> String {
    let SituationQuery { book, facts, on, on_is_given } = *query;
    let mut out = vec![page.paint.bold(&book.policy.name), String::new()];
    let mut rows = vec![row("situation", situation(book, &facts))];
    rows.push(row(
        "refusals",
        book.refusal(&facts)
            .map_or_else(|| "no precondition refuses this".to_owned(), |rule| cite(book, rule)),
    ));
    out.extend(listed(rows, 2, page.width));
    out.push(String::new());
    let ruling = match book.ruling(&facts, on) {
        Ok(ruling) => ruling,
        Err(why) => {
            out.extend(hanging("  ", &no_verdict(book, &why), page.width));
            return out.join("\n");
        }
    };
    out.extend(protections(book, &facts, on, &ruling, None, page.width));
    out.push(String::new());
    let mut rows = Vec::new();
    if on_is_given {
        rows.push(row("combined", combined(&ruling, ruling.outcome())));
        rows.extend(rests_on(book, ruling.basis));
        let rule = ruling.deciding().and_then(|finding| finding.rule);
        if ruling.blocks() {
            rows.extend(rule.and_then(|rule| advice(book, rule)));
        } else {
            let moment = Moment::new(facts);
            let danger = Danger::new(&moment, on, rule);
            rows.push(row("remedy", book.remedy(&danger).text(&book.policy)));
        }
    }
    let holders = holders(book, &facts, on);
    let text = if holders.is_empty() { "nothing else".to_owned() } else { holders.join(", ") };
    rows.push(row("would have held", text));
    out.extend(listed(rows, 2, page.width));
    out.join("\n")
}
