//! The date of today, from the real clock.

use crate::time::SimTime;

/// The current time. It only decides whether an accepted change has expired.
#[expect(
    clippy::disallowed_methods,
    reason = "an acceptance expires on a day of the real calendar"
)]
pub fn today() -> SimTime {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.ok().and_then(|now| i64::try_from(now.as_secs()).ok());
    SimTime::from_seconds(seconds.unwrap_or(0))
}
