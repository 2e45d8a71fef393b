//! Where the formats of a verb go: to standard output, or each to a file of its own.

use std::path::PathBuf;
use std::str::FromStr;

use super::Exit;
use super::terminal;

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone)]
pub struct Output<F> {
    /// The format.
    pub format: F,
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
}

impl<F: clap::ValueEnum> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("after `=` stands the name of a file".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = F::from_str(format, false).map_err(|_| {
            let known = F::value_variants().iter().filter_map(F::to_possible_value);
            let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
            format!("not a format; one of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// Writes a text where it belongs.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn put(file: Option<&std::path::Path>, text: &str) -> Result<(), Exit> {
    let Some(path) = file else { return super::print(text).map(|_| ()) };
    write(path, &format!("{}\n", text.trim_end_matches('\n')))
}

/// Writes a file whole or not at all.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn write(path: &std::path::Path, text: &str) -> Result<(), Exit> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| std::path::Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|file| {
        std::fs::write(file.path(), text)?;
        // A temporary file is its owner's alone; what stands there is for everybody.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_or(0o644, |meta| meta.permissions().mode());
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode))?;
        }
        file.persist(path).map(|_| ()).map_err(|error| error.error)
    });
    written.map_err(|error| {
        terminal::talk(&format!("stayput: cannot write {}: {error}", path.display()));
        Exit::CouldNotWrite
    })
}
