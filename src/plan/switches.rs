//! The positions of switches: those of the scenario, and the defaults of the policy.

use std::sync::Arc;

use super::compiled::Assumption;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{Map, Name};
use crate::policy::{Policy, Rulebook, Switch};
use crate::words::{PolicyId, SwitchId, SwitchSet};

/// Settles the switches of some policies, as a scenario assumes.
pub struct Assuming<'p> {
    /// The policies, in the order of their ids.
    pub policies: Vec<Arc<Policy>>,
    /// Where the scenario is named: what is missing is reported there.
    pub scenario: Span,
    /// Policies that the scenario or the command names besides: a position on a question of
    /// theirs is right, though nothing here asks for it.
    pub beside: &'p [Arc<Policy>],
    /// Every mistake found so far.
    pub problems: &'p mut Problems,
}

impl Assuming<'_> {
    /// Settles every switch: as assumed, else as the policy says by default.
    pub fn settle(
        mut self,
        assumed: &Map<Spanned<String>>,
    ) -> (Vec<Arc<Rulebook>>, Vec<Assumption>) {
        let mut settings: Vec<Vec<Option<u8>>> =
            self.policies.iter().map(|policy| vec![None; policy.switches.len()]).collect();
        let mut assumptions = Vec::new();
        for (name, value) in &assumed.0 {
            let settles = self.assume(name, value, &mut settings);
            assumptions.push(Assumption {
                name: name.to_string(),
                value: value.value.clone(),
                span: name.span,
                settles,
            });
        }
        let policies = std::mem::take(&mut self.policies);
        let books = policies.into_iter().zip(settings);
        (books.map(|(policy, settings)| self.book(policy, &settings).into()).collect(), assumptions)
    }

    /// Takes a position in every policy that asks for it.
    fn assume(
        &mut self,
        name: &Spanned<Name>,
        value: &Spanned<String>,
        settings: &mut [Vec<Option<u8>>],
    ) -> Vec<(PolicyId, SwitchId)> {
        let mut settles = Vec::new();
        for (number, (policy, settings)) in self.policies.iter().zip(settings).enumerate() {
            let Some(switch) = policy.switch(&name.value) else { continue };
            if let Some(at) =
                demand_position(&policy.switches[switch.index()], value, self.problems)
            {
                settings[switch.index()] = u8::try_from(at).ok();
                settles.push((PolicyId::at(number), switch));
            }
        }
        let elsewhere = || self.beside.iter().find_map(|policy| switch_of(policy, name));
        if self.policies.iter().all(|policy| switch_of(policy, name).is_none()) {
            match elsewhere() {
                Some(switch) => drop(demand_position(switch, value, self.problems)),
                None => self.unknown_switch(name),
            }
        }
        settles
    }

    fn unknown_switch(&mut self, name: &Spanned<Name>) {
        let all = || self.policies.iter().chain(self.beside);
        let mut known: Vec<&str> =
            all().flat_map(|p| &p.switches).map(|switch| switch.name.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let names: Vec<&str> = all().map(|policy| policy.name.as_str()).collect();
        let title = match names.as_slice() {
            [one] => format!("{one} leaves no question `{}` open", **name),
            several => {
                format!("none of {} leaves a question `{}` open", several.join(", "), **name)
            }
        };
        let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown switch");
        let problem = problem.did_you_mean(&closest(&name.value, known.iter().copied()));
        self.problems.add(problem.note(format!("switches: {}", known.join(", "))));
    }

    fn book(&mut self, policy: Arc<Policy>, settings: &[Option<u8>]) -> Rulebook {
        let mut taken = SwitchSet::EMPTY;
        let mut values = Vec::with_capacity(settings.len());
        for (at, (switch, setting)) in policy.switches.iter().zip(settings).enumerate() {
            if setting.is_some() {
                taken = taken.with(SwitchId::at(at));
            }
            let value = setting.or(switch.default);
            if value.is_none() {
                self.problems.add(self.open_question(&policy, switch));
            }
            values.push(value.unwrap_or(0));
        }
        Rulebook::new(policy, values, taken)
    }

    fn open_question(&self, policy: &Policy, switch: &Switch) -> Problem {
        let title =
            format!("the switch `{}` of {} must be set under `assume:`", switch.name, policy.name);
        let mut problem =
            Problem::at(Code::OpenQuestion, self.scenario, title, "this scenario must");
        if let Some(because) = &switch.because {
            problem = problem.note(format!("the question: {because}"));
        }
        for value in &switch.values {
            problem = problem.help(format!("under `assume:` write `{}: {value}`", switch.name));
        }
        problem
    }
}

/// The switch of a policy that a scenario calls so.
fn switch_of<'p>(policy: &'p Policy, name: &Spanned<Name>) -> Option<&'p Switch> {
    policy.switch(&name.value).map(|switch| &policy.switches[switch.index()])
}

/// The place of a position among those of a switch; it is a mistake if it is none of them.
fn demand_position(
    switch: &Switch,
    value: &Spanned<String>,
    problems: &mut Problems,
) -> Option<usize> {
    let values = &switch.values;
    let at = values.iter().position(|known| *known == value.value);
    if at.is_none() {
        let title = format!("`{}` is not a position of `{}`", **value, switch.name);
        let problem = Problem::at(Code::UnknownWord, value.span, title, "unknown position");
        let problem = problem.did_you_mean(&closest(value, values.iter().map(String::as_str)));
        problems.add(problem.note(format!("one of: {}", values.join(", "))));
    }
    at
}
