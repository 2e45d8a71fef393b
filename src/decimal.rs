//! Numbers with three decimals.

/// A number in thousandths. Files write it with at most three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i64);

impl Decimal {
    /// The number in thousandths.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// Reads up to twelve digits, with at most three decimals; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 || whole.len() > 12 {
            return None;
        }
        let thousandths = format!("{part:0<3}").parse::<i64>().ok()?;
        Some(Self(sign * (whole.parse::<i64>().ok()? * 1_000 + thousandths)))
    }
}
