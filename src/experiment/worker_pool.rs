//! Parallel work whose results do not depend on the number of workers.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of worker threads.
pub struct WorkerPool(ThreadPool);

impl WorkerPool {
    /// Starts `jobs` threads, at least one.
    ///
    /// # Errors
    /// If the system refuses to create a thread.
    pub fn new(jobs: usize) -> Result<Self, String> {
        let pool = ThreadPoolBuilder::new().num_threads(jobs.max(1)).build();
        pool.map(Self).map_err(|error| format!("cannot start {jobs} workers: {error}"))
    }

    /// Calls `work` for each number, and returns the results in the order of the numbers.
    ///
    /// A free worker takes the next number. If `work` returns `None`, its worker stops, and only
    /// the results before that number are returned.
    pub fn in_order<T: Send>(
        &self,
        numbers: Range<u64>,
        work: impl Fn(u64) -> Option<T> + Sync,
    ) -> Vec<T> {
        let next = AtomicU64::new(numbers.start);
        let worker = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    break;
                }
                let Some(result) = work(number) else { break };
                done.push((number, result));
            }
            done
        };
        let mut all: Vec<(u64, T)> = self.0.broadcast(|_| worker()).into_iter().flatten().collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        let gapless =
            all.into_iter().zip(numbers).take_while(|((number, _), expected)| number == expected);
        gapless.map(|((_, result), _)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_numbers_up_to_the_first_gap() {
        for jobs in [1, 2, 7] {
            let workers = WorkerPool::new(jobs).unwrap();
            let squares = workers.in_order(3..500, |n| Some(n * n));
            assert_eq!(squares, (3..500).map(|n| n * n).collect::<Vec<_>>());
            let until = workers.in_order(0..500, |n| (n != 123).then_some(n));
            assert_eq!(until, (0..123).collect::<Vec<_>>());
            assert_eq!(workers.in_order(5..5, Some), Vec::<u64>::new());
        }
    }
}
