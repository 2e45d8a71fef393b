//! A thread that writes the files of an output folder.
//!
//! The thread that fills a file neither computes its digest nor waits for the disk: it hands over
//! blocks of bytes.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use super::system_calls::start_writing;
use crate::diagnostics::in_hex;
use crate::report::{BlockOut, RowBlock, WrittenTable};

/// Number of blocks that can wait. A block has 64 KiB.
const WAITING: usize = 32;

/// Number of bytes after which the disk starts to write them, so that it works during the run and
/// not only after it.
const STARTED: u64 = 4 << 20;

/// A file, and what was written to it. The digest is computed here, so that no file is read again.
struct TableFile {
    name: String,
    file: File,
    digest: Sha256,
    bytes: u64,
    /// Number of bytes that the disk has started to write.
    started: u64,
}

impl TableFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes >= self.started + STARTED {
            start_writing(&self.file, self.started..self.bytes);
            self.started = self.bytes;
        }
        Ok(())
    }

    fn described(&self) -> WrittenTable {
        let sha256 = in_hex(self.digest.clone());
        WrittenTable { file: self.name.clone(), sha256, bytes: self.bytes }
    }
}

enum FileJob {
    /// Appends a block to a file.
    Append(Arc<Mutex<TableFile>>, RowBlock),
    /// Answers when all earlier jobs are done.
    Answer(SyncSender<()>),
    End,
}

/// Blocks that were written and can be filled again.
type Spare = Arc<Mutex<Vec<RowBlock>>>;

/// The parts that the files of a folder share.
struct FileQueue {
    jobs: SyncSender<FileJob>,
    spare: Spare,
    /// The thread; `None` after it was joined.
    thread: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl FileQueue {
    fn send(&self, job: FileJob) -> io::Result<()> {
        // Sending fails if the thread has ended.
        self.jobs.send(job).map_err(|_| self.failure())
    }

    /// Waits until all earlier jobs are done.
    fn settle(&self) -> io::Result<()> {
        let (done, wait) = sync_channel(1);
        self.send(FileJob::Answer(done))?;
        wait.recv().map_err(|_| self.failure())
    }

    /// Waits for the end of the thread. A second call does nothing.
    fn join(&self) -> io::Result<()> {
        let Some(thread) = locked(&self.thread).take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| Err(io::Error::other(ENDED)))
    }

    /// The error with which the thread has ended early.
    fn failure(&self) -> io::Error {
        self.join().err().unwrap_or_else(|| io::Error::other(ENDED))
    }
}

const ENDED: &str = "the thread that writes the files has ended";

/// The value of a lock; a thread that has panicked leaves it as it was.
fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread, and the files that it writes.
pub struct FileThread {
    queue: Arc<FileQueue>,
    files: Mutex<Vec<Arc<Mutex<TableFile>>>>,
}

/// A file that the thread writes.
pub struct StagedFile {
    queue: Arc<FileQueue>,
    written: Arc<Mutex<TableFile>>,
}

impl FileThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system refuses to create a thread.
    pub fn start() -> io::Result<Self> {
        let (jobs, from) = sync_channel(WAITING);
        let spare = Spare::default();
        let (back, name) = (Arc::clone(&spare), "file-writer".to_owned());
        let thread = std::thread::Builder::new().name(name).spawn(move || work(&from, &back))?;
        let queue = FileQueue { jobs, spare, thread: Mutex::new(Some(thread)) };
        Ok(Self { queue: Arc::new(queue), files: Mutex::default() })
    }

    /// Adds an empty file.
    pub fn add(&self, name: &str, file: File) -> StagedFile {
        let (name, digest) = (name.to_owned(), Sha256::new());
        let written = TableFile { name, file, digest, bytes: 0, started: 0 };
        let written = Arc::new(Mutex::new(written));
        locked(&self.files).push(Arc::clone(&written));
        StagedFile { queue: Arc::clone(&self.queue), written }
    }

    /// The files with everything that was handed over so far, by name.
    ///
    /// # Errors
    /// If writing has failed.
    pub fn written(&self) -> io::Result<Vec<WrittenTable>> {
        self.queue.settle()?;
        let files = locked(&self.files);
        let mut written: Vec<_> = files.iter().map(|one| locked(one).described()).collect();
        written.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(written)
    }

    /// Ends the thread and closes the files. A second call does nothing.
    ///
    /// # Errors
    /// If writing has failed.
    pub fn close(&self) -> io::Result<()> {
        // The thread has ended if it does not receive this.
        let _ = self.queue.jobs.send(FileJob::End);
        self.queue.join()?;
        locked(&self.files).clear();
        Ok(())
    }
}

/// Dropping waits until the files are closed, so that their folder can be removed.
impl Drop for FileThread {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

impl StagedFile {
    /// An empty block.
    fn spare(&self) -> RowBlock {
        locked(&self.queue.spare).pop().unwrap_or_default()
    }

    fn append(&self, block: RowBlock) -> io::Result<()> {
        self.queue.send(FileJob::Append(Arc::clone(&self.written), block))
    }
}

/// Blocks of rows are handed over as they are, for empty ones.
impl BlockOut for StagedFile {
    type Out = Self;

    fn to(out: Self) -> Self {
        out
    }

    fn take(&mut self, block: &mut RowBlock) -> io::Result<()> {
        self.append(mem::replace(block, self.spare()))
    }

    fn settle(&mut self) -> io::Result<()> {
        self.queue.settle()
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut block = self.spare();
        block.append(bytes);
        self.append(block)?;
        Ok(bytes.len())
    }

    /// Waits until everything is written.
    fn flush(&mut self) -> io::Result<()> {
        self.queue.settle()
    }
}

/// Carries out jobs until the end, or until one fails.
fn work(jobs: &Receiver<FileJob>, spare: &Spare) -> io::Result<()> {
    for job in jobs {
        match job {
            FileJob::Append(file, mut block) => {
                locked(&file).append(block.rows())?;
                block.clear();
                locked(spare).push(block);
            }
            // A dropped receiver needs no answer.
            FileJob::Answer(done) => drop(done.send(())),
            FileJob::End => break,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn blocks_of_several_files_are_written_in_order_with_their_digests() {
        let folder = tempfile::tempdir().unwrap();
        let thread = FileThread::start().unwrap();
        let names = ["one", "two"];
        let create = |name: &str| File::create(folder.path().join(name)).unwrap();
        let mut files = names.map(|name| thread.add(name, create(name)));
        for number in 0..1_000 {
            files[number % 2].write_all(number.to_string().repeat(100).as_bytes()).unwrap();
        }
        files[0].flush().unwrap();
        for (name, written) in names.iter().zip(thread.written().unwrap()) {
            let bytes = fs::read(folder.path().join(name)).unwrap();
            let sha256 = in_hex(Sha256::new().chain_update(&bytes));
            assert_eq!((&*written.file, written.sha256), (*name, sha256));
            assert_eq!(written.bytes, bytes.len() as u64);
        }
        thread.close().unwrap();
        thread.close().unwrap();
        assert!(files[0].write_all(b"late").is_err(), "the thread has ended");
    }

    #[test]
    fn a_failure_to_write_is_returned_by_a_later_call() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        fs::write(&path, "").unwrap();
        let thread = FileThread::start().unwrap();
        let mut file = thread.add("table", File::open(&path).unwrap());
        let written = file.write_all(b"row").and_then(|()| file.flush());
        assert!(written.is_err() && written.unwrap_err().to_string() != ENDED);
        assert!(thread.written().is_err());
    }
}
