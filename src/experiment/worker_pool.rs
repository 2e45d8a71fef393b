//! Work done side by side; what comes out does not depend on how many do it.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// So many workers.
pub struct WorkerPool(ThreadPool);

impl WorkerPool {
    /// Brings them together.
    ///
    /// # Errors
    /// In words, if there cannot be so many.
    pub fn of(jobs: usize) -> Result<Self, String> {
        let pool = ThreadPoolBuilder::new().num_threads(jobs.max(1)).build();
        pool.map(Self).map_err(|error| format!("cannot start {jobs} workers: {error}"))
    }

    /// Does `one` for each number, and gives what came of it in the order of the numbers.
    ///
    /// A free worker takes the next number. Where `one` gives nothing, its worker ends;
    /// what comes out is then what was done before the first gap.
    pub fn in_order<T: Send>(
        &self,
        numbers: Range<u64>,
        one: impl Fn(u64) -> Option<T> + Sync,
    ) -> Vec<T> {
        let next = AtomicU64::new(numbers.start);
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    break;
                }
                let Some(result) = one(number) else { break };
                done.push((number, result));
            }
            done
        };
        let mut all: Vec<(u64, T)> = self.0.broadcast(|_| work()).into_iter().flatten().collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        let gapless = all.into_iter().zip(numbers).take_while(|((number, _), at)| number == at);
        gapless.map(|((_, result), _)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_numbers_and_a_gap_ends_it() {
        for jobs in [1, 2, 7] {
            let crew = WorkerPool::of(jobs).unwrap();
            let squares = crew.in_order(3..500, |n| Some(n * n));
            assert_eq!(squares, (3..500).map(|n| n * n).collect::<Vec<_>>());
            let until = crew.in_order(0..500, |n| (n != 123).then_some(n));
            assert_eq!(until, (0..123).collect::<Vec<_>>());
            assert_eq!(crew.in_order(5..5, Some), Vec::<u64>::new());
        }
    }
}
