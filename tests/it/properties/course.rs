//! A scenario that was run, and its reports.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use stayput::diagnostics::{Problems, Sources, render};
use stayput::kernel::Stop;
use stayput::plan::{Options, Plan, compile_with};
use stayput::policy::Library;
use stayput::record::Record;
use stayput::report::{CsvTables, ReferenceCsv};
use stayput::time::SimTime;
use stayput::world::Run;

use crate::random::{Memory, Writing};
use crate::tables::{Shared, instances};

/// The results of a scenario.
pub(crate) struct Course {
    pub(crate) plan: Plan,
    pub(crate) records: Vec<Record>,
    pub(crate) run: Run,
    tables: OnceCell<Vec<(String, String)>>,
}

impl Course {
    /// Whether the run reached its end, and did not stop at unknown facts.
    pub(super) fn is_decided(&self) -> bool {
        matches!(self.run.stop(), Some(Stop::Drained | Stop::Horizon))
    }

    /// Every table that a report has, and how the run ended.
    pub(super) fn tables(&self) -> &[(String, String)] {
        self.tables.get_or_init(|| self.write_tables())
    }

    fn write_tables(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, Shared)> = Vec::new();
        let mut tables = CsvTables::<ReferenceCsv<Shared>>::new(|name| {
            let file = Shared::default();
            files.push((name.to_owned(), file.clone()));
            Ok(file)
        })
        .unwrap();
        let header = self.run.world().header();
        tables.write(&self.records, header).unwrap();
        tables.instances(&instances(self.run.world(), &self.plan), header).unwrap();
        tables.finish().unwrap();
        let files = files.into_iter();
        let mut texts: Vec<(String, String)> =
            files.map(|(name, file)| (name, String::from_utf8(file.bytes()).unwrap())).collect();
        texts.push(("stop".to_owned(), format!("{:?}\n", self.run.stop())));
        texts
    }

    /// The lines of those tables in words that depend neither on names nor on the calendar, and
    /// without the instance of another account.
    pub(super) fn lines(&self, how: Writing) -> Vec<String> {
        let mut lines = String::new();
        for (name, text) in self.tables() {
            let text = without_created(text);
            for line in text.lines().filter(|line| !line.contains("zz-1,stranger")) {
                lines.extend([name, ": ", line, "\n"]);
            }
        }
        let lines = relative(&lines.replace(how.prefix, "§"), self.plan.header.start);
        lines.lines().map(str::to_owned).collect()
    }
}

/// A table without its column `created_at`: the generator writes dates of creation on the calendar,
/// and they do not move with the start.
fn without_created(text: &str) -> Cow<'_, str> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let Some(created) = headers.iter().position(|name| name == "created_at") else {
        return text.into();
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in std::iter::once(headers).chain(reader.records().map(Result::unwrap)) {
        let cells = record.iter().enumerate().filter(|(index, _)| *index != created);
        writer.write_record(cells.map(|(_, cell)| cell)).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap().into()
}

/// Lines with each time in them counted from the start.
fn relative(lines: &str, start: SimTime) -> String {
    const LIKE: &[u8] = b"0000-00-00T00:00:00Z";
    let like = |bytes: &[u8]| {
        let same = |(byte, like): (&u8, &u8)| match like {
            b'0' => byte.is_ascii_digit(),
            _ => byte == like,
        };
        bytes.iter().zip(LIKE).all(same)
    };
    let mut out = String::with_capacity(lines.len());
    let mut done = 0;
    for end in memchr::memchr_iter(b'Z', lines.as_bytes()).map(|at| at + 1) {
        let Some(at) = end.checked_sub(LIKE.len()).filter(|at| *at >= done) else { continue };
        if like(&lines.as_bytes()[at..end]) {
            let time: jiff::Timestamp = lines[at..end].parse().unwrap();
            out.push_str(&lines[done..at]);
            out.push_str(&format!("{:+}s", time.as_second() - start.seconds()));
            done = end;
        }
    }
    out + &lines[done..]
}

/// The editions that were loaded, each once, with their texts.
#[derive(Default)]
pub(crate) struct Shelf {
    library: Library,
    sources: Sources,
}

impl Shelf {
    /// Compiles a scenario; the error is the reason of a refusal.
    pub(crate) fn plan(&mut self, text: &str, files: &Memory) -> Result<Plan, String> {
        let Self { library, sources } = self;
        let mut problems = Problems::default();
        let file = sources.add("random.yaml", text);
        let options = Options::default();
        let compiled = compile_with(library, file, &options, files, sources, &mut problems);
        let why = || {
            let why = render(&problems, sources, false);
            assert!(why.contains("error["), "a refusal has a reason:\n{text}\n{why}");
            why
        };
        compiled.map(|mut compiled| compiled.plans.swap_remove(0)).ok_or_else(why)
    }
}

/// Runs a scenario; the error is the reason of a refusal.
pub(super) fn course(shelf: &RefCell<Shelf>, text: &str, files: &Memory) -> Result<Course, String> {
    let plan = shelf.borrow_mut().plan(text, files)?;
    let mut run = Run::start(plan.clone());
    let records = run.by_ref().collect();
    Ok(Course { plan, records, run, tables: OnceCell::new() })
}
