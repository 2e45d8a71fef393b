//! Reads and writes lists that are shared in memory as plain lists.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) fn serialize<T: Serialize, S: Serializer>(
    rows: &Arc<[T]>,
    to: S,
) -> Result<S::Ok, S::Error> {
    rows.as_ref().serialize(to)
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Arc<[T]>, D::Error> {
    Vec::deserialize(from).map(Arc::from)
}

/// The same for a single value.
pub(super) mod one {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::policy) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(to)
    }

    pub(in crate::policy) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}
