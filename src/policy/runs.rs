//! Arrays of equal neighbours as runs: for each run its value and its length.

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

pub(super) fn serialize<S: Serializer>(values: &[u16], to: S) -> Result<S::Ok, S::Error> {
    let runs = values.chunk_by(|one, next| one == next);
    let runs: Vec<(u16, usize)> = runs.map(|run| (run[0], run.len())).collect();
    runs.serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, A: From<Vec<u16>>>(
    from: D,
) -> Result<A, D::Error> {
    let runs = Vec::<(u16, usize)>::deserialize(from)?;
    let mut values = Vec::with_capacity(runs.iter().map(|(_, length)| length).sum());
    for (value, length) in runs {
        values.resize(values.len() + length, value);
    }
    Ok(values.into())
}
