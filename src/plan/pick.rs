//! Instances of a plan by a selector that is not in its file.

use super::compiled::Plan;
use super::selectors::{Candidates, select};
use crate::diagnostics::{Problems, Span};
use crate::format::Selector;
use crate::run_header::RunHeader;
use crate::words::InstanceId;

impl Plan {
    /// The instances that a selector selects; `None` if it has a mistake, which is reported.
    pub fn pick(&self, selector: &Selector, problems: &mut Problems) -> Option<Vec<InstanceId>> {
        select(selector, &NamedInstances(&self.header), problems)
    }
}

/// The instances of a plan by name and tags.
struct NamedInstances<'p>(&'p RunHeader);

impl Candidates for NamedInstances<'_> {
    fn named(&self, name: &str) -> Option<InstanceId> {
        self.0.instances.position(name).map(InstanceId::from_index)
    }

    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_> {
        let names = self.0.instances.iter().enumerate();
        Box::new(names.map(|(index, name)| (InstanceId::from_index(index), name)))
    }

    fn tagged(&self, id: InstanceId, key: &str, value: &str) -> bool {
        let mut tags = self.0.tags.of(id).unwrap_or_default().split(';');
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
