//! Texts that some instances have and others lack, such as their tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{InstanceId, Names};

/// A text for each of some instances. Equal texts are kept once, and copies share everything.
#[derive(Debug, Clone, Default)]
pub struct Labels(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    /// Instances with a text, in ascending order.
    ids: Vec<InstanceId>,
    /// For each of these instances, the index of its text in `names`.
    texts: Vec<u32>,
    names: Names,
}

impl Labels {
    /// The text of an instance; `None` if it has none.
    pub fn of(&self, id: InstanceId) -> Option<&str> {
        let index = self.0.ids.binary_search(&id).ok()?;
        self.0.texts.get(index).map(|text| self.0.names.get(*text as usize))
    }
}

impl FromIterator<(InstanceId, String)> for Labels {
    /// Collects texts, which must come in ascending order of their instances.
    fn from_iter<I: IntoIterator<Item = (InstanceId, String)>>(labels: I) -> Self {
        let mut parts = Parts::default();
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        for (id, text) in labels {
            debug_assert!(parts.ids.last().is_none_or(|last| *last < id), "in ascending order");
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let names = &mut parts.names;
            let text = *known.entry(text).or_insert_with_key(|text| {
                names.push(text);
                next
            });
            parts.ids.push(id);
            parts.texts.push(text);
        }
        parts.names = parts.names.shared();
        Self(Arc::new(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_kept_once() {
        let labels: Labels = [(1, "a"), (3, "b"), (7, "a")]
            .map(|(id, text)| (InstanceId(id), text.to_owned()))
            .into_iter()
            .collect();
        let of = |id| labels.of(InstanceId(id));
        assert_eq!(
            [of(0), of(1), of(3), of(7), of(8)],
            [None, Some("a"), Some("b"), Some("a"), None]
        );
        assert_eq!(labels.0.names.len(), 2);
    }
}
