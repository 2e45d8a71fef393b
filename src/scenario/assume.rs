//! Positions: where the documents are silent, somebody must take one.

use std::sync::Arc;

use super::plan::Assumption;
use crate::policy::{Policy, Rulebook};
use crate::text::{Code, Map, Name, Place, Problem, Problems, Spanned, closest};
use crate::vocab::{PolicyId, SwitchId, SwitchSet};

/// Settles the switches of some policies, as a scenario assumes.
pub struct Assuming<'p> {
    /// The policies, in the order of their ids.
    pub policies: Vec<Arc<Policy>>,
    /// Where the scenario is named: what is missing is told there.
    pub scenario: Place,
    /// Whether another policy than the scenario's own is in use; then the
    /// scenario may well assume too much.
    pub replaced: bool,
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
                place: name.place,
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
            let values = &policy.switches[switch.index()].values;
            if let Some(at) = values.iter().position(|known| *known == value.value) {
                settings[switch.index()] = u8::try_from(at).ok();
                settles.push((PolicyId::at(number), switch));
                continue;
            }
            let title = format!("`{}` is not a position of `{}`", **value, **name);
            let problem = Problem::at(Code::UnknownWord, value.place, title, "unknown position");
            let problem = problem.did_you_mean(&closest(value, values.iter().map(String::as_str)));
            self.problems.add(problem.note(format!("one of: {}", values.join(", "))));
        }
        if self.policies.iter().all(|policy| policy.switch(&name.value).is_none()) {
            self.unknown_switch(name);
        }
        settles
    }

    fn unknown_switch(&mut self, name: &Spanned<Name>) {
        let known: Vec<&str> =
            self.policies.iter().flat_map(|p| &p.switches).map(|s| s.name.as_str()).collect();
        let names: Vec<&str> = self.policies.iter().map(|policy| policy.name.as_str()).collect();
        let title = format!("{} leaves no question `{}` open", names.join(", "), **name);
        let code = if self.replaced { Code::UnusedAssumption } else { Code::UnknownRule };
        let problem = Problem::at(code, name.place, title, "unknown switch");
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

    fn open_question(&self, policy: &Policy, switch: &crate::policy::Switch) -> Problem {
        let title =
            format!("{} leaves `{}` open, and nobody took a position", policy.name, switch.name);
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
