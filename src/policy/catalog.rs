//! The editions that come with the program, and how an edition is loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Policy;
use super::compile::compile;
use super::file::PolicyFile;
use crate::text::{
    Code, Files, Node, Place, Problem, Problems, Read, ReadFailure, Severity, Sources, Spanned,
    Value, closest, hex_digest, parse_yaml,
};

/// Every file of `policies/`: name and text. Nothing is parsed until it is used.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The editions that come with the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Catalog;

impl Catalog {
    /// Their names, `POLICY@EDITION`, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// The text of one.
    pub fn text(name: &str) -> Option<&'static str> {
        EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }
}

/// The deepest chain of editions that extend each other.
const DEEPEST: usize = 8;

/// The editions of the program that were loaded so far, each proved once.
///
/// All loads have to be made with the same [`Sources`]: the rules of an edition point into it.
#[derive(Debug, Default)]
pub struct Library(BTreeMap<String, Arc<Policy>>);

impl Library {
    /// Loads an edition as [`load`] does. One of the program's own is read and proved the first
    /// time; a file is read each time, since its path is relative to where it is named.
    pub fn load(
        &mut self,
        name: &str,
        at: Option<Place>,
        files: &dyn Files,
        sources: &mut Sources,
        problems: &mut Problems,
    ) -> Option<Arc<Policy>> {
        if let Some(known) = self.0.get(name) {
            return Some(Arc::clone(known));
        }
        let policy = Arc::new(load(name, at, files, sources, problems)?);
        if Catalog::text(name).is_some() {
            self.0.insert(name.to_owned(), Arc::clone(&policy));
        }
        Some(policy)
    }
}

/// Loads the edition that somebody named: one of the program's own, or a file.
///
/// `at` is where it is named, if in a file; paths are relative to that file.
pub fn load(
    name: &str,
    at: Option<Place>,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Policy> {
    let before = problems.count(Severity::Error);
    let mut texts = Vec::new();
    let node = tree(name, at, files, sources, problems, &mut texts, 0)?;
    let file = PolicyFile::read(&node, problems)?;
    let mut policy = compile(&file, problems)?;
    policy.digest = hex_digest(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    (problems.count(Severity::Error) == before).then_some(policy)
}

/// The tree of an edition, merged with those that it extends.
fn tree(
    name: &str,
    at: Option<Place>,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
    texts: &mut Vec<String>,
    depth: usize,
) -> Option<Node> {
    let (path, text) = find(name, at, files, sources, problems)?;
    texts.push(text.clone());
    let file = sources.add(path, text);
    let node = parse_yaml(sources, file, problems)?;
    check_format(&node, problems)?;
    let Some(base) = node.get("extends").cloned() else {
        if let Some(drops) = node.get("drops") {
            let title = "there is nothing to leave out: this edition extends no other";
            let problem = Problem::at(Code::Contradiction, drops.place, title, "without `extends`");
            problems.add(problem.help("remove `drops:`, or name the edition to start from"));
        }
        return Some(node);
    };
    let base = Spanned::<String>::read(&base, problems)?;
    if depth >= DEEPEST {
        let title = format!("more than {DEEPEST} editions extend each other");
        let problem = Problem::at(Code::BadNumber, base.place, title, "one too many");
        problems.add(problem.help("does one of them extend itself?"));
        return None;
    }
    let mut merged = tree(&base, Some(base.place), files, sources, problems, texts, depth + 1)?;
    drop_keys(&mut merged, &node, problems);
    merge(&mut merged, node);
    Some(merged)
}

/// Says early what the file is, so that a scenario given by mistake is told as that.
fn check_format(node: &Node, problems: &mut Problems) -> Option<()> {
    let Some(format) = node.get("stayput") else { return Some(()) };
    match format.scalar() {
        Some("policy/1") | None => Some(()),
        Some(other) => {
            let title = format!("this program reads `policy/1` here, and this is `{other}`");
            problems.add(Problem::at(
                Code::BadFormat,
                format.place,
                title,
                "not a policy it knows",
            ));
            None
        }
    }
}

/// The text of an edition and what messages call it.
fn find(
    name: &str,
    at: Option<Place>,
    files: &dyn Files,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<(String, String)> {
    if let Some(text) = Catalog::text(name) {
        return Some((format!("policies/{name}.yaml"), text.to_owned()));
    }
    let is_path = name.contains(['/', '\\'])
        || std::path::Path::new(name)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("yaml") || ending == "yml");
    if is_path {
        let from = at.map(|place| sources.path(place.file)).unwrap_or_default();
        let read = files.read(from, name).and_then(|(path, text)| {
            // Nothing may be quoted from a file that is none of the program's.
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
                problem.labels.extend(at.map(|place| (place, "named here".into())));
                problems.add(problem);
                return None;
            }
        }
    }
    let title = format!("there is no policy called `{name}`");
    let mut problem = Problem::bare(Code::UnknownRule, title);
    problem.labels.extend(at.map(|place| (place, "unknown policy".into())));
    let mut close = closest(name, Catalog::names());
    close.extend(Catalog::names().filter(|known| known.starts_with(&format!("{name}@"))));
    close.truncate(3);
    let known: Vec<&str> = Catalog::names().collect();
    problems.add(
        problem
            .did_you_mean(&close)
            .note(format!("the program has: {}", known.join(", ")))
            .note("a file of your own is named by its path, such as `./house.yaml`"),
    );
    None
}

/// Whether the first line of a text that is neither empty nor a comment names a format of the
/// program.
fn begins_as_policy(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("stayput:"))
}

/// Lays one mapping over another: mappings join, everything else replaces.
fn merge(base: &mut Node, over: Node) {
    match (&mut base.value, over.value) {
        (Value::Map(entries), Value::Map(new)) => {
            for entry in new {
                match entries.iter_mut().find(|known| known.key.value == entry.key.value) {
                    // What is changed is told at the place of the change.
                    Some(known) => {
                        // A remedy is one statement: parts of two would not make one.
                        let whole = &**entry.key == "remedy";
                        known.key = entry.key;
                        if whole {
                            known.value = entry.value;
                            continue;
                        }
                        merge(&mut known.value, entry.value);
                    }
                    None => entries.push(entry),
                }
            }
            base.place = over.place;
        }
        (_, value) => *base = Node { value, place: over.place },
    }
}

/// Takes the keys under `drops` out of the extended edition.
fn drop_keys(base: &mut Node, over: &Node, problems: &mut Problems) {
    let items = match over.get("drops").map(|node| &node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    // Each for itself: a bad one must not hide the others.
    let drops = items.iter().filter_map(|item| Spanned::<String>::read(item, problems));
    for path in drops.collect::<Vec<_>>() {
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
        let mut steps = parent.split('.').filter(|step| !step.is_empty());
        let owner = steps.try_fold(&mut *base, |node, step| node.get_mut(step));
        let dropped = owner.is_some_and(|node| match &mut node.value {
            Value::Map(entries) => {
                let before = entries.len();
                entries.retain(|entry| &**entry.key != key);
                entries.len() < before
            }
            Value::Empty | Value::Scalar(..) | Value::List(_) => false,
        });
        if !dropped {
            let title = format!("the extended edition has no `{}`", *path);
            problems.add(
                Problem::at(Code::UnknownRule, path.place, title, "nothing to leave out")
                    .note("a path is written `protections.release-protection.rules.RP5`"),
            );
        }
    }
}
