//! The terminal: data goes to standard output, messages go to standard error.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};

use super::exit::Exit;
use crate::diagnostics::visible;
use crate::report::{Page, Paint, WIDTH, without_commands};

/// Whether to use colour on standard output.
pub fn paint(choice: ColorChoice) -> Paint {
    Paint(colours(&io::stdout(), choice))
}

/// Narrowest page; a narrower terminal wraps its lines.
const NARROWEST: usize = 30;

/// The layout of standard output: its colour, and its width in columns. This is `COLUMNS` if it is
/// set, else the width of the terminal, and 80 without a terminal.
pub fn page(choice: ColorChoice) -> Page {
    let stated = std::env::var("COLUMNS").ok().and_then(|width| width.parse().ok());
    let terminal = || {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map_or(WIDTH, |(width, _)| usize::from(width.0))
    };
    let width = stated.filter(|width| *width > 0).unwrap_or_else(terminal);
    Page { paint: paint(choice), width: width.max(NARROWEST) }
}

/// Whether to use colour on standard error.
pub fn stderr_paint(choice: ColorChoice) -> Paint {
    Paint(colours(&io::stderr(), choice))
}

fn colours(stream: &impl anstream::stream::RawStream, choice: ColorChoice) -> bool {
    let auto = choice == ColorChoice::Auto;
    (if auto { AutoStream::choice(stream) } else { choice }) != ColorChoice::Never
}

/// Writes lines that a CI server reads as commands, such as annotations, to standard output. A
/// closed pipe counts as success.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if writing fails.
pub fn print_commands(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    printed(written)
}

/// The exit code after a failed write, which is reported; `None` if the reader closed the pipe.
pub fn could_not_write(what: &str, error: &io::Error) -> Option<Exit> {
    if error.kind() == ErrorKind::BrokenPipe {
        return None;
    }
    print_stderr(&format!("stayput: cannot write {what}: {error}"));
    Some(Exit::CouldNotWrite)
}

/// Reports that a file or folder cannot be written.
pub fn cannot_write(path: &Path, error: &io::Error) -> Exit {
    let path = path.to_string_lossy();
    print_stderr(&format!("stayput: cannot write {}: {error}", visible(&path)));
    Exit::CouldNotWrite
}

/// Writes a line to standard error. A failure is ignored, because it cannot be reported.
pub fn print_stderr(text: &str) {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "{}", without_commands(text));
}

/// Prints a text to standard output. A closed pipe counts as success.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if writing fails.
pub fn print(text: &str) -> Result<(), Exit> {
    print_commands(&without_commands(text.trim_end_matches('\n')))
}

/// The result of a write to standard output. A closed pipe counts as success.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if writing failed, which is reported.
pub fn printed(written: io::Result<()>) -> Result<(), Exit> {
    written.or_else(|error| could_not_write("standard output", &error).map_or(Ok(()), Err))
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Lets a first interrupt set a flag, and a second one end the program.
///
/// If the caller ignores the hang-up, as `nohup` does, it stays ignored. The handler is for all
/// signals or none, so that the others then end the program at once, without a partial result.
pub fn install_interrupt_handler() {
    if is_hang_up_ignored() {
        return;
    }
    // If this fails, an interrupt ends the program; nothing has been written by then.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            // The second interrupt ends the program at once.
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// Whether the program was started with the hang-up ignored. Shells also ignore the interrupt of
/// programs that they start in the background, which says nothing about the wish of the user.
fn is_hang_up_ignored() -> bool {
    // Signals by number, from the lowest bit on; the hang-up is the first. Only Linux has the file.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut masks = status.lines().filter_map(|line| line.strip_prefix("SigIgn:"));
    masks.next().is_some_and(|mask| {
        u64::from_str_radix(mask.trim(), 16).is_ok_and(|ignored| ignored & 1 == 1)
    })
}

/// Whether the user has interrupted the program.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
