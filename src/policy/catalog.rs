//! The built-in editions, and the loading of editions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::built_in;
use super::compile::compiler::compile;
use super::edition::Policy;
use super::file::PolicyFile;
use super::overlay::Overlay;
use super::read_files::ReadFiles;
use super::rulebook::Rulebook;
use crate::diagnostics::{
    Code, Files, Problem, Problems, ReadFailure, Severity, Sources, Span, Spanned, closest,
    hex_digest, is_yaml,
};
use crate::format::{Node, PolicyFormat, Read, check_format, parse_yaml, without_format};
use crate::words::SwitchSet;

/// The built-in editions, and further texts by path: policies and tables that a scenario names.
///
/// `Catalog::default()` contains only the built-in editions.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    texts: BTreeMap<String, String>,
}

impl Files for Catalog {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        match self.texts.get(path) {
            Some(text) => Ok((path.to_owned(), text.clone())),
            None => Err(ReadFailure { what: "the catalog has no such text".into(), help: None }),
        }
    }
}

impl Catalog {
    /// The catalog with one more text; `path` is the path by which a scenario names it.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.texts.insert(path.into(), text.into());
        self
    }

    /// Names of the built-in editions, `POLICY@EDITION`, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        built_in::all().iter().map(|edition| edition.name)
    }

    /// The edition that a built-in edition extends; `None` if it extends none or does not exist.
    pub fn extends(name: &str) -> Option<String> {
        Self::stated(name, "extends:")
    }

    /// The newest built-in edition for listings of a cloud. An edition that inherits the key
    /// `listings:` instead of stating it, such as one of a site, is not chosen.
    pub fn newest_for(cloud: &str) -> Option<&'static str> {
        let stated = |name: &&str| Self::stated(name, "listings:").is_some_and(|of| of == cloud);
        Self::names().filter(stated).max_by_key(|name| name.split_once('@').map(|(_, date)| date))
    }

    /// The value of a key that a built-in edition itself states.
    fn stated(name: &str, key: &str) -> Option<String> {
        let line = Self::text(name)?.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim().to_owned())
    }

    /// The text of a built-in edition; `None` if it does not exist.
    pub fn text(name: &str) -> Option<&'static str> {
        built_in::find(name).map(|edition| edition.text)
    }
}

/// Longest chain of editions that extend each other.
const DEEPEST: usize = 8;

/// The positions of the switches of a rulebook, and those that its scenario sets itself.
type BookKey = (Vec<u8>, SwitchSet);

/// A cache of the built-in editions that were loaded, and of their rulebooks.
///
/// All loads must use the same [`Sources`], because the spans of rules refer to it.
#[derive(Debug, Default)]
pub struct Library {
    editions: BTreeMap<String, Arc<Policy>>,
    /// For each edition its rulebooks, in the order in which they were computed.
    rulebooks: BTreeMap<String, IndexMap<BookKey, Arc<Rulebook>, FxBuildHasher>>,
}

impl Library {
    /// Loads an edition as [`load`] does. A built-in edition is compiled only the first time. A
    /// file is compiled each time, because its path is relative to the file that names it.
    pub fn load(
        &mut self,
        name: &str,
        at: Option<Span>,
        files: &dyn Files,
        sources: &mut Sources,
        problems: &mut Problems,
    ) -> Option<Arc<Policy>> {
        if let Some(known) = self.editions.get(name) {
            return Some(Arc::clone(known));
        }
        let policy = Arc::new(load(name, at, files, sources, problems)?);
        if Catalog::text(name).is_some() {
            self.editions.insert(name.to_owned(), Arc::clone(&policy));
        }
        Some(policy)
    }

    /// The rulebook of an edition, as [`Rulebook::new`] makes it. A rulebook of a built-in edition
    /// is computed only once.
    pub fn rulebook(
        &mut self,
        policy: Arc<Policy>,
        settings: Vec<u8>,
        taken: SwitchSet,
    ) -> Arc<Rulebook> {
        let edition = self.editions.get(&policy.name);
        if edition.is_none_or(|edition| !Arc::ptr_eq(edition, &policy)) {
            return Arc::new(Rulebook::new(policy, settings, taken));
        }
        let books = self.rulebooks.entry(policy.name.clone()).or_default();
        let key = (settings, taken);
        if let Some(known) = books.get(&key) {
            return Arc::clone(known);
        }
        // Cases of a suite differ in few switches, so most tables are shared.
        let differing = |(known, _): &&BookKey| {
            known.iter().zip(&key.0).filter(|(one, other)| one != other).count()
        };
        let closest = books.keys().min_by_key(differing).and_then(|key| books.get(key));
        let new = Rulebook::beside(closest.map(|book| &**book), policy, key.0.clone(), key.1);
        let new = Arc::new(new);
        books.insert(key, Arc::clone(&new));
        new
    }
}

