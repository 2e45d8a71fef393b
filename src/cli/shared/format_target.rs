//! The destinations of the output formats of a command: standard output or files.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::exit::Exit;
use super::files::shown;
use super::output_file::{self, OutputFile};
use super::paths_in_use::Claim;
use super::terminal::{self, cannot_write};

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone)]
pub struct Output<F> {
    /// The format.
    pub format: F,
    /// The file; `None` for standard output.
    pub file: Option<PathBuf>,
}

impl<F: clap::ValueEnum> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("missing file name after `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = F::from_str(format, false).map_err(|_| {
            let known = F::value_variants().iter().filter_map(F::to_possible_value);
            let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
            format!("unknown format; expected one of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// The destination of a report, checked before the work begins.
pub enum ReportTarget<'a> {
    /// Standard output.
    Stdout,
    /// A file.
    File(&'a Path, OutputFile, Claim),
}

impl<'a> ReportTarget<'a> {
    /// Checks that the destination can be written.
    ///
    /// # Errors
    /// [`Exit::CouldNotWrite`] if it cannot; [`Exit::BadInput`] if the command reads this file, or
    /// writes another output there.
    pub fn begin(file: Option<&'a Path>) -> Result<Self, Exit> {
        Ok(match file {
            None => Self::Stdout,
            Some(path) => {
                let claim = Claim::of(path)?;
                Self::File(path, output_file::begin(path)?, claim)
            }
        })
    }

    /// Writes lines that a CI server reads as commands.
    ///
    /// # Errors
    /// [`Exit::CouldNotWrite`] if writing fails.
    pub fn finish_commands(self, text: &str) -> Result<(), Exit> {
        match self {
            Self::Stdout => terminal::print_commands(text.trim_end_matches('\n')),
            Self::File(..) => self.finish(text),
        }
    }

    /// Writes the report of a result. That of a partial one never replaces a file: it is written
    /// beside it.
    ///
    /// # Errors
    /// As of [`Self::finish`].
    pub fn finish_result(self, text: &str, is_complete: bool) -> Result<(), Exit> {
        let (path, file, claim) = match self {
            Self::File(path, file, claim) if !is_complete => (path, file, claim),
            Self::File(..) | Self::Stdout => return self.finish(text),
        };
        let (file, beside) = file.partial().map_err(|error| cannot_write(path, &error))?;
        let written = beside.as_deref().unwrap_or(path);
        claim.check()?;
        output_file::finish(written, file, &lines(text))?;
        if let Some(beside) = &beside {
            let line =
                format!("wrote {}; it is partial, and {} was kept", shown(beside), shown(path));
            terminal::print_stderr(&line);
        }
        Ok(())
    }

    /// Writes the report.
    ///
    /// # Errors
    /// [`Exit::CouldNotWrite`] if writing fails; [`Exit::BadInput`] if the command has read the
    /// file in the meantime.
    pub fn finish(self, text: &str) -> Result<(), Exit> {
        match self {
            Self::Stdout => terminal::print(text),
            Self::File(path, file, claim) => {
                claim.check()?;
                output_file::finish(path, file, &lines(text))
            }
        }
    }
}

/// A report with one line break at its end.
fn lines(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}
