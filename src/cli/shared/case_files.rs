//! Writes files about a case into a folder, such as the ways that `hunt` found.

use std::io;
use std::path::Path;

use super::exit::Exit;
use super::output_file::OutputFile;
use super::system_calls::{AllCalls, SystemCalls};
use super::terminal;

/// A folder for files about a case.
pub struct CaseFiles<'p> {
    folder: &'p Path,
    case: &'p str,
    calls: SystemCalls<AllCalls>,
}

impl<'p> CaseFiles<'p> {
    /// Creates the folder if it does not exist. `case` is empty if the scenario has no cases.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn begin(folder: &'p Path, case: &'p str) -> Result<Self, Exit> {
        let files = Self { folder, case, calls: SystemCalls(AllCalls) };
        files.calls.create_parents(folder).map_err(|error| files.could_not(&error))?;
        Ok(files)
    }

    /// Writes a file whose name begins with the case.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Exit> {
        let separator = if self.case.is_empty() { "" } else { "-" };
        let name = file_name(&format!("{}{separator}{name}", self.case));
        let file = OutputFile::begin(&self.folder.join(name), self.calls);
        file.and_then(|file| file.finish(text)).map_err(|error| self.could_not(&error))
    }

    /// Reports an error about the folder or one of its files.
    pub fn could_not(&self, error: &io::Error) -> Exit {
        let exit = terminal::could_not_write(&self.folder.display().to_string(), error);
        exit.unwrap_or(Exit::CouldNotWrite)
    }
}

/// A name as the name of a file.
fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}
