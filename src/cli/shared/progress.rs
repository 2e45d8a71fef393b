//! A progress bar on standard error, shown only on a terminal.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Time before the bar appears.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar with rate and remaining time. It disappears when this value is dropped.
pub struct Progress {
    bar: ProgressBar,
    /// Whether standard error is a terminal.
    seen: bool,
    drawn: AtomicBool,
}

impl Progress {
    /// A bar for `count` pieces of work that are called `unit`.
    pub fn new(count: u64, unit: &'static str) -> Self {
        // Hidden until [`PATIENCE`] has passed.
        let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden());
        let style = "{bar:24} {human_pos} of {human_len} {msg}, {rate} a second, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            let rate = |state: &ProgressState, out: &mut dyn Write| {
                let _ = write!(out, "{:.0}", state.per_sec());
            };
            bar.set_style(style.progress_chars("━╸─").with_key("rate", rate));
        }
        bar.set_message(unit);
        Self { bar, seen: std::io::stderr().is_terminal(), drawn: AtomicBool::new(false) }
    }

    /// Adds one piece of finished work.
    pub fn one_more(&self) {
        if self.seen {
            self.bar.inc(1);
            self.show();
        }
    }

    /// Sets the amount of finished work; `count` is evaluated only on a terminal.
    pub fn reached(&self, count: impl FnOnce() -> u64) {
        if !self.seen {
            return;
        }
        let count = count();
        if self.bar.position() != count {
            self.bar.set_position(count);
            self.show();
        }
    }

    fn show(&self) {
        let due = self.bar.elapsed() > PATIENCE;
        if due && !self.drawn.swap(true, Ordering::Relaxed) {
            // At most 8 times a second.
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
