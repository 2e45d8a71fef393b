//! Reads the output of a provider's tools as a scenario without events.

use std::collections::BTreeMap;
use std::path::{Component, PathBuf};
use std::sync::Arc;

use super::exit::Exit;
use super::files;
use super::load::Loader;
use super::terminal;
use crate::diagnostics::{Code, FileId, Problem, Severity, Spanned, many};
use crate::format::Name;
use crate::import::{Imported, PROVIDERS, import, listing_call, unknown_provider};
use crate::policy::{Catalog, Policy};
use crate::report::{IMPORTED_LENGTH, ImportedAs, MOST_WRITTEN, Paint, imported_scenario};
use crate::time::SimTime;

/// Options of an import.
#[derive(Debug, clap::Args)]
pub struct ImportOptions {
    /// Provider of the files, if their contents do not show it.
    #[arg(long, value_name = "PROVIDER")]
    from: Option<String>,
    /// The policy of the scenario (default: the newest one for the cloud); repeat it for several
    /// clouds.
    #[arg(long, value_name = "POLICY")]
    pub policy: Vec<String>,
    /// One account for all instances.
    #[arg(long, value_name = "NAME", value_parser = name)]
    account: Option<String>,
    /// When the files were saved (default: the time of the newest file).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    captured: Option<SimTime>,
}

