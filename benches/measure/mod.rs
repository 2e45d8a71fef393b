//! What programs that measure have in common: clocks, and the middle of several rounds.

/// How many clocks there are.
pub const CLOCKS: usize = 3;

/// What is measured, in nanoseconds: processor time of all threads, and of this one alone; the
/// clock on the wall.
#[cfg(unix)]
pub fn clocks() -> [i128; CLOCKS] {
    use rustix::time::{ClockId, clock_gettime};
    [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime, ClockId::Monotonic].map(|clock| {
        let now = clock_gettime(clock);
        i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
    })
}

/// The clock on the wall alone, where processor time is not to be had.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "a measurement")]
pub fn clocks() -> [i128; CLOCKS] {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    [i128::try_from(START.elapsed().as_nanos()).unwrap_or_default(); CLOCKS]
}

/// Middle, smallest and largest.
pub fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1]]
}
