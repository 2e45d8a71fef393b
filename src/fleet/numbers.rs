//! The number at the end of a member's name.

use crate::words::{NameForm, Numbering};

/// Number of digits at the end of a name that is numbered in base 36.
const DIGITS: usize = 6;

/// The form of a name's end.
pub fn form(name: &str) -> NameForm {
    if padded(name).is_some() { NameForm::Padded } else { NameForm::Plain }
}

/// The part of a name before its number, and the number, so that `web-2` sorts before `web-10`. The
/// number is -1 if the name has none.
pub fn parts(name: &str, numbering: Numbering) -> (&str, i64) {
    match numbering {
        Numbering::None | Numbering::Age => (name, -1),
        Numbering::Base36 => padded(name).map_or((name, -1), |(before, digits)| {
            (before, i64::from_str_radix(digits, 36).unwrap_or(i64::MAX))
        }),
        Numbering::Decimal => {
            let before = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let digits = &name[before.len()..];
            if digits.is_empty() {
                return (name, -1);
            }
            (before, digits.parse().unwrap_or(i64::MAX))
        }
    }
}

/// The part of a name before a number of fixed width, and the digits of the number; `None` if the
/// name does not end in such a number.
fn padded(name: &str) -> Option<(&str, &str)> {
    let (before, digits) = name.split_at_checked(name.len().checked_sub(DIGITS)?)?;
    let is_number = digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_alphanumeric());
    // After the separator `_` of an instance name, the digits are a decimal number.
    let is_host = !before.is_empty() && !before.contains('_');
    (is_number && is_host).then_some((before, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computer_names_end_in_six_digits_of_base_36() {
        for (name, is) in [
            ("jobs00000d", NameForm::Padded),
            ("jobs00000D", NameForm::Padded),
            ("jobs000010", NameForm::Padded),
            ("web-000001", NameForm::Padded),
            ("web_12", NameForm::Plain),
            ("web_000012", NameForm::Plain),
            ("webserver", NameForm::Plain),
            ("00000d", NameForm::Plain),
            ("web-10", NameForm::Plain),
            ("wäb00000ü", NameForm::Plain),
        ] {
            assert_eq!(form(name), is, "{name}");
        }
        assert_eq!(parts("web00000d", Numbering::Base36), ("web", 13));
        assert_eq!(parts("web00000D", Numbering::Base36), ("web", 13));
        assert_eq!(parts("web000010", Numbering::Base36), ("web", 36));
        assert_eq!(parts("web00zzzz", Numbering::Base36), ("web", 1_679_615));
    }

    #[test]
    fn other_names_may_end_in_a_decimal_number() {
        assert_eq!(parts("web_12", Numbering::Decimal), ("web_", 12));
        assert_eq!(parts("web_007", Numbering::Decimal), ("web_", 7));
        assert_eq!(parts("web", Numbering::Decimal), ("web", -1));
        assert_eq!(parts("web_9", Numbering::None), ("web_9", -1));
        let long = format!("web_{}", "9".repeat(30));
        assert_eq!(parts(&long, Numbering::Decimal), ("web_", i64::MAX));
    }
}
