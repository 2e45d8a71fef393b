//! `stayput explain`: one decision, one situation, one rule or one message code.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::load::{FileKind, Loader, has_overlays, kind_of, plans, refuse_overlays};
use super::shared::messages::print_problem;
use super::shared::messages::report_nothing_ran;
use super::shared::run_cases::decisions;
use super::shared::run_end::{name_of, undecided};
use super::shared::terminal;
use crate::diagnostics::{Code, Problem, Sources, Suggestion, closest};
use crate::experiment::{DecisionWatch, carry_out};
use crate::plan::{Options, Plan, Script};
use crate::policy::{Catalog, Column, Facts, Policy, Rule, Rulebook};
use crate::report::{
    Page, Paint, SituationQuery, copied, explain_decision, explain_situation, rule_text, shell_word,
};
use crate::words::{ProtectionSet, SwitchSet, Word};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to explain: a decision (FILE#EVENT/INSTANCE), all decisions of a scenario (FILE), a
    /// situation under a policy (NAME@EDITION or a file, followed by COLUMN=WORD pairs), a rule
    /// (RP5 in every edition, FILE#RP5 in the policies of a scenario), or a message code (E010).
    what: String,
    /// Situation to evaluate, such as `trigger=scale-in membership=entrusted`; `on=PROTECTION,…`
    /// names the protections that are on.
    #[arg(value_name = "COLUMN=WORD")]
    situation: Vec<String>,
    /// Run only this case.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Position of a switch, where the documents are silent: SWITCH=POSITION.
    #[arg(long, value_name = "SWITCH=POSITION")]
    assume: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    if let Some(code) = Code::spelled(&arguments.what) {
        arguments.check("a message code", &[])?;
        terminal::print(&format!("{code}: {}", code.meaning()))?;
        return Ok(Exit::Success);
    }
    let text = super::shared::files::read_text(std::path::Path::new(&arguments.what)).ok();
    if let [id] = &arguments.situation[..]
        && !id.contains('=')
    {
        arguments.check("a rule", &[Extra::Pairs, Extra::With])?;
        return rule(&arguments.what, id, colour);
    }
    let is_bare = text.is_none() && arguments.situation.is_empty();
    if is_bare && (is_code(&arguments.what) || is_rule(&arguments.what)) {
        arguments.check("a rule", &[])?;
        return everywhere(&arguments.what, colour);
    }
    match arguments.what.rsplit_once('#') {
        Some((file, about)) if about.contains('/') => {
            arguments.check("a decision of a scenario", &[Extra::Case, Extra::With])?;
            decision(arguments, (file, about), colour)
        }
        Some((file, about)) => {
            arguments.check("a rule", &[Extra::With])?;
            rule(file, about, colour)
        }
        None if text.is_some_and(|text| kind_of(&text) == Some(FileKind::Scenario)) => {
            arguments.check("the decisions of a scenario", &[Extra::Case, Extra::With])?;
            list(arguments, colour)
        }
        None => {
            arguments.check("a situation of a policy", &[Extra::Pairs, Extra::Assume])?;
            situation(arguments, colour)
        }
    }
}

/// An argument that has an effect on some explanations only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    Pairs,
    Case,
    Assume,
    With,
}

impl Arguments {
    /// Refuses arguments that have no effect on what is explained; `used` has an effect.
    fn check(&self, what: &str, used: &[Extra]) -> Result<(), Exit> {
        let pair = self.situation.first().cloned();
        let case = self.case.as_ref().map(|_| "--case".to_owned());
        let assume = self.assume.first().map(|_| "--assume".to_owned());
        let with = has_overlays().then(|| "--with".to_owned());
        let given = [
            (Extra::Pairs, pair),
            (Extra::Case, case),
            (Extra::Assume, assume),
            (Extra::With, with),
        ];
        for (extra, name) in given {
            if let Some(name) = name.filter(|_| !used.contains(&extra)) {
                let title = format!("`{name}` has no effect on {what}");
                return Err(refuse(Problem::bare(Code::Contradiction, title).help(match extra {
                    Extra::Pairs => "name a policy to explain a situation: NAME@EDITION or a file",
                    Extra::Assume => "set `assume:` in the scenario, or name a policy",
                    Extra::Case | Extra::With => "leave it out",
                })));
            }
        }
        Ok(())
    }
}

