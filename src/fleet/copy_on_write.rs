//! Copy-on-write tables: copies share the rows that have not changed.
//!
//! A study runs thousands of replications of the same fleet, each of which changes few of its rows.
//! After [`CowTable::share`], a copy costs a pointer for each page of rows, and a change copies one
//! page. `benches/README.md` contains the gain.

use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Number of rows of a page: two to this power. A page of instances takes about 3 KiB.
const PAGE: u32 = 5;

/// A dense table of rows, by index.
#[derive(Debug, Clone)]
pub(super) enum CowTable<T> {
    /// The rows of a table that is copied as a whole.
    Own(Vec<T>),
    /// The rows of a table whose copies share pages.
    Shared(CowPages<T>),
}

/// The rows of a table whose copies share pages.
#[derive(Debug, Clone)]
pub(super) struct CowPages<T> {
    /// The rows when the table was shared.
    base: Arc<[T]>,
    /// For each page of `base`, its rows in this copy; `None` as long as they are the same.
    changed: Vec<Option<Box<[T]>>>,
    /// The rows that were added in this copy.
    added: Vec<T>,
}

impl<T> Default for CowTable<T> {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl<T: Clone> CowTable<T> {
    /// Lets copies of this table share its rows from now on.
    pub(super) fn share(&mut self) {
        if let Self::Own(rows) = self {
            let base: Arc<[T]> = std::mem::take(rows).into();
            let pages = base.len().div_ceil(1 << PAGE);
            let changed = std::iter::repeat_with(|| None).take(pages).collect();
            *self = Self::Shared(CowPages { base, changed, added: Vec::new() });
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Own(rows) => rows.len(),
            Self::Shared(rows) => rows.base.len() + rows.added.len(),
        }
    }

    /// Adds a row at the end.
    pub(super) fn push(&mut self, row: T) {
        match self {
            Self::Own(rows) => rows.push(row),
            Self::Shared(rows) => rows.added.push(row),
        }
    }

    /// The rows, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// The row with this index, which the table has.
    #[inline]
    pub(super) fn get(&self, index: usize) -> &T {
        match self {
            Self::Own(rows) => &rows[index],
            Self::Shared(rows) => rows.get(index),
        }
    }

    /// The row with this index, which the table has, mutably.
    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> &mut T {
        match self {
            Self::Own(rows) => &mut rows[index],
            Self::Shared(rows) => rows.get_mut(index),
        }
    }
}

impl<T: Clone> CowPages<T> {
    fn get(&self, index: usize) -> &T {
        let Some(row) = self.base.get(index) else {
            return &self.added[index - self.base.len()];
        };
        let page = self.changed[index >> PAGE].as_ref();
        page.map_or(row, |page| &page[index & ((1 << PAGE) - 1)])
    }

    fn get_mut(&mut self, index: usize) -> &mut T {
        if index >= self.base.len() {
            return &mut self.added[index - self.base.len()];
        }
        let first = index >> PAGE << PAGE;
        let last = self.base.len().min(first + (1 << PAGE));
        let page = &mut self.changed[index >> PAGE];
        &mut page.get_or_insert_with(|| self.base[first..last].into())[index - first]
    }
}

/// A map whose copies share the entries that have not changed.
#[derive(Debug, Clone)]
pub(super) struct CowMap<K, V> {
    base: Arc<FxHashMap<K, V>>,
    /// The entries that differ from `base`; `None` for a removed one. Empty as long as the
    /// map has not been copied.
    changed: FxHashMap<K, Option<V>>,
}

impl<K, V> Default for CowMap<K, V> {
    fn default() -> Self {
        Self { base: Arc::default(), changed: FxHashMap::default() }
    }
}

impl<K: Copy + Eq + Hash, V: Clone> CowMap<K, V> {
    /// The value of a key; `None` if it has none.
    pub(super) fn get(&self, key: K) -> Option<&V> {
        if !self.changed.is_empty()
            && let Some(value) = self.changed.get(&key)
        {
            return value.as_ref();
        }
        self.base.get(&key)
    }

