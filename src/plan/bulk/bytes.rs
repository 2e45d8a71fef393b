//! Tests of eight bytes at a time.

/// Marks, among eight bytes of a text, those up to `,`, the control character DEL, and those beyond
/// ASCII. A `-` after a marked byte may be marked, too.
pub const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // DEL is the last byte of ASCII. The byte 255, which would carry, is in no UTF-8 text.
    let del = word.wrapping_add(ONES);
    (word.wrapping_sub(ONES * b'-' as u64) | word | del) & (ONES * 128)
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
    fn special_bytes_are_marked_and_of_others_only_some_hyphens() {
        for byte in 0..u8::MAX {
            for (mask, other) in
                (0..=u8::MAX).flat_map(|mask| [(mask, 0), (mask, b','), (mask, b'-')])
            {
                let eight: [u8; 8] =
                    std::array::from_fn(|i| if mask >> i & 1 == 1 { byte } else { other });
                let marks = special_bytes(u64::from_le_bytes(eight));
                for (i, byte) in eight.into_iter().enumerate() {
                    let is_marked = marks >> (i * 8) & 0xff == 0x80;
                    let is_special = !(b'-'..0x7f).contains(&byte);
                    assert!(is_marked == is_special || is_marked && byte == b'-', "{eight:?}");
                }
                assert_eq!(marks & !(u64::MAX / 255 * 128), 0);
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
