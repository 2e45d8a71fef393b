//! What clocks have done before the start: unpaid bills of accounts, ended terms of instances.

use super::fleet_builder::FleetBuilder;
use super::setting_checks::unjudged;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::fleet::{Arrears, Instance};
use crate::format::{Known, When, WrittenInstance};
use crate::policy::{ClockStep, Column, Facts};
use crate::time::{SimSpan, SimTime, Term};
use crate::words::{
    AccountId, Billing, ClockAction, ClockKind, Lifecycle, Lock, PolicyId, StoppedBy, Trigger,
    YesNo,
};

impl FleetBuilder<'_, '_> {
    /// The arrears of an account that owes at the start: the steps of its clock that were due by
    /// then have been taken.
    pub(super) fn arrears(
        &mut self,
        policy: PolicyId,
        grace: SimSpan,
        since: Option<Spanned<Known<When>>>,
    ) -> Option<Arrears> {
        let written = since?;
        let kind = ClockKind::PaymentOverdue;
        let start = self.resolver.start;
        let book = &self.resolver.rulebooks[policy.index()];
        if !book.policy.knows(Column::Trigger, Trigger::BillingOverdue) {
            let problem = unjudged(book, Trigger::BillingOverdue, None, written.span);
            problem.into_iter().for_each(|problem| self.resolver.problems.add(problem));
            return None;
        }
        let Some(since) = written.0.map(|since| since.from(start)) else {
            return Some(Arrears { clock: kind, since: start, since_known: false, taken: 0 });
        };
        if since > start {
            let title = "these arrears begin after the start";
            let problem = Problem::at(Code::Contradiction, written.span, title, "too late");
            let help = "use an event: `overdue: { account: … }`";
            self.resolver.problems.add(problem.help(help));
            return None;
        }
        let clock = book.policy.clock(kind);
        let timetable = clock.map(|clock| clock.timetable(since, grace, book.policy.calendar));
        let due = timetable.unwrap_or_default().into_iter().filter(|(due, _)| *due <= start);
        let taken = due.fold(0, |taken, (_, step)| taken | 1 << step);
        Some(Arrears { clock: kind, since, since_known: true, taken })
    }

    /// What the steps of an account's arrears that were due by the start have done to one of
    /// its instances, unless it says itself in what state it is.
    pub(super) fn in_arrears(
        &mut self,
        instance: &mut Instance,
        part: &WrittenInstance,
        span: Span,
    ) {
        let account = self.fleet.account(instance.account);
        let Some(arrears) = account.arrears.filter(|_| instance.is_there()) else { return };
        if instance.is_down() && instance.locks.contains(Lock::Financial) {
            instance.stopped_by = StoppedBy::Arrears;
        }
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            overdue: YesNo::Yes,
            grace: YesNo::from(account.grace > SimSpan::ZERO),
            ..Facts::default()
        };
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(arrears.clock) else { return };
        let timetable = clock.timetable(arrears.since, account.grace, book.policy.calendar);
        let mut released = None;
        for (due, number) in timetable {
            let step = &clock.steps[number];
            let taken = arrears.taken >> number & 1 == 1;
            if !taken || !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            let state = match step.action {
                ClockAction::Stop => Lifecycle::Stopped,
                ClockAction::Reclaim => Lifecycle::Reclaimed,
                ClockAction::Deallocate => Lifecycle::Deallocated,
                ClockAction::Release => {
                    released = Some((due, step.rule));
                    continue;
                }
                ClockAction::Renew | ClockAction::SuspendSnapshots => continue,
            };
            if part.state.is_none() {
                instance.state = state;
            }
            if instance.is_down() {
                instance.stopped_by = StoppedBy::Arrears;
            }
        }
        if let Some((due, rule)) = released {
            let rule = &book.policy.rule(rule).id;
            let what = format!("by rule `{rule}` it was released at {due}, before the start");
            self.contradicts(span, &what);
        }
    }

    /// What a provider has locked for an unpaid bill is of an account that owes. Since when, no
    /// reply says; the scenario may.
    pub(super) fn owes(&mut self, part: &WrittenInstance) {
        let locks = part.lock.as_ref().and_then(|locks| locks.0.as_ref());
        let is_financial = |lock: &Spanned<Lock>| lock.value == Lock::Financial;
        let by_use = part.billing.is_none_or(|b| b.value != Known(Some(Billing::Subscription)));
        let Some(lock) =
            locks.filter(|_| by_use).and_then(|l| l.0.iter().find(|l| is_financial(l)))
        else {
            return;
        };
        let named = part.account.as_ref().map(|name| self.resolver.accounts.get(&name.value));
        let Some(account) = named.unwrap_or(Some(0)).map(AccountId::at) else { return };
        let state = self.fleet.account(account);
        let (policy, grace, arrears) = (state.policy, state.grace, state.arrears);
        if arrears.is_none() {
            let since = Spanned::new(Known::UNKNOWN, lock.span);
            self.fleet.account_mut(account).arrears = self.arrears(policy, grace, Some(since));
        }
    }

    /// A term that has ended before the start has had its effects.
    pub(super) fn term(&mut self, instance: &mut Instance, part: &WrittenInstance, span: Span) {
        let Some(expires) = part.expires else { return };
        if instance.billing != Billing::Subscription {
            self.contradicts(expires.span, &format!("a term and {}", instance.billing));
            return;
        }
        let start = self.resolver.start;
        self.renewed(instance, part);
        instance.expired = instance.expires <= start;
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry).filter(|_| instance.expired) else {
            return;
        };
        let facts =
            Facts { billing: instance.billing, renewal: instance.renewal, ..Facts::default() };
        let timetable = clock.timetable(instance.expires, SimSpan::ZERO, book.policy.calendar);
        let mut released = None;
        for (due, step) in timetable {
            let step = &clock.steps[step];
            if due > start || step.action == ClockAction::Renew {
                continue;
            }
            instance.term_steps += 1;
            if !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            match step.action {
                ClockAction::Stop => instance.state = Lifecycle::Stopped,
                ClockAction::Reclaim => instance.state = Lifecycle::Reclaimed,
                ClockAction::Deallocate => instance.state = Lifecycle::Deallocated,
                ClockAction::Release => released = Some((due, step.rule)),
                ClockAction::Renew | ClockAction::SuspendSnapshots => {}
            }
            instance.stopped_by = StoppedBy::Expiry;
        }
        if let Some((due, rule)) = released {
            let rule = &book.policy.rule(rule).id;
            let what = format!("by rule `{rule}` it was released at {due}, before the start");
            self.contradicts(span, &what);
        }
        if let Some(state) = part.state {
            instance.state = state.value;
        }
    }

    /// A term that renews itself, and that ended at the start or before, has done so.
    fn renewed(&self, instance: &mut Instance, part: &WrittenInstance) {
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry) else { return };
        let (start, calendar) = (self.resolver.start, book.policy.calendar);
        let facts =
            Facts { billing: instance.billing, renewal: instance.renewal, ..Facts::default() };
        let renews = |due: SimTime, step: &ClockStep| {
            due <= start
                && step.action == ClockAction::Renew
                && step.when.meets(&facts)
                && book.assumes(&step.when)
        };
        let term = part.renews_for.unwrap_or(Term::MONTH).span();
        loop {
            let timetable = clock.timetable(instance.expires, SimSpan::ZERO, calendar);
            let mut steps = timetable.into_iter();
            let next = instance.expires.after_on_calendar(term, calendar);
            let again = steps.any(|(due, step)| renews(due, &clock.steps[step]));
            if !again || next <= instance.expires {
                break;
            }
            instance.expires = next;
        }
    }
}
