//! Named random streams: `ChaCha8`, one for each (seed, replication, name).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Version of the key derivation. It is part of every key, so that a changed derivation gives other
/// draws in every stream.
const SCHEME: u64 = 1;

/// The random streams of one replication.
///
/// The key of a stream contains its name, so an additional random source, instance or replication
/// changes no other draw, and two policies are compared with common random numbers. Only `ChaCha8`
/// is used, whose values are the same on every platform.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The streams of one replication under `seed`.
    pub const fn new(seed: u64, replication: u64) -> Self {
        Self { seed, replication }
    }

    /// The stream with this name, from its beginning.
    pub fn named(&self, name: &str) -> ChaCha8Rng {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&SCHEME.to_le_bytes());
        key[16..].copy_from_slice(&fnv1a_128(name.as_bytes()).to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(self.replication);
        stream
    }
}

/// FNV-1a, 128 bits (Fowler, Noll, Vo; constants from draft-eastlake-fnv).
///
/// It is written out here because the key of a stream must never change: another hash would change
/// every random draw, and with it every stored seed and every stored result.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    fn first(seed: u64, replication: u64, name: &str) -> [u64; 2] {
        let mut stream = Streams::new(seed, replication).named(name);
        [stream.next_u64(), stream.next_u64()]
    }

    #[test]
    fn the_same_name_gives_the_same_draws_and_any_other_gives_others() {
        assert_eq!(first(42, 0, "ties/web"), first(42, 0, "ties/web"));
        let all = [
            first(42, 0, "ties/web"),
            first(42, 0, "ties/db"),
            first(42, 1, "ties/web"),
            first(43, 0, "ties/web"),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn the_drawn_values_never_change() {
        // A change here changes what every stored seed means: raise SCHEME instead.
        assert_eq!(fnv1a_128(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(
            first(42, 0, "ties/web"),
            [9_678_326_493_034_526_123, 8_949_803_677_268_717_794]
        );
    }
}
