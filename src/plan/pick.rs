//! Instances of a plan by a selector that is not in its file.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::compiled::Plan;
use super::selectors::{Candidates, select};
use crate::diagnostics::{Problems, Span};
use crate::format::Selector;
use crate::run_header::RunHeader;
use crate::words::InstanceId;

impl Plan {
    /// The instances that a selector selects; `None` if it has a mistake, which is reported.
    pub fn pick(&self, selector: &Selector, problems: &mut Problems) -> Option<Vec<InstanceId>> {
        let among = NamedInstances { header: &self.header, by_name: OnceCell::new() };
        select(selector, &among, problems)
    }
}

/// The instances of a plan by name and tags.
struct NamedInstances<'p> {
    header: &'p RunHeader,
    /// The ids by name, for the first name that is looked up and all later ones.
    by_name: OnceCell<FxHashMap<&'p str, InstanceId>>,
}

impl Candidates for NamedInstances<'_> {
    fn named(&self, name: &str) -> Option<InstanceId> {
        let by_name = self.by_name.get_or_init(|| {
            let names = self.header.instances.iter().enumerate();
            names.map(|(index, name)| (name, InstanceId::from_index(index))).collect()
        });
        by_name.get(name).copied()
    }

    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_> {
        let names = self.header.instances.iter().enumerate();
        Box::new(names.map(|(index, name)| (InstanceId::from_index(index), name)))
    }

    fn tagged(&self, id: InstanceId, key: &str, value: &str) -> bool {
        let mut tags = self.header.tags.of(id).unwrap_or_default().split(';');
        tags.any(|tag| tag.split_once('=') == Some((key, value)))
    }

    fn defined(&self, _: InstanceId) -> Option<Span> {
        None
    }

    fn is_doubtful(&self) -> bool {
        false
    }

    fn may_exist(&self, _: &str) -> bool {
        false
    }

    fn unread(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(std::iter::empty())
    }
}
