//! Arrays in which values and sequences of values repeat, as bytes: runs of one value, and copies
//! of an earlier part. An edition has thousands of them, and each command reads them.

use std::collections::BTreeMap;
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

/// Number of values by which an earlier part is found.
const WINDOW: usize = 4;

/// The number of values, then two numbers for each part: twice its length and its value, or twice
/// its length plus one and the distance to the part that it repeats.
fn bytes_of(values: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, values.len());
    let mut latest: BTreeMap<&[u16], usize> = BTreeMap::new();
    let mut at = 0;
    while let Some(value) = values.get(at) {
        let rest = &values[at..];
        let run = rest.iter().take_while(|next| *next == value).count();
        let found = values.get(at..at + WINDOW).and_then(|window| latest.get(window).copied());
        let repeated = |from: usize| {
            let pairs = rest.iter().zip(&values[from..]);
            pairs.take_while(|(one, other)| one == other).count()
        };
        let part = match found.map(|from| (at - from, repeated(from))) {
            Some((distance, length)) if length > run => {
                put(&mut bytes, 2 * length + 1);
                put(&mut bytes, distance);
                length
            }
            Some(_) | None => {
                put(&mut bytes, 2 * run);
                put(&mut bytes, usize::from(*value));
                run
            }
        };
        for start in at..at + part {
            values.get(start..start + WINDOW).map(|window| latest.insert(window, start));
        }
        at += part;
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

/// The values of some parts; `None` if the bytes are not the parts of an array.
fn values(bytes: &[u8]) -> Option<Vec<u16>> {
    let (length, mut rest) = take(bytes)?;
    let mut values: Vec<u16> = Vec::with_capacity(length.min(super::space::MOST_CELLS));
    while !rest.is_empty() {
        let (tagged, after) = take(rest)?;
        let (number, after) = take(after)?;
        let (count, before) = (tagged / 2, values.len());
        if count > length - before {
            return None;
        }
        if tagged % 2 == 0 {
            values.resize(before + count, u16::try_from(number).ok()?);
        } else {
            let mut from = before.checked_sub(number).filter(|from| *from < before)?;
            // A part can repeat its own beginning.
            while values.len() < before + count {
                let to = values.len().min(from + before + count - values.len());
                values.extend_from_within(from..to);
                from = to;
            }
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
    fn arrays_are_read_back_and_anything_else_is_refused() {
        let block: Vec<u16> = [0, 0, 0, 5, 6, 7, 7, 300, 8].repeat(9);
        for list in [
            vec![],
            vec![7],
            vec![u16::MAX; 300],
            vec![1, 1, 2, 200, 200, 1],
            [1, 2].repeat(50),
            [&block[..], &block[3..40], &[9, 9]].concat(),
        ] {
            let mut bytes = bytes_of(&list);
            assert_eq!(values(&bytes), Some(list));
            bytes.push(1);
            assert_eq!(values(&bytes), None);
        }
        assert!(bytes_of(&block).len() < 20, "a block that repeats is stored once");
        assert_eq!(values(&[2, 6, 1]), None, "more values than stated");
        assert_eq!(values(&[2, 2, 1]), None, "fewer values than stated");
        assert_eq!(values(&[3, 2, 1, 5, 2]), None, "a copy of nothing");
        assert_eq!(values(&[3, 2, 1, 5, 0]), None, "a copy of itself");
        assert_eq!(values(&[]), None);
    }
}