impl ImportOptions {
    /// The first given option that has no effect without files; `None` if there is none. One policy
    /// has an effect.
    pub fn needs_files(&self) -> Option<&'static str> {
        let given = [
            ("`--from`", self.from.is_some()),
            ("a second `--policy`", self.policy.len() > 1),
            ("`--account`", self.account.is_some()),
            ("`--captured`", self.captured.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}

/// The name of an account, as the scenario that is written can contain it.
fn name(text: &str) -> Result<String, String> {
    Name::fault(text).map_or_else(|| Ok(text.to_owned()), Err)
}

fn instant(text: &str) -> Result<SimTime, String> {
    let at = SimTime::parse(text)
        .map_err(|_| "expected a time with its offset, such as 2026-06-01T09:00:00+08:00")?;
    if !at.after(IMPORTED_LENGTH).is_on_calendar() {
        return Err(
            "the scenario would end after 9999-12-30T22:00:00Z, the last time on the calendar"
                .into(),
        );
    }
    Ok(at)
}

/// A scenario that files describe.
pub struct ImportedText {
    /// Its text.
    pub text: String,
    /// Number of instances in the files.
    pub listed: usize,
}

/// Returns the scenario that the files describe. Prints to stderr which replies were read, and
/// which facts no file contains.
///
/// # Errors
/// The exit code, if the files have mistakes or describe nothing; the reason is printed.
pub fn import_files(
    paths: &[PathBuf],
    options: &ImportOptions,
    loader: &mut Loader,
    paint: Paint,
) -> Result<ImportedText, Exit> {
    let mut texts: Vec<FileId> = Vec::new();
    let (paths, again) = files::each_once(paths);
    for path in again {
        let mut problem = Problem::bare(Code::PassedOver, "skipped: this file is given twice");
        problem.path = Some(files::shown(path));
        loader.problems.add(problem);
    }
    for path in &paths {
        if let Some(text) = loader.read(path) {
            texts.push(loader.sources.add(files::shown(path), text));
        }
    }
    let Some(first) = texts.first().copied() else {
        loader.print_problems(paint);
        return Err(Exit::BadInput);
    };
    if let Some(from) = options.from.as_deref().filter(|from| !PROVIDERS.contains(from)) {
        let problem = unknown_provider(from);
        loader.problems.add(problem.help("or write the fleet as CSV: `instances: { file: … }`"));
        loader.print_problems(paint);
        return Err(Exit::BadInput);
    }
    let span = loader.sources.whole(first);
    let from = options.from.clone().map(|from| Spanned::new(from, span));
    let imported = import(from.as_ref(), &texts, &loader.sources, &mut loader.problems);
    let captured = captured(&paths, options, loader);
    let chosen = policies(&imported, options, loader);
    loader.print_problems(paint);
    if loader.problems.count(Severity::Error) > 0 {
        return Err(Exit::BadInput);
    }
    if imported.instances.is_empty() && imported.groups.is_empty() {
        print_nothing(&imported);
        return Err(Exit::NothingRan);
    }
    let policies: BTreeMap<_, _> =
        chosen.iter().map(|(cloud, (name, _))| (*cloud, name.clone())).collect();
    print_seen(&imported, chosen.values().map(|(_, policy)| &**policy));
    let account = options.account.as_deref();
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if imported.instances.len() > MOST_WRITTEN {
        let line = format!(
            "more than {MOST_WRITTEN} instances: the scenario names the files, relative to its own folder"
        );
        terminal::print_stderr(&line);
        let outside = |path: &&&PathBuf| {
            path.is_absolute() || path.components().any(|part| part == Component::ParentDir)
        };
        if let Some(path) = paths.iter().find(outside) {
            let line = format!(
                "{} is not inside this folder, and a scenario only reads files of its own folder: \
                 move it there, and correct its path in the scenario",
                files::shown(path)
            );
            terminal::print_stderr(&line);
        }
    }
    let written = ImportedAs { files: &names, policies: &policies, account, captured };
    let text = imported_scenario(&imported, &written);
    Ok(ImportedText { text, listed: imported.instances.len() })
}

/// The policy of each cloud, with its name: the first one of `--policy` that is for the listings of
/// the cloud, else the newest one.
fn policies(
    imported: &Imported,
    options: &ImportOptions,
    loader: &mut Loader,
) -> BTreeMap<&'static str, (String, Arc<Policy>)> {
    let named: Vec<_> = (options.policy.iter())
        .filter_map(|name| Some((name.clone(), loader.policy(name)?)))
        .collect();
    let mut chosen = BTreeMap::new();
    for cloud in &imported.clouds {
        let is_for = |policy: &Policy| policy.listings.as_ref().is_none_or(|of| of == cloud);
        let fitting = named.iter().find(|(_, policy)| is_for(policy)).cloned();
        let newest = || {
            let name = Catalog::newest_for(cloud)?;
            Some((name.to_owned(), loader.policy(name)?))
        };
        chosen.extend(fitting.or_else(newest).map(|one| (*cloud, one)));
    }
    let is_chosen = |name: &str| chosen.values().any(|(chosen, _): &(String, _)| chosen == name);
    for (name, policy) in named.iter().filter(|(name, _)| !is_chosen(name)) {
        let of = policy.listings.as_deref().unwrap_or("any cloud");
        let title = format!("`{name}` is for listings of {of}, and there is none without a policy");
        let clouds: Vec<&str> = imported.clouds.iter().copied().collect();
        let problem = Problem::bare(Code::Contradiction, title);
        let problem = problem.note(format!("the files are of {}", clouds.join(", ")));
        loader
            .problems
            .add(problem.help("name one policy for each cloud, or leave `--policy` out"));
    }
    if let (Some(account), true) = (&options.account, imported.clouds.len() > 1) {
        let title = format!("one account `{account}` cannot have the policies of several clouds");
        let problem = Problem::bare(Code::Contradiction, title);
        let help = "leave `--account` out: each cloud has its own, or import each by itself";
        loader.problems.add(problem.help(help));
    }
    chosen
}

/// The time at which the files were saved: the value of the option, else the time of the newest
/// file.
fn captured(paths: &[&PathBuf], options: &ImportOptions, loader: &mut Loader) -> SimTime {
    if let Some(captured) = options.captured {
        return captured;
    }
    let times = paths.iter().filter_map(|path| files::modified(path));
    let newest = times.max().unwrap_or(SimTime::from_seconds(0));
    let title = format!("the fleet is taken as listed at {newest}, the time of the newest file");
    let problem = Problem::bare(Code::ListedWhen, title);
    loader.problems.add(problem.help("state when the files were saved: `--captured TIME`"));
    newest
}

/// Reports files without instances and groups: the replies that were read, and the calls that list
/// instances.
fn print_nothing(imported: &Imported) {
    let mut lines: Vec<String> = imported.read.iter().map(|line| format!("read {line}")).collect();
    lines.push("stayput: the files describe no instance and no group".to_owned());
    let calls = imported.clouds.iter().filter_map(|cloud| listing_call(cloud));
    lines.extend(calls.map(|call| format!("instances are listed by: {call}")));
    terminal::print_stderr(&lines.join("\n"));
}

/// Prints the replies that were read, and the facts that none of them contains, grouped by the call
/// that returns them.
fn print_seen<'p>(imported: &Imported, policies: impl Iterator<Item = &'p Policy>) {
    let policies: Vec<_> = policies.collect();
    let mut lines: Vec<String> = imported.read.iter().map(|line| format!("read {line}")).collect();
    lines.push(format!(
        "{} in {}",
        many(imported.instances.len(), "instance"),
        many(imported.groups.len(), "group")
    ));
    if !imported.unseen.is_empty() {
        lines.push("\nnot seen, and so unknown:".to_owned());
    }
    for unseen in &imported.unseen {
        let protections = policies.iter().flat_map(|policy| &policy.protections);
        let protection =
            protections.into_iter().find(|one| one.attribute.as_deref() == Some(unseen.fact));
        let name = protection.map_or(unseen.fact, |protection| protection.name.as_str());
        let subject = many(unseen.of, unseen.subject);
        let call = match unseen.call.as_str() {
            "" => String::new(),
            call => format!(" — {call}"),
        };
        lines.push(format!("  {} of {subject}: {name} unknown{call}", unseen.count));
    }
    terminal::print_stderr(&lines.join("\n"));
}
