//! A fleet and a year of its events as files, of any size.
//!
//! Each account has a thousand instances. Four instances in five are billed by use and have a
//! scheduled release; the fifth is a subscription, whose term ends. The events are sorted and
//! distributed evenly over the year: 40 % set or move a scheduled release, 20 % cancel one, 20 %
//! are release calls, 10 % switch protection, and in 10 % an account falls into arrears or settles.
//! One account in ten never settles, and its instances are released.
//!
//! The same arguments give the same bytes on every platform: all draws are integers of `ChaCha8`.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stayput::time::SimTime;

const DAY: i64 = 86_400;
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;
const YEAR: i64 = 365 * DAY;
const PER_ACCOUNT: u32 = 1_000;

/// Writes `scenario.yaml`, `fleet.csv` and `events.csv` into a folder.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path, instances: u32, events: u64, seed: u64) -> io::Result<()> {
    let accounts = instances.div_ceil(PER_ACCOUNT);
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    fs::create_dir_all(folder)?;
    let open = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    scenario(open("scenario.yaml")?, accounts)?;
    fleet(open("fleet.csv")?, instances, &mut draws)?;
    Year::new(instances, accounts, draws).write(open("events.csv")?, events)
}

fn scenario(mut out: impl Write, accounts: u32) -> io::Result<()> {
    writeln!(
        out,
        "stayput: scenario/1
name: fleet-year
about: A fleet of any size with a year of events.
policy: alibaba-ecs@2026-05-15
start: {}
for: 365d
fleet:
  instances: {{ file: fleet.csv }}
  accounts:",
        SimTime::from_seconds(START)
    )?;
    (0..accounts).try_for_each(|at| writeln!(out, "    a-{at}: {{ grace: 0h }}"))?;
    writeln!(out, "events: {{ file: events.csv }}")?;
    out.flush()
}

/// A time between a day and three years ahead. It is a whole minute, because the provider rounds
/// schedules to minutes.
fn ahead(draws: &mut ChaCha8Rng, now: i64) -> SimTime {
    let at = now + draws.random_range(DAY..1_090 * DAY);
    SimTime::from_seconds(at - at.rem_euclid(60))
}

fn fleet(mut out: impl Write, instances: u32, draws: &mut ChaCha8Rng) -> io::Result<()> {
    writeln!(out, "instance,account,billing,expires,auto-release,protect")?;
    for at in 0..instances {
        let account = at / PER_ACCOUNT;
        let due = ahead(draws, START);
        let protect = if draws.random_range(0..50) > 0 { "release-protection" } else { "" };
        match draws.random_range(0..5) {
            // Release protection has no effect on a subscription.
            0 => writeln!(out, "i-{at},a-{account},subscription,{due},,")?,
            _ => writeln!(out, "i-{at},a-{account},,,{due},{protect}")?,
        }
    }
    out.flush()
}

/// An account and its bill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bill {
    Paid,
    Owing,
    NeverPaid,
}

struct Year {
    instances: u32,
    draws: ChaCha8Rng,
    bills: Vec<Bill>,
    /// Accounts that stop paying and never settle, each with the time at which it stops; the
    /// earliest is last.
    doomed: Vec<(i64, u32)>,
    /// Accounts that will settle, with the earliest time.
    owing: VecDeque<(i64, u32)>,
}

impl Year {
    fn new(instances: u32, accounts: u32, mut draws: ChaCha8Rng) -> Self {
        let mut doomed: Vec<(i64, u32)> = (0..accounts)
            .filter(|account| account % 10 == 9)
            .map(|account| (START + draws.random_range(0..YEAR), account))
            .collect();
        doomed.sort_unstable();
        doomed.reverse();
        let bills = vec![Bill::Paid; accounts as usize];
        Self { instances, draws, bills, doomed, owing: VecDeque::new() }
    }

    fn write(mut self, mut out: impl Write, events: u64) -> io::Result<()> {
        writeln!(out, "at,verb,instance,time,flags,force,account,by,via")?;
        for number in 0..events {
            // Each event is at a random time within its share of the year, so they are sorted
            // already.
            let (number, events) = (i128::from(number), i128::from(events.max(1)));
            let share = |n: i128| i64::try_from(n * i128::from(YEAR) / events).unwrap_or(YEAR);
            let (from, to) = (share(number), share(number + 1));
            let now = START + self.draws.random_range(from..to.max(from + 1));
            self.event(&mut out, now)?;
        }
        out.flush()
    }

    fn event(&mut self, out: &mut impl Write, now: i64) -> io::Result<()> {
        let at = SimTime::from_seconds(now);
        let verb = self.draws.random_range(0..10);
        let instance = self.draws.random_range(0..self.instances);
        match verb {
            0..4 => {
                let due = ahead(&mut self.draws, now);
                writeln!(out, "{at},schedule-release,i-{instance},{due},,,,,")
            }
            4..6 => writeln!(out, "{at},cancel-scheduled-release,i-{instance},,,,,,"),
            6..8 => writeln!(out, "{at},release,i-{instance},,,true,,ops,api"),
            8 => {
                let on = self.draws.random_range(0..50) > 0;
                writeln!(out, "{at},set-protection,i-{instance},,release-protection={on},,,,")
            }
            _ => {
                let (verb, account) = self.bill(now);
                writeln!(out, "{at},{verb},,,,,a-{account},,")
            }
        }
    }

    /// An event by which an account falls into arrears or settles.
    fn bill(&mut self, now: i64) -> (&'static str, u32) {
        while let Some((_, account)) = self.owing.front().copied().filter(|(from, _)| *from <= now)
        {
            self.owing.pop_front();
            if self.bills[account as usize] == Bill::Owing {
                self.bills[account as usize] = Bill::Paid;
                return ("settle", account);
            }
        }
        if let Some((_, account)) = self.doomed.pop_if(|(from, _)| *from <= now) {
            self.bills[account as usize] = Bill::NeverPaid;
            return ("overdue", account);
        }
        let accounts = u32::try_from(self.bills.len()).unwrap_or(u32::MAX);
        let account = self.draws.random_range(0..accounts);
        if self.bills[account as usize] == Bill::Paid {
            self.bills[account as usize] = Bill::Owing;
            // The arrears are long enough for some schedules to become due, but too short for a
            // release by the clock.
            self.owing.push_back((now + self.draws.random_range(0..10 * DAY), account));
        }
        ("overdue", account)
    }
}
