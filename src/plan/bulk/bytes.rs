//! Tests of several bytes at a time.

/// Number of bytes that [`special_bytes`] tests at once.
pub const WINDOW: usize = 64;

/// The positions of special bytes, as a mask with a bit for each: those up to `,`, the control
/// character DEL, and those beyond ASCII.
///
/// The compiler compares sixteen bytes with one instruction. A multiplication then moves the bits
/// of eight bytes into one.
pub fn special_bytes(bytes: &[u8; WINDOW]) -> u64 {
    // The last byte of ASCII is DEL. As signed numbers, the bytes after those of text are negative.
    let is_special = |byte: &u8| byte.wrapping_add(1).cast_signed() <= b'-'.cast_signed();
    let mut found = [0_u8; WINDOW];
    for (found, byte) in found.iter_mut().zip(bytes) {
        *found = if is_special(byte) { 0xff } else { 0 };
    }
    let eights = found.as_chunks::<8>().0.iter().rev();
    eights.fold(0, |mask, eight| {
        // Byte `i` keeps bit `i`; the product adds all bytes in its highest one.
        let bits = u64::from_le_bytes(*eight) & 0x8040_2010_0804_0201;
        mask << 8 | bits.wrapping_mul(u64::MAX / 255) >> 56
    })
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
    fn special_bytes_are_marked_and_no_others() {
        for byte in 0..=u8::MAX {
            for other in [0, b',', b'-', b'x', 0x7e, 0x7f, 0x80, 0xff] {
                for period in 1..WINDOW {
                    let bytes: [u8; WINDOW] =
                        std::array::from_fn(|i| if i % period == 0 { byte } else { other });
                    let is_special = |i: &usize| !(b'-'..0x7f).contains(&bytes[*i]);
                    let expected = (0..WINDOW).filter(is_special);
                    let expected = expected.fold(0_u64, |mask, i| mask | 1 << i);
                    assert_eq!(special_bytes(&bytes), expected, "{bytes:?}");
                }
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
