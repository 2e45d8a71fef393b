//! How far long work is: a bar on standard error, and only on a terminal.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Work that takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar with rate and remaining time. It goes away when the work is done.
pub struct Progress {
    bar: ProgressBar,
    /// Whether anybody could see it.
    seen: bool,
    drawn: AtomicBool,
}

impl Progress {
    /// So many `things` are to be done.
    pub fn of(count: u64, resources: &'static str) -> Self {
        // Until it is worth it, nothing is drawn.
        let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden());
        let style = "{bar:24} {human_pos} of {human_len} {msg}, {rate} a second, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            let rate = |state: &ProgressState, out: &mut dyn Write| {
                let _ = write!(out, "{:.0}", state.per_sec());
            };
            bar.set_style(style.progress_chars("━╸─").with_key("rate", rate));
        }
        bar.set_message(resources);
        Self { bar, seen: std::io::stderr().is_terminal(), drawn: AtomicBool::new(false) }
    }

    /// One more is done.
    pub fn one_more(&self) {
        if self.seen {
            self.bar.inc(1);
            self.show();
        }
    }

    /// So many are done; counted only if somebody sees it.
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
            // Not more often than can be seen.
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