/// Whether a word has the form of a message code, such as `E010`.
fn is_code(what: &str) -> bool {
    let digits = what.strip_prefix(['E', 'W']).unwrap_or_default();
    digits.len() == 3 && digits.chars().all(|c| c.is_ascii_digit())
}

/// Whether a word is the id of a rule of an edition, or has its form, such as `RP5`.
fn is_rule(what: &str) -> bool {
    let digits = what.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let has_form = (1..what.len()).contains(&digits.len()) && digits.parse::<u32>().is_ok();
    has_form || Catalog::names().any(|name| has_rule(name, what))
}

/// Reports a mistake in the arguments, and returns the exit code.
fn refuse(problem: Problem) -> Exit {
    print_problem(problem);
    Exit::BadInput
}

/// Whether the text of a built-in edition contains a rule.
fn has_rule(name: &str, id: &str) -> bool {
    let is_id = id.chars().all(|c| c.is_ascii_alphanumeric());
    let text = Catalog::text(name).unwrap_or_default();
    is_id && (text.contains(&format!(" {id}:")) || text.contains(&format!("id: {id},")))
}

/// Prints a rule of every built-in edition that has it. Editions with the same text are listed
/// together.
fn everywhere(id: &str, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let names: Vec<&str> = Catalog::names().collect();
    let policies: Vec<_> = names.iter().filter_map(|name| loader.policy(name)).collect();
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let exists = policies.iter().flat_map(|policy| &policy.rules).any(|rule| rule.id == id);
    if is_code(id) && !exists {
        let title = format!("there is no message code `{id}`");
        let known = Code::ALL.iter().map(|code| code.word());
        let problem = Problem::bare(Code::UnknownWord, title);
        return Err(refuse(problem.did_you_mean(&closest(id, known))));
    }
    let policies = policies.iter().map(|policy| &**policy);
    print_rule((id, "no edition has a rule"), policies, &loader.sources, colour)
}

/// Prints a rule of a policy, or of the policies of a scenario.
fn rule(what: &str, id: &str, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let text = super::shared::files::read_text(std::path::Path::new(what)).ok();
    if text.is_some_and(|text| kind_of(&text) == Some(FileKind::Scenario)) {
        let options = Options { unjudged: true, ..Options::default() };
        let loaded = loader.scenarios(&[PathBuf::from(what)], &options);
        loader.refuse_or_continue(terminal::stderr_paint(colour))?;
        let plans = plans(loaded, None, None)?;
        let mut rules = plans.iter().flat_map(|plan| plan.header.rulebooks.iter());
        let is_rule = rules.any(|book| book.policy.rules.iter().any(|rule| rule.id == id));
        if !is_rule && plans.iter().any(|plan| plan.header.events.called(id).is_some()) {
            let problem =
                Problem::bare(Code::UnknownName, format!("`#{id}` does not name a decision"));
            return Err(refuse(
                problem.help("write FILE#EVENT/INSTANCE, such as `night.yaml#quiet/web-1`"),
            ));
        }
        let books: Vec<_> = plans.iter().flat_map(|plan| plan.header.rulebooks.iter()).collect();
        let policies = books.iter().map(|book| &*book.policy);
        return print_rule((id, "no policy has a rule"), policies, &loader.sources, colour);
    }
    refuse_overlays("a rule")?;
    let policy = loader.policy(what);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let policy = policy.as_deref().into_iter();
    print_rule((id, "this policy has no rule"), policy, &loader.sources, colour)
}

/// Prints a rule of some policies. `missing` is the beginning of the message if none has it.
fn print_rule<'p>(
    (id, missing): (&str, &str),
    policies: impl Iterator<Item = &'p Policy>,
    files: &Sources,
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let page = terminal::page(colour);
    let plain = Page { paint: Paint(false), ..page };
    let (mut reported, mut known): (Vec<(&Policy, &Rule, Vec<&str>)>, _) = (Vec::new(), Vec::new());
    for policy in policies {
        let Some(rule) = policy.rules.iter().find(|rule| rule.id == id) else {
            known.extend(policy.rules.iter().map(|rule| rule.id.as_str()));
            continue;
        };
        let as_shown = |policy, rule| rule_text((policy, rule), "", files, plain);
        let text = as_shown(policy, rule);
        match reported.iter_mut().find(|(policy, rule, _)| as_shown(policy, rule) == text) {
            Some((_, _, names)) if names.contains(&policy.name.as_str()) => {}
            Some((_, _, names)) => names.push(&policy.name),
            None => reported.push((policy, rule, vec![&policy.name])),
        }
    }
    if reported.is_empty() {
        known.sort_unstable();
        known.dedup();
        let problem = Problem::bare(Code::UnknownRule, format!("{missing} `{id}`"));
        let problem = problem.did_you_mean(&closest(id, known));
        let why = "is not of the form `column=word`, so it is read as a rule";
        return Err(refuse(if is_rule(id) {
            problem
        } else {
            problem.note(format!("`{id}` {why}"))
        }));
    }
    let texts = reported
        .iter()
        .map(|(policy, rule, names)| rule_text((policy, rule), &names.join(", "), files, page));
    terminal::print(&texts.collect::<Vec<_>>().join("\n\n"))?;
    Ok(Exit::Success)
}

