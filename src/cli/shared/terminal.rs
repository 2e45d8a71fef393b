//! The two streams: standard output is data, standard error is talk.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};

use super::exit::Exit;
use crate::report::{Page, Paint, WIDTH, without_commands};

/// Whether to colour what is written to standard output.
pub fn paint(choice: ColorChoice) -> Paint {
    Paint(colours(&io::stdout(), choice))
}

/// What is written to standard output: in colour or not, and as wide as the terminal.
pub fn page(choice: ColorChoice) -> Page {
    let size = terminal_size::terminal_size_of(io::stdout());
    let width = size.map_or(WIDTH, |(width, _)| usize::from(width.0));
    Page { paint: paint(choice), width }
}

/// Whether to colour what is written to standard error.
pub fn paint_talk(choice: ColorChoice) -> Paint {
    Paint(colours(&io::stderr(), choice))
}

fn colours(stream: &impl anstream::stream::RawStream, choice: ColorChoice) -> bool {
    let auto = choice == ColorChoice::Auto;
    (if auto { AutoStream::choice(stream) } else { choice }) != ColorChoice::Never
}

/// Writes to standard output. A closed pipe is no error: the reader has enough.
///
/// # Errors
/// [`Exit::CouldNotWrite`] for everything else, and `None` for the closed pipe.
pub fn print_stdout(text: &str) -> Result<(), Option<Exit>> {
    say_commands(&without_commands(text))
}

/// The same for lines that a CI server is to read as commands, as annotations are.
///
/// # Errors
/// As [`say`].
pub fn say_commands(text: &str) -> Result<(), Option<Exit>> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    written.map_err(|error| could_not_write("standard output", &error))
}

/// What to do after a failed write: nothing if the reader went away, else tell and end.
pub fn could_not_write(what: &str, error: &io::Error) -> Option<Exit> {
    if error.kind() == ErrorKind::BrokenPipe {
        return None;
    }
    print_stderr(&format!("stayput: cannot write {what}: {error}"));
    Some(Exit::CouldNotWrite)
}

/// Writes a line to standard error. If even that fails, there is nobody to tell.
pub fn print_stderr(text: &str) {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "{}", without_commands(text));
}

/// Prints a text and ends well, also if nobody reads it to its end.
pub fn print(text: &str) -> Result<Exit, Exit> {
    match print_stdout(text.trim_end_matches('\n')) {
        Ok(()) | Err(None) => Ok(Exit::Success),
        Err(Some(exit)) => Err(exit),
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Has an interrupt ask for an end instead of ending the program.
pub fn install_interrupt_handler() {
    // Without a handler the program simply ends; nothing has been written by then.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            // Asked a second time: the person does not want to wait.
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// Whether somebody asked for an end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
