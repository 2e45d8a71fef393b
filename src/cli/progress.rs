//! How far long work is: a bar on standard error, and only on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar with rate and remaining time. It goes away when the work is done.
pub struct Progress {
    bar: ProgressBar,
    /// Whether anybody could see it.
    seen: bool,
}

impl Progress {
    /// So many `things` are to be done.
    pub fn of(count: u64, things: &'static str) -> Self {
        // Until it is worth it, nothing is drawn.
        let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden());
        let style = "{bar:32} {human_pos} of {human_len} {msg} · {per_sec} · {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_message(things);
        Self { bar, seen: std::io::stderr().is_terminal() }
    }

    /// One more is done.
    pub fn one_more(&self) {
        if !self.seen {
            return;
        }
        self.bar.inc(1);
        if self.bar.is_hidden() && self.bar.elapsed() > PATIENCE {
            // Draws on a terminal alone, and not more often than can be seen.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