/// Lists the decisions of a scenario, each in the form that `explain` accepts.
fn list(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let options = Options { unjudged: true, ..Options::default() };
    let loaded = loader.scenarios(&[PathBuf::from(&arguments.what)], &options);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut known: BTreeSet<Vec<String>> = BTreeSet::new();
    for plan in plans(loaded, arguments.case.as_deref(), None)? {
        for row in decisions(plan)? {
            let name = format!("{}#{}/{}", arguments.what, row.get("event"), row.get("instance"));
            let mut name = shell_word(&name).into_owned();
            if !row.get("case").is_empty() {
                name.push_str(&format!(" --case {}", shell_word(row.get("case"))));
            }
            let row = vec![name, row.get("trigger").to_owned(), row.get("outcome").to_uppercase()];
            if known.insert(row.clone()) {
                rows.push(row);
            }
        }
    }
    if rows.is_empty() {
        report_nothing_ran(Code::NothingFound, "this scenario makes no decisions");
        return Err(Exit::NothingRan);
    }
    terminal::print(&copied(&rows, terminal::page(colour).width).join("\n"))?;
    Ok(Exit::Success)
}

/// Explains one decision of a scenario.
fn decision(
    arguments: &Arguments,
    (file, about): (&str, &str),
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let (event, instance) = about.rsplit_once('/').unwrap_or((about, ""));
    let mut loader = Loader::new();
    let options = Options { unjudged: true, ..Options::default() };
    let loaded = loader.scenarios(&[PathBuf::from(file)], &options);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let plans = plans(loaded, arguments.case.as_deref(), None)?;
    let page = terminal::page(colour);
    let (mut reported, mut elsewhere, mut known) = (Vec::new(), Vec::new(), Vec::new());
    let mut stopped = Vec::new();
    for plan in plans {
        let span = location_of(event, &plan, &loader.sources);
        let mut watch = DecisionWatch::new(event, instance);
        let limits = crate::kernel::Limits::default();
        let (ending, run) = carry_out(plan, limits, None, |record, world| {
            watch.add(record, world);
            Ok::<(), Exit>(())
        })?;
        let header = run.world().header();
        // A group may have created the instance.
        known.extend(header.instances.iter().map(str::to_owned));
        let why = undecided(&ending, header);
        stopped.extend(why.map(|why| format!("stayput: {}: {why}", name_of(header))));
        elsewhere.extend(watch.elsewhere.iter().cloned());
        for explained in watch.finish() {
            let head = page.paint.dim(&name_of(header));
            let text = explain_decision(&explained, header, &span, page);
            reported.push(format!("{head}\n{text}"));
        }
    }
    if reported.is_empty() && !stopped.is_empty() {
        terminal::print_stderr(&stopped.join("\n"));
        return Err(Exit::Undecided);
    }
    if reported.is_empty() {
        return Err(nothing_decided((event, instance), &known, &mut elsewhere));
    }
    terminal::print(&reported.join("\n\n"))?;
    Ok(Exit::Success)
}

/// The location of an event: `file:line:column`, or the row of a large table.
fn location_of(event: &str, plan: &Plan, sources: &Sources) -> String {
    let id = plan.header.events.called(event);
    if let (Some(id), Script::Streamed(table)) = (id, &plan.script) {
        return format!("{}, row {}", table.path(), id.index() + 1);
    }
    let span = id.and_then(|id| plan.event_spans.get(id.index()));
    span.map_or_else(|| "caused by a timer".to_owned(), |span| sources.locate(*span))
}

