//! Arrays of equal neighbours as runs: for each run its value and its length, as bytes, because an
//! edition has thousands of runs and each command reads them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(values: &[u16], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(&bytes_of(values))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, A: From<Vec<u16>>>(
    from: D,
) -> Result<A, D::Error> {
    from.deserialize_bytes(Runs(PhantomData))
}

/// The number of values, then the value and the length of each run.
fn bytes_of(values: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, values.len());
    for run in values.chunk_by(|one, next| one == next) {
        put(&mut bytes, run[0].into());
        put(&mut bytes, run.len());
    }
    bytes
}

/// Appends a number, seven bits in a byte; the last byte has its highest bit clear.
fn put(bytes: &mut Vec<u8>, number: usize) {
    let mut rest = number;
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or_default();
        rest >>= 7;
        if rest == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// Reads a number that [`put`] wrote, and the bytes after it; `None` if it is not complete.
fn take(bytes: &[u8]) -> Option<(usize, &[u8])> {
    // Nearly all numbers are a single byte.
    if let [number @ ..0x80, rest @ ..] = bytes {
        return Some(((*number).into(), rest));
    }
    let mut number = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

/// The values of some runs; `None` if the bytes are not the runs of an array.
fn values(bytes: &[u8]) -> Option<Vec<u16>> {
    let (length, mut rest) = take(bytes)?;
    let mut values = Vec::with_capacity(length.min(super::space::MOST_CELLS));
    while !rest.is_empty() {
        let (value, after) = take(rest)?;
        let (count, after) = take(after)?;
        if count > length - values.len() {
            return None;
        }
        let value = u16::try_from(value).ok()?;
        if count == 1 {
            values.push(value);
        } else {
            values.resize(values.len() + count, value);
        }
        rest = after;
    }
    (values.len() == length).then_some(values)
}

struct Runs<A>(PhantomData<A>);

impl<A: From<Vec<u16>>> Visitor<'_> for Runs<A> {
    type Value = A;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("runs of numbers")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<A, E> {
        values(bytes).map(A::from).ok_or_else(|| E::custom("not the runs of an array"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_back_and_anything_else_is_refused() {
        for list in [vec![], vec![7], vec![u16::MAX; 300], vec![1, 1, 2, 200, 200, 1]] {
            let mut bytes = bytes_of(&list);
            assert_eq!(values(&bytes), Some(list));
            bytes.push(1);
            assert_eq!(values(&bytes), None);
        }
        assert_eq!(values(&[2, 1, 3]), None, "more values than stated");
        assert_eq!(values(&[2, 1, 1]), None, "fewer values than stated");
        assert_eq!(values(&[]), None);
    }
}
