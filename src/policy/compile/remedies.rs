//! Remedies: names of protections become ids.

use super::Compiler;
use crate::policy::remedy::{Advice, Means, Proposal};
use crate::policy::remedy_part::{RemedyPart, WhatPart};
use crate::text::{Code, Problem, closest};
use crate::vocab::ProtectionId;

impl Compiler<'_> {
    pub(super) fn advice(&mut self, part: &RemedyPart) -> Advice {
        let mut means = Vec::new();
        for act in &part.acts {
            let what = match &act.what {
                WhatPart::Do(act) => Means::Do(*act),
                WhatPart::Set(name) => {
                    let known = self.protections.iter();
                    let at = known.clone().position(|(known, attribute)| {
                        *known == name.value || attribute.as_deref() == Some(&*name.value)
                    });
                    let Some(at) = at else {
                        let title = format!("this policy has no protection `{}`", **name);
                        let problem =
                            Problem::at(Code::UnknownRule, name.place, title, "unknown protection");
                        let close = closest(name, known.map(|(known, _)| &**known));
                        self.problems.add(problem.did_you_mean(&close));
                        continue;
                    };
                    Means::Set(ProtectionId::at(at))
                }
            };
            means.push(Proposal { means: what, says: act.says.clone(), place: act.place });
        }
        let names: Vec<&str> = self.protections.iter().map(|(name, _)| &**name).collect();
        Advice::new(means, part.text.clone(), &names)
    }
}
