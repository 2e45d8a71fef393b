//! Converts resolved events back to the form of a scenario file: ids become names again.

use serde_json::{Map, Value as Json};

use super::targets::{FlagsRef, Targets};
use crate::policy::Flags;
use crate::run_header::RunHeader;
use crate::words::InstanceId;

/// The names of ids, and the lists that events refer to.
#[derive(Debug, Clone, Copy)]
pub struct Spelling<'p> {
    /// The names of ids, and the policies.
    pub header: &'p RunHeader,
    /// The targets of the plan.
    pub targets: &'p [InstanceId],
    /// The flags of the plan.
    pub flags: &'p [Flags],
}

impl Spelling<'_> {
    /// Instances by name: one name, or a list of names.
    pub fn instances(&self, targets: Targets) -> Json {
        let names = targets.of(self.targets).iter().map(|id| self.header.instance(*id).into());
        let names: Vec<Json> = names.collect();
        match <[Json; 1]>::try_from(names) {
            Ok([one]) => one,
            Err(names) => Json::Array(names),
        }
    }

    /// Protections by name, with whether they are switched on.
    pub fn flags(&self, flags: FlagsRef) -> Json {
        let mut named = Map::new();
        let books = self.header.rulebooks.iter().zip(&self.flags[flags.0 as usize..]);
        for (book, flags) in books {
            for (set, on) in [(flags.on, true), (flags.off, false)] {
                for id in set.iter() {
                    let name = book.policy.protections[id.index()].name.clone();
                    named.insert(name, on.into());
                }
            }
        }
        Json::Object(named)
    }
}
