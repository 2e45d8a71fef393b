//! From paths to compiled scenarios, with every mistake told.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::{self, Disk, read_text};
use super::terminal;
use crate::policy::{Policy, load as load_policy};
use crate::report::Paint;
use crate::scenario::{Compiled, Options, compile};
use crate::text::{Problem, Problems, Severity, Sources, many, render, summary};

/// Everything that was read, and what is wrong with it.
pub struct Loader {
    /// Every text that was read.
    pub sources: Sources,
    /// Every mistake.
    pub problems: Problems,
    /// The scenarios that cannot be carried out for their mistakes.
    pub broken: Vec<String>,
}

/// A scenario that can be carried out.
pub struct Loaded {
    /// Its path, as messages call it.
    pub path: String,
    /// Its plans.
    pub compiled: Compiled,
}

impl Loader {
    /// Has read nothing yet.
    pub fn new() -> Self {
        Self { sources: Sources::default(), problems: Problems::default(), broken: Vec::new() }
    }

    /// Every scenario under some paths. In folders, files of other kinds are passed over.
    ///
    /// # Errors
    /// If a path cannot be read at all; it has been told.
    pub fn scenarios(
        &mut self,
        paths: &[PathBuf],
        options: &Options,
        paint: Paint,
    ) -> Result<Vec<Loaded>, Exit> {
        let mut loaded = Vec::new();
        for (path, named) in self.find(paths, paint)? {
            let Some(text) = self.read(&path) else { continue };
            if named || kind_of(&text) == Some("scenario") {
                loaded.extend(self.scenario(&path, text, options));
            }
        }
        Ok(loaded)
    }

    /// Every file under some paths.
    ///
    /// # Errors
    /// If a path cannot be read at all; it has been told.
    pub fn find(&mut self, paths: &[PathBuf], paint: Paint) -> Result<Vec<(PathBuf, bool)>, Exit> {
        files::find(paths).map_err(|(path, failure)| {
            self.problems.add(Problem::unreadable(&path.to_string_lossy(), failure));
            self.tell(paint);
            Exit::BadInput
        })
    }

    /// The text of a file.
    pub fn read(&mut self, path: &Path) -> Option<String> {
        match read_text(path) {
            Ok(text) => Some(text),
            Err(failure) => {
                let path = path.to_string_lossy().into_owned();
                self.problems.add(Problem::unreadable(&path, failure));
                self.broken.push(path);
                None
            }
        }
    }

    /// Compiles a scenario's text.
    pub fn scenario(&mut self, path: &Path, text: String, options: &Options) -> Option<Loaded> {
        let path = path.to_string_lossy().into_owned();
        let file = self.sources.add(path.clone(), text);
        let mut problems = Problems::default();
        let compiled = compile(file, options, &Disk, &mut self.sources, &mut problems);
        self.problems.extend(problems);
        if compiled.is_none() {
            self.broken.push(path.clone());
        }
        compiled.map(|compiled| Loaded { path, compiled })
    }

    /// Loads a policy by name or path.
    pub fn policy(&mut self, name: &str) -> Option<Policy> {
        load_policy(name, None, &Disk, &mut self.sources, &mut self.problems)
    }

    /// Tells every mistake on standard error.
    pub fn tell(&self, paint: Paint) {
        let text = render(&self.problems, &self.sources, paint.0);
        if !text.is_empty() {
            terminal::talk(&format!("{text}\n\n{}", summary(&self.problems)));
        }
    }

    /// Ends the verb if anything was wrong; warnings are counted in a line.
    ///
    /// # Errors
    /// [`Exit::BadInput`], after every mistake has been told.
    pub fn refuse_or_go_on(&self, paint: Paint) -> Result<(), Exit> {
        if self.problems.refuse() {
            self.tell(paint);
            return Err(Exit::BadInput);
        }
        let warnings = self.problems.count(Severity::Warning);
        if warnings > 0 {
            let line = format!("{}; `stayput check` tells them", many(warnings, "warning"));
            terminal::talk(&paint.dim(&line));
        }
        Ok(())
    }
}

/// What a text says it is: `scenario` or `policy`.
pub fn kind_of(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim_end);
    let line = lines.find(|line| line.starts_with("stayput:"))?;
    let format = line.trim_start_matches("stayput:").trim().trim_matches(['"', '\'']);
    format.split('/').next()
}