/// Loads an edition: a built-in one by its name, or a file by its path. `None`, with errors, if it
/// has mistakes.
///
/// `at` is the span that names it in a file; a path is relative to that file.
pub fn load(
    name: &str,
    at: Option<Span>,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Policy> {
    if let Some(policy) = built_in::find(name).and_then(|edition| edition.proved(sources)) {
        return Some(policy);
    }
    let before = problems.count(Severity::Error);
    let mut read = ReadFiles::default();
    let node = tree(name, at, files, sources, problems, &mut read)?;
    let mut found = Problems::default();
    let file = PolicyFile::read(&node, &mut found);
    let policy = file.and_then(|file| compile(&file, &read, &mut found));
    read.report(found, problems);
    let mut policy = policy?;
    note_shared_name(&policy.name, &node, &read, problems);
    policy.digest = hex_digest(&read.texts.iter().map(String::as_str).collect::<Vec<_>>());
    (problems.count(Severity::Error) == before).then_some(policy)
}

/// Warns if a file has the name of a built-in edition and another text. Reports, stored decisions
/// and accepted changes tell editions apart by their names.
fn note_shared_name(name: &str, node: &Node, read: &ReadFiles, problems: &mut Problems) {
    let is_same = |built_in: &str| read.texts.first().is_some_and(|text| text == built_in);
    if Catalog::text(name).is_none_or(is_same) {
        return;
    }
    let title = format!("this file differs from the built-in edition `{name}` and has its name");
    let span = node.get("edition").map_or(node.span, |edition| edition.span);
    let problem = Problem::at(Code::SharedName, span, title, "not the built-in edition");
    let problem =
        problem.note("reports, stored decisions and accepted changes tell editions apart by name");
    problems.add(problem.help("write another `policy:` or `edition:`"));
}

/// The tree of an edition, merged with those that it extends.
fn tree(
    name: &str,
    at: Option<Span>,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
    read: &mut ReadFiles,
) -> Option<Node> {
    let (path, text) = find(name, at, files, sources, problems)?;
    let is_file = built_in::find(name).is_none();
    if let Some(first) = read.paths.iter().position(|known| is_file && *known == path) {
        let cycle = read.paths[first..].iter().map(String::as_str);
        let cycle: Vec<&str> = cycle.chain(std::iter::once(&*path)).collect();
        let title = format!("`{path}` extends itself: {}", cycle.join(" -> "));
        let mut problem = Problem::bare(Code::Contradiction, title);
        problem.labels.extend(at.map(|span| (span, "back to it".into())));
        problems.add(problem.help("name another edition in one of these files"));
        return None;
    }
    read.paths.push(path.clone());
    read.texts.push(text.clone());
    let file = sources.add(path, text);
    if !is_file {
        read.built_in.push(file);
    }
    let node = parse_yaml(sources, file, problems)?;
    if node.get("stayput").is_none() {
        problems.add(without_format(&node));
        return None;
    }
    check_format(&node, PolicyFormat::NAME, problems)?;
    read.note_overlay(&node);
    let Some(base) = node.get("extends").cloned() else {
        if let Some(drops) = node.get("drops") {
            let title = "`drops` has no effect: this edition extends no other edition";
            let problem = Problem::at(Code::Contradiction, drops.span, title, "without `extends`");
            problems.add(problem.help("remove `drops:`, or add `extends: POLICY@EDITION`"));
        }
        return Some(node);
    };
    let base = Spanned::<String>::read(&base, problems)?;
    if read.paths.len() > DEEPEST {
        let title = format!("the chain of `extends` is longer than {DEEPEST} editions");
        let problem = Problem::at(Code::BadNumber, base.span, title, "one too many");
        problems.add(problem.help("merge some of them"));
        return None;
    }
    let mut merged = tree(&base, Some(base.span), files, sources, problems, read)?;
    Overlay::new(&base, &mut read.changed, problems).apply(&mut merged, node);
    Some(merged)
}

/// The path for messages and the text of an edition; reported if it does not exist.
fn find(
    name: &str,
    at: Option<Span>,
    files: &dyn Files,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<(String, String)> {
    if let Some(edition) = built_in::find(name) {
        return Some((edition.path(), edition.text.to_owned()));
    }
    let is_path = name.contains(['/', '\\']) || is_yaml(Path::new(name));
    if is_path {
        let from = at.map(|span| sources.path(span.file)).unwrap_or_default();
        let read = files.read(from, name).and_then(|(path, text)| {
            // Messages must not quote a file that is not a policy.
            let quotable = at.is_none() || begins_as_policy(&text);
            quotable.then_some((path, text)).ok_or_else(|| ReadFailure {
                what: "it is not a policy: its first line is not `stayput: policy/1`".into(),
                help: Some("a policy file begins with `stayput: policy/1`".into()),
            })
        });
        match read {
            Ok(found) => return Some(found),
            Err(failure) => {
                let mut problem = Problem::unreadable(name, failure);
                problem.labels.extend(at.map(|span| (span, "named here".into())));
                problems.add(problem);
                return None;
            }
        }
    }
    let title = format!("unknown policy `{name}`");
    let mut problem = Problem::bare(Code::UnknownRule, title);
    problem.labels.extend(at.map(|span| (span, "unknown policy".into())));
    let editions = format!("{name}@");
    let mut close: Vec<&str> = Catalog::names().filter(|n| n.starts_with(&editions)).collect();
    close.reverse();
    let others = closest(name, Catalog::names());
    close.extend(others.into_iter().filter(|other| !other.starts_with(&editions)));
    close.truncate(3);
    let known: Vec<&str> = Catalog::names().collect();
    problems.add(
        problem
            .did_you_mean(&close)
            .note(format!("built-in policies: {}", known.join(", ")))
            .note("to use a policy file, write its path, such as `./own-policy.yaml`"),
    );
    None
}

/// Whether the first line that is neither empty nor a comment begins with `stayput:`.
fn begins_as_policy(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("stayput:"))
}
