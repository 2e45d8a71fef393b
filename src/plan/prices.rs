//! Checks the prices of a fleet: they need a currency, and their sums must be amounts.

use crate::diagnostics::{Code, Problem, Problems, Span, Spanned};
use crate::fleet::Prices;
use crate::format::WrittenInstance;
use crate::money::{Currency, Money, Total};
use crate::time::SimSpan;

/// The prices of a scenario while its fleet is built.
#[derive(Debug, Default)]
pub struct Pricing {
    /// The currency; `None` if the scenario states none.
    pub currency: Option<Currency>,
    /// Whether the currency could not be read.
    pub is_unread: bool,
    /// How long the scenario runs.
    pub length: SimSpan,
    /// The worth of all instances.
    worth: Total,
    /// The cost of all resources from the start to the end.
    billed: Total,
    /// Whether a price without a currency was reported.
    lacks_currency: bool,
    /// Sums that were reported as larger than the largest amount.
    too_much: Vec<&'static str>,
}

impl Pricing {
    /// Starts without any price.
    pub fn new(currency: Option<Currency>, length: SimSpan) -> Self {
        Self { currency, length, ..Self::default() }
    }

    /// The prices of an instance and of its resources.
    pub fn prices(&mut self, part: &WrittenInstance, problems: &mut Problems) -> Prices {
        let resources = part.resources.iter().flat_map(|resources| &resources.0);
        let of_resources = resources.filter_map(|(_, resource)| resource.0.hourly);
        for hourly in part.hourly.into_iter().chain(of_resources) {
            self.hourly(hourly, problems);
        }
        if let Some(worth) = part.worth {
            self.needs_currency(worth.span, problems);
            self.worth.add(worth.value);
            if self.worth.amount().is_none() {
                self.too_much("all instances together are worth", worth.span, problems);
            }
        }
        Prices {
            hourly: part.hourly.map(|hourly| hourly.value),
            worth: part.worth.map(|worth| worth.value),
        }
    }

    /// Checks an hourly price: the cost of all of them over the whole run must be an amount.
    fn hourly(&mut self, hourly: Spanned<Money>, problems: &mut Problems) {
        self.needs_currency(hourly.span, problems);
        match hourly.value.cost_over(self.length) {
            Some(billed) => self.billed.add(billed),
            None => {
                return self.too_much("to the end of the run this costs", hourly.span, problems);
            }
        }
        if self.billed.amount().is_none() {
            let what = "to the end of the run all prices for an hour cost";
            self.too_much(what, hourly.span, problems);
        }
    }

    /// Reports the first price of a scenario without a currency.
    fn needs_currency(&mut self, span: Span, problems: &mut Problems) {
        if self.currency.is_some() || self.is_unread || self.lacks_currency {
            return;
        }
        self.lacks_currency = true;
        let title = "a price needs a currency, and the scenario states none";
        let problem = Problem::at(Code::MissingKey, span, title, "its currency is not stated");
        problems.add(problem.help("add `currency: EUR`, or another code, beside `start:`"));
    }

    /// Reports the first price that makes a sum larger than the largest amount.
    fn too_much(&mut self, what: &'static str, span: Span, problems: &mut Problems) {
        if self.too_much.contains(&what) {
            return;
        }
        self.too_much.push(what);
        let most = Money::from_millionths(i64::MAX);
        let title = format!("{what} more than {most}");
        let problem =
            Problem::at(Code::BadNumber, span, title, "this price makes the sum too large");
        problems.add(problem.help("state all prices of the scenario in thousands or millions"));
    }
}

/// Reports cases of a scenario that differ in their currency: their amounts could not be compared.
pub fn one_currency<'w>(
    currencies: impl Iterator<Item = &'w Spanned<Currency>>,
    problems: &mut Problems,
) {
    let mut first: Option<&Spanned<Currency>> = None;
    for currency in currencies {
        let Some(first) = first else {
            first = Some(currency);
            continue;
        };
        if first.value != currency.value {
            let title =
                format!("the cases have two currencies, {} and {}", first.value, currency.value);
            let problem = Problem::at(Code::Contradiction, currency.span, title, "the second");
            let problem = problem.help(format!(
                "convert all prices to one of them, and write `currency: {}`",
                first.value
            ));
            problems.add(problem);
            return;
        }
    }
}
