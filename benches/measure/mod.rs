//! The common parts of the benchmarks: clocks, and the median of several rounds.

/// Number of clocks.
pub const CLOCKS: usize = 3;

/// The clocks, in nanoseconds: processor time of all threads, processor time of this thread, and
/// wall-clock time.
#[cfg(unix)]
pub fn clocks() -> [i128; CLOCKS] {
    use rustix::time::{ClockId, clock_gettime};
    [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime, ClockId::Monotonic].map(|clock| {
        let now = clock_gettime(clock);
        i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
    })
}

/// Only the wall-clock time, on systems without the other clocks.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "a measurement")]
pub fn clocks() -> [i128; CLOCKS] {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    [i128::try_from(START.elapsed().as_nanos()).unwrap_or_default(); CLOCKS]
}

/// Median, smallest and largest value.
pub fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1]]
}
