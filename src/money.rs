//! Amounts of money in whole millionths of a currency's unit, and the codes of currencies.
//!
//! Prices are those of the user; the program ships none. Sums are exact.

use std::fmt;
use std::str;

use crate::time::SimSpan;

/// Millionths of a unit.
const UNIT: u64 = 1_000_000;

/// The least number of millionths with more than twelve digits before the point.
const LIMIT: i64 = 1_000_000_000_000_000_000;

/// Most digits after the point.
const MOST_DECIMALS: usize = 6;

/// An amount of money, in millionths of the currency's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i64);

/// Why a text is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountError {
    /// It is not a number.
    NotANumber,
    /// It is less than zero.
    Negative,
    /// It has more than twelve digits before the point.
    TooLarge,
    /// It has more than six digits after the point.
    TooManyDecimals,
}

impl Money {
    /// The pattern of the texts that [`Self::parse`] accepts.
    pub const PATTERN: &'static str = r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?";

    /// The amount of that many millionths.
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// The amount in millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Reads an amount, such as `12` or `0.085`.
    ///
    /// # Errors
    /// The reason why the text is not an amount.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let amount = Self::parse_sum(text)?;
        if amount.0 < LIMIT { Ok(amount) } else { Err(AmountError::TooLarge) }
    }

    /// Reads a sum of amounts, which may have more digits than an amount that a scenario states.
    ///
    /// # Errors
    /// The reason why the text is not a sum of amounts.
    pub fn parse_sum(text: &str) -> Result<Self, AmountError> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (sign, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = rest.split_once('.').unwrap_or((rest, "0"));
        let plain = whole.len() == 1 || !whole.starts_with('0');
        if !digits(whole) || !digits(part) || !plain {
            return Err(AmountError::NotANumber);
        }
        if sign {
            return Err(AmountError::Negative);
        }
        if part.len() > MOST_DECIMALS {
            return Err(AmountError::TooManyDecimals);
        }
        let millionths = format!("{whole}{part:0<6}").parse();
        millionths.map(Self).map_err(|_| AmountError::TooLarge)
    }

    /// The cost of an hourly price over a span, rounded to the nearest millionth; a half is rounded
    /// up. `None` if the cost is larger than the largest amount.
    pub fn cost_over(self, span: SimSpan) -> Option<Self> {
        const HOUR: i128 = 3_600;
        let product = i128::from(self.0) * i128::from(span.seconds());
        i64::try_from((product + HOUR / 2).div_euclid(HOUR)).ok().map(Self)
    }

    /// The amount as a decimal without trailing zeros, written to the end of `buffer`.
    pub fn text(self, buffer: &mut [u8; 24]) -> &str {
        let (whole, mut part) = (self.0.unsigned_abs() / UNIT, self.0.unsigned_abs() % UNIT);
        let mut at = buffer.len();
        let mut put = |byte: u8| {
            at -= 1;
            buffer[at] = byte;
        };
        let digit = |number: u64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        if part > 0 {
            let mut left = MOST_DECIMALS;
            while part.is_multiple_of(10) {
                part /= 10;
                left -= 1;
            }
            for _ in 0..left {
                put(digit(part));
                part /= 10;
            }
            put(b'.');
        }
        let mut rest = whole;
        loop {
            put(digit(rest));
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if self.0 < 0 {
            put(b'-');
        }
        str::from_utf8(&buffer[at..]).unwrap_or_default()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; 24]))
    }
}

/// A sum of amounts, which cannot overflow: there are fewer than 2^63 of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(i128);

impl From<Money> for Total {
    fn from(amount: Money) -> Self {
        Self(i128::from(amount.0))
    }
}

impl Total {
    /// Adds an amount.
    pub fn add(&mut self, amount: Money) {
        self.0 += i128::from(amount.0);
    }

    /// Adds a sum.
    pub const fn add_all(&mut self, other: Self) {
        self.0 += other.0;
    }

    /// The sum as an amount; `None` if it is larger than the largest amount.
    pub fn amount(self) -> Option<Money> {
        i64::try_from(self.0).ok().map(Money)
    }

    /// Whether it is 0.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// The amount with two decimals, for display; a half is rounded up.
impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CENT: i128 = 10_000;
        let cents = (self.0 + CENT / 2).div_euclid(CENT);
        write!(f, "{}.{:02}", cents / 100, cents.rem_euclid(100))
    }
}

/// The code of a currency: three capital letters, as in ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads a code; `None` if the text is not three capital letters.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The code.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let refuse = || serde::de::Error::custom(format!("`{text}` is not the code of a currency"));
        Self::parse(&text).ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_back_as_the_text_that_they_give() {
        for text in ["0", "12", "0.000001", "0.085", "999999999999.999999", "10.5", "100"] {
            assert_eq!(Money::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Money::parse("1.50").unwrap().to_string(), "1.5");
        assert_eq!(Money::from_millionths(-1_500_000).to_string(), "-1.5");
        assert_eq!(Money::from_millionths(i64::MIN).to_string(), "-9223372036854.775808");
        for (text, why) in [
            ("", AmountError::NotANumber),
            ("1.", AmountError::NotANumber),
            (".5", AmountError::NotANumber),
            ("007", AmountError::NotANumber),
            ("1e3", AmountError::NotANumber),
            ("1,000", AmountError::NotANumber),
            ("--1", AmountError::NotANumber),
            ("-0.01", AmountError::Negative),
            ("0.0000001", AmountError::TooManyDecimals),
            ("1000000000000", AmountError::TooLarge),
        ] {
            assert_eq!(Money::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn every_sum_that_is_written_reads_back() {
        for millionths in [0, LIMIT - 1, LIMIT, i64::MAX] {
            let sum = Money::from_millionths(millionths);
            assert_eq!(Money::parse_sum(&sum.to_string()), Ok(sum));
        }
        assert_eq!(Money::parse_sum("9223372036854.775808"), Err(AmountError::TooLarge));
    }

    #[test]
    fn a_price_over_time_is_rounded_to_the_nearest_millionth() {
        let over = |text: &str, seconds| {
            let amount = Money::parse(text).unwrap().cost_over(SimSpan::from_seconds(seconds));
            amount.map(|amount| amount.to_string())
        };
        assert_eq!(over("0.085", 3_600 * 24).as_deref(), Some("2.04"));
        assert_eq!(over("1", 1_200).as_deref(), Some("0.333333"));
        assert_eq!(over("1", 2_400).as_deref(), Some("0.666667"));
        assert_eq!(over("0.000001", 1_800).as_deref(), Some("0.000001"));
        assert_eq!(over("0.000001", 1_799).as_deref(), Some("0"));
        assert_eq!(over("5", 0).as_deref(), Some("0"));
        assert_eq!(over("999999999999", i64::MAX), None);
    }

    #[test]
    fn sums_have_two_decimals() {
        let mut total = Total::default();
        assert!(total.is_zero());
        for text in ["999999999999.994", "0.000999"] {
            total.add(Money::parse(text).unwrap());
        }
        assert_eq!(total.to_string(), "999999999999.99");
        total.add(Money::parse("0.000001").unwrap());
        assert_eq!(total.to_string(), "1000000000000.00");
        assert_eq!(total.amount().unwrap().to_string(), "999999999999.995");
        for _ in 0..10 {
            total.add_all(total);
        }
        assert_eq!(total.amount(), None);
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(Currency::parse("EUR").unwrap().to_string(), "EUR");
        for text in ["eur", "EURO", "€", "E1R", ""] {
            assert_eq!(Currency::parse(text), None, "{text}");
        }
    }
}
