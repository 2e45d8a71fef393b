//! The real calendar, read in this one place.

use crate::time::SimTime;

/// What day it is: the only thing that the program ever asks the real clock.
#[expect(
    clippy::disallowed_methods,
    reason = "an acceptance holds until a day of the real calendar"
)]
pub fn today() -> SimTime {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.ok().and_then(|now| i64::try_from(now.as_secs()).ok());
    SimTime::from_seconds(seconds.unwrap_or(0))
}
