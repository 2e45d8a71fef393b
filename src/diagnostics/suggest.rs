//! Suggestions: the known names that are closest to an unknown one.

use rapidfuzz::distance::osa::{Args, BatchComparator};

/// Longer texts were not misspelt.
const LONGEST: usize = 100;

/// The words close to `text`, the closest first, three at most.
///
/// Close means at most a third of the letters differ (swapped neighbours count
/// once), or nothing but the case does.
pub fn closest<'w>(text: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
    let lower = text.to_lowercase();
    let length = text.chars().count();
    if length > LONGEST {
        return Vec::new();
    }
    let bound = (length / 3).max(1);
    let compare = BatchComparator::new(lower.chars());
    let within = Args::default().score_cutoff(bound);
    let distance = |word: &str| {
        let lower = word.chars().flat_map(char::to_lowercase);
        compare.distance_with_args(lower, &within)
    };
    let mut close: Vec<(usize, &str)> = words
        .into_iter()
        // Every letter more or less is a difference, and lengths are quickly compared.
        .filter(|word| word.len().abs_diff(text.len()) <= 4 * bound)
        .filter_map(|word| Some((distance(word)?, word)))
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_comes_first_and_strangers_never() {
        let words = ["outcome", "answer", "event", "db-1", "db-2"];
        assert_eq!(closest("outcom", words), ["outcome"]);
        assert_eq!(closest("db1", words), ["db-1"]);
        assert_eq!(closest("EVENT", words), ["event"]);
        assert_eq!(closest("db-9", words), ["db-1", "db-2"]);
        assert!(closest("zebra", words).is_empty());
    }
}