    /// Sets the value of a key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.set(key, Some(value));
    }

    /// Removes a key, and returns its value; `None` if it has none.
    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let value = self.get(key).cloned()?;
        self.set(key, None);
        Some(value)
    }

    fn set(&mut self, key: K, value: Option<V>) {
        match (self.only(), value) {
            (Some(only), Some(value)) => {
                only.insert(key, value);
            }
            (Some(only), None) => {
                only.remove(&key);
            }
            (None, value) => {
                self.changed.insert(key, value);
            }
        }
    }

    /// The map itself; `None` if copies share it or have shared it.
    fn only(&mut self) -> Option<&mut FxHashMap<K, V>> {
        Arc::get_mut(&mut self.base).filter(|_| self.changed.is_empty())
    }
}

impl<K: Copy + Eq + Hash, V: Clone + Default> CowMap<K, V> {
    /// The value of a key, mutably; it is added if the key has none.
    pub(super) fn get_mut(&mut self, key: K) -> &mut V {
        if self.only().is_some() {
            return Arc::make_mut(&mut self.base).entry(key).or_default();
        }
        let base = &self.base;
        let value = self.changed.entry(key).or_insert_with(|| base.get(&key).cloned());
        value.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A change of a copy of a table.
    #[derive(Debug, Clone, Copy)]
    enum Change {
        Set(usize, u32),
        Add(u32),
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let set =
            (any::<usize>(), any::<u32>()).prop_map(|(index, value)| Change::Set(index, value));
        proptest::collection::vec(prop_oneof![set, any::<u32>().prop_map(Change::Add)], 0..80)
    }

    fn rows_of(rows: &CowTable<u32>) -> Vec<u32> {
        rows.iter().copied().collect()
    }

    proptest! {
        /// A copy has only its own changes, and the shared table has no change of a copy.
        #[test]
        fn copies_of_a_shared_table_do_not_see_changes_of_each_other(
            start in proptest::collection::vec(any::<u32>(), 1..120),
            copies in proptest::collection::vec(changes(), 1..4),
        ) {
            let mut shared = CowTable::Own(start.clone());
            shared.share();
            let mut all = Vec::new();
            for list in copies {
                let (mut rows, mut model) = (shared.clone(), start.clone());
                for change in list {
                    match change {
                        Change::Set(index, value) => {
                            let index = index % model.len();
                            *rows.get_mut(index) = value;
                            model[index] = value;
                        }
                        Change::Add(value) => {
                            rows.push(value);
                            model.push(value);
                        }
                    }
                }
                all.push((rows, model));
            }
            for (rows, model) in all {
                prop_assert_eq!(rows.len(), model.len());
                prop_assert_eq!(rows_of(&rows), model);
            }
            prop_assert_eq!(rows_of(&shared), start);
        }

        /// The same holds for a map whose entries are set, changed and removed.
        #[test]
        fn copies_of_a_map_do_not_see_changes_of_each_other(
            start in proptest::collection::btree_map(0_u8..20, any::<u32>(), 0..20),
            copies in proptest::collection::vec(
                proptest::collection::vec((0_u8..20, any::<Option<u32>>()), 0..30), 1..4),
        ) {
            let mut shared = CowMap::default();
            start.iter().for_each(|(key, value)| shared.insert(*key, *value));
            let entries = |map: &CowMap<u8, u32>| -> Vec<(u8, u32)> {
                (0..20).filter_map(|key| Some((key, *map.get(key)?))).collect()
            };
            for list in copies {
                let (mut map, mut model) = (shared.clone(), start.clone());
                for (key, value) in list {
                    if let Some(value) = value {
                        *map.get_mut(key) = value;
                        model.insert(key, value);
                    } else {
                        prop_assert_eq!(map.remove(key), model.remove(&key));
                    }
                }
                prop_assert_eq!(entries(&map), model.into_iter().collect::<Vec<_>>());
            }
            prop_assert_eq!(entries(&shared), start.into_iter().collect::<Vec<_>>());
        }
    }
}
