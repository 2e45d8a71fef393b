//! Figures and lists of words for people.

use crate::diagnostics::by_count;

/// A whole number with commas: `3,880`.
pub(in crate::report) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 disk`, `3,880 disks`.
pub(in crate::report) fn many(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(value), by_count(value, "", "s"))
}

/// A number, or its bounds if it depends on an unknown fact: `6`, or `6 to 8`.
pub(in crate::report) fn between(least: u64, most: u64) -> String {
    if least == most {
        return number(least);
    }
    format!("{} to {}", number(least), number(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_easy_to_read() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(many(1, "disk"), "1 disk");
        assert_eq!(many(1_000, "disk"), "1,000 disks");
        assert_eq!(between(6, 8), "6 to 8");
    }
}
