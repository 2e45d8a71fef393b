//! The positions of switches, from the scenario and from the defaults of the policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compiled::Assumption;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{Map, Name};
use crate::policy::{Library, Policy, Rulebook, Switch};
use crate::words::{PolicyId, SwitchId, SwitchSet};

/// Sets the switches of the policies of a scenario.
pub struct Assuming<'p> {
    /// The policies, in the order of their ids.
    pub policies: Vec<Arc<Policy>>,
    /// The span of the scenario's name, at which a missing assumption is reported.
    pub scenario: Span,
    /// Other policies of the scenario or the command. Assumptions about their switches are valid
    /// but have no effect here.
    pub beside: &'p [Arc<Policy>],
    /// The rulebooks that were computed so far.
    pub library: &'p mut Library,
    /// The problems found so far.
    pub problems: &'p mut Problems,
}

impl Assuming<'_> {
    /// Sets every switch as assumed, or else to the policy's default.
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
        (books.map(|(policy, settings)| self.book(policy, &settings)).collect(), assumptions)
    }

    /// Sets a switch in every policy that has it.
    fn assume(
        &mut self,
        name: &Spanned<Name>,
        value: &Spanned<String>,
        settings: &mut [Vec<Option<u8>>],
    ) -> Vec<(PolicyId, SwitchId)> {
        let mut settles = Vec::new();
        for (number, (policy, settings)) in self.policies.iter().zip(settings).enumerate() {
            let Some(switch) = policy.switch(&name.value) else { continue };
            if let Some(position) =
                demand_position(&policy.switches[switch.index()], value, self.problems)
            {
                settings[switch.index()] = u8::try_from(position).ok();
                settles.push((PolicyId::from_index(number), switch));
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
        let mut names: Vec<&str> = all().map(|policy| policy.name.as_str()).collect();
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let title = match names.as_slice() {
            [one] => format!("{one} has no switch `{}`", **name),
            several => {
                format!("none of {} has a switch `{}`", several.join(", "), **name)
            }
        };
        let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown switch");
        let problem = problem.did_you_mean(&closest(&name.value, known.iter().copied()));
        self.problems.add(problem.note(format!("switches: {}", known.join(", "))));
    }

    fn book(&mut self, policy: Arc<Policy>, settings: &[Option<u8>]) -> Arc<Rulebook> {
        let mut taken = SwitchSet::EMPTY;
        let mut values = Vec::with_capacity(settings.len());
        for (index, (switch, setting)) in policy.switches.iter().zip(settings).enumerate() {
            if setting.is_some() {
                taken = taken.with(SwitchId::from_index(index));
            }
            let value = setting.or(switch.default);
            if value.is_none() {
                self.problems.add(self.open_question(&policy, switch));
            }
            values.push(value.unwrap_or(0));
        }
        self.library.rulebook(policy, values, taken)
    }

    fn open_question(&self, policy: &Policy, switch: &Switch) -> Problem {
        let title =
            format!("the switch `{}` of {} must be set under `assume:`", switch.name, policy.name);
        let mut problem =
            Problem::at(Code::OpenQuestion, self.scenario, title, "this scenario does not set it");
        if let Some(because) = &switch.because {
            problem = problem.note(format!("the question: {because}"));
        }
        for value in &switch.values {
            problem = problem.help(format!("under `assume:` write `{}: {value}`", switch.name));
        }
        problem
    }
}

/// The switch of a policy with this name; `None` if there is none.
fn switch_of<'p>(policy: &'p Policy, name: &Spanned<Name>) -> Option<&'p Switch> {
    policy.switch(&name.value).map(|switch| &policy.switches[switch.index()])
}

/// The index of a position of a switch; `None` if the switch has no such position, which is
/// reported.
fn demand_position(
    switch: &Switch,
    value: &Spanned<String>,
    problems: &mut Problems,
) -> Option<usize> {
    let values = &switch.values;
    let index = values.iter().position(|known| *known == value.value);
    if index.is_none() {
        let title = format!("`{}` is not a position of `{}`", **value, switch.name);
        let problem = Problem::at(Code::UnknownWord, value.span, title, "unknown position");
        let problem = problem.did_you_mean(&closest(value, values.iter().map(String::as_str)));
        problems.add(problem.note(format!("one of: {}", values.join(", "))));
    }
    index
}