fn nothing_decided(
    (event, instance): (&str, &str),
    known: &[String],
    elsewhere: &mut Vec<String>,
) -> Exit {
    if !known.iter().any(|name| name == instance) {
        let close = closest(instance, known.iter().map(String::as_str));
        let title = format!("unknown instance `{instance}`");
        return refuse(Problem::bare(Code::UnknownName, title).did_you_mean(&close));
    }
    elsewhere.sort();
    elsewhere.dedup();
    let title = format!("the event `{event}` makes no decision about `{instance}`");
    let problem = Problem::bare(Code::NeverReached, title);
    let close = closest(event, elsewhere.iter().map(String::as_str));
    refuse(if elsewhere.is_empty() {
        problem.help("no event of this scenario makes a decision about it")
    } else {
        problem
            .did_you_mean(&close)
            .note(format!("events that make a decision about it: {}", elsewhere.join(", ")))
    })
}

/// Explains one situation under a policy.
fn situation(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let policy = loader.policy(&arguments.what);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let Some(policy) = policy else { return Err(Exit::BadInput) };
    let mut settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let mut taken = SwitchSet::EMPTY;
    refuse_repeated(&arguments.assume)?;
    refuse_repeated(&arguments.situation)?;
    for pair in &arguments.assume {
        let (name, value) = split(pair)?;
        let Some(switch) = policy.switch(name) else {
            let known = policy.switches.iter().map(|switch| switch.name.as_str());
            let title = format!("{} has no switch `{name}`", policy.name);
            return Err(refuse(
                Problem::bare(Code::UnknownRule, title).did_you_mean(&closest(name, known)),
            ));
        };
        let values = &policy.switches[switch.index()].values;
        let Some(index) = values.iter().position(|known| known == value) else {
            let title = format!("`{value}` is not a position of `{name}`");
            let note = format!("one of: {}", values.join(", "));
            return Err(refuse(Problem::bare(Code::UnknownWord, title).note(note)));
        };
        settings[switch.index()] = u8::try_from(index).unwrap_or(0);
        taken = taken.with(switch);
    }
    let (mut facts, mut on, mut on_is_given) = (Facts::default(), ProtectionSet::EMPTY, false);
    for pair in &arguments.situation {
        let (name, value) = split(pair)?;
        if name == "on" {
            on_is_given = true;
            for protection in value.split(',').filter(|name| !name.is_empty()) {
                let Some(id) = policy.protection(protection) else {
                    let known = policy.protections.iter().map(|p| p.name.as_str());
                    let title = format!("this policy has no protection `{protection}`");
                    let problem = Problem::bare(Code::UnknownRule, title);
                    return Err(refuse(problem.did_you_mean(&closest(protection, known))));
                };
                on = on.with(id);
            }
            continue;
        }
        facts = set(facts, name, value)?;
    }
    let book = Rulebook::new(policy, settings, taken);
    let query = SituationQuery { book: &book, facts, on, on_is_given };
    terminal::print(&explain_situation(&query, terminal::page(colour)))?;
    Ok(Exit::Success)
}

/// Refuses two pairs with the same name.
fn refuse_repeated(pairs: &[String]) -> Result<(), Exit> {
    let mut known = BTreeSet::new();
    for pair in pairs {
        let (name, _) = split(pair)?;
        if !known.insert(name) {
            let title = format!("`{name}` is given twice");
            return Err(refuse(Problem::bare(Code::Twice, title).help("give it one value")));
        }
    }
    Ok(())
}

fn split(pair: &str) -> Result<(&str, &str), Exit> {
    pair.split_once('=').ok_or_else(|| {
        let title = format!("`{pair}` is not of the form `column=word`");
        refuse(Problem::bare(Code::WrongKind, title))
    })
}

/// `facts` with the word `value` in the column `name`.
fn set(facts: Facts, name: &str, value: &str) -> Result<Facts, Exit> {
    let Some(column) = Column::named(name) else {
        let known = Column::ALL.iter().map(|column| column.name()).chain(["on"]);
        let title = format!("unknown column `{name}`");
        return Err(refuse(
            Problem::bare(Code::UnknownWord, title).suggest(&Suggestion::of(name, None, known)),
        ));
    };
    facts.with(column, value).ok_or_else(|| {
        let words = column.words();
        let title = format!("`{value}` is not a word of the column `{name}`");
        let problem = Problem::bare(Code::UnknownWord, title);
        let close = Suggestion::of(value, None, words.iter().copied()).words;
        refuse(problem.did_you_mean(&close).note(format!("one of: {}", words.join(", "))))
    })
}
