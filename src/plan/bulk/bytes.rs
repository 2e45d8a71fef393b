//! Tests of eight bytes at a time.

/// Marks, among eight bytes, those that a plain cell does not contain: less than `%`, or not ASCII.
/// Bytes above the lowest that is marked may be marked wrongly.
pub const fn odd_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    (word.wrapping_sub(ONES * b'%' as u64) | word) & (ONES * 128)
}

/// Marks the commas among eight bytes. Bytes above the lowest that is not ASCII may be marked
/// wrongly.
pub const fn commas_of_ascii(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    !(word ^ (ONES * b',' as u64)).wrapping_add(ONES * 127) & (ONES * 128)
}

/// The positions of `byte` among eight bytes: the highest bit of each matching byte is set.
///
/// Source: the exact test in Anderson, *Bit Twiddling Hacks*, "Determine if a word has a zero
/// byte".
pub const fn matches_of(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const LOW: u64 = ONES * 127;
    let word = word ^ (ONES * byte as u64);
    !(((word & LOW) + LOW) | word | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_odd_byte_and_all_commas_before_it_are_marked() {
        for odd in 0..=u8::MAX {
            for mask in 0..=u8::MAX {
                let eight: [u8; 8] =
                    std::array::from_fn(|i| if mask >> i & 1 == 1 { odd } else { b',' });
                let word = u64::from_le_bytes(eight);
                let is_odd = |byte: &u8| *byte < b'%' || !byte.is_ascii();
                let first = eight.iter().position(is_odd).unwrap_or(8);
                assert_eq!(odd_bytes(word).trailing_zeros() as usize / 8, first);
                let commas = (0..first).filter(|i| eight[*i] == b',');
                let expected = commas.fold(0_u64, |marks, i| marks | 0x80 << (i * 8));
                let before = if first == 8 { u64::MAX } else { (1 << (first * 8)) - 1 };
                assert_eq!(commas_of_ascii(word) & before, expected, "{eight:?}");
            }
        }
    }

    #[test]
    fn matches_of_marks_exactly_the_matching_bytes() {
        for byte in [b',', 0, 0x80, 0xff] {
            for other in 0..=u8::MAX {
                for mask in 0..=u8::MAX {
                    let eight: [u8; 8] =
                        std::array::from_fn(|i| if mask >> i & 1 == 1 { byte } else { other });
                    let expected = (0..8).filter(|i| eight[*i] == byte);
                    let expected = expected.fold(0_u64, |marks, i| marks | 0x80 << (i * 8));
                    assert_eq!(matches_of(u64::from_le_bytes(eight), byte), expected, "{eight:?}");
                }
            }
        }
    }
}
