//! Clocks that started before the scenario: arrears of accounts, ended terms of instances.

use super::fleet_builder::{Existence, FleetBuilder};
use super::setting_checks::unjudged;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::fleet::{Arrears, Instance};
use crate::format::{Known, When, WrittenInstance};
use crate::policy::{ClockStep, Column, Facts};
use crate::time::{SimSpan, SimTime, Term};
use crate::words::{
    AccountId, Billing, ClockAction, ClockKind, Lock, PolicyId, StoppedBy, TermEnd, Trigger, YesNo,
};

impl FleetBuilder<'_, '_> {
    /// The arrears of an account at the start. The steps of their clock that were due by then count
    /// as taken. `None` if the account has no arrears, or if they have a mistake, which is
    /// reported.
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
            return Some(Arrears { clock: kind, since: None, taken: 0 });
        };
        if since > start {
            let title = "these arrears start after the start of the scenario";
            let problem = Problem::at(Code::Contradiction, written.span, title, "too late");
            let help = "use an event: `overdue: { account: … }`";
            self.resolver.problems.add(problem.help(help));
            return None;
        }
        let clock = book.policy.clock(kind);
        let timetable = clock.map(|clock| clock.timetable(since, grace, book.policy.calendar));
        let due = timetable.unwrap_or_default().into_iter().filter(|(due, _)| *due <= start);
        let taken = due.fold(0, |taken, (_, step)| taken | 1 << step);
        Some(Arrears { clock: kind, since: Some(since), taken })
    }

    /// Applies the steps of an account's arrears that were due by the start to one of its
    /// instances, unless the instance states its own state.
    pub(super) fn in_arrears(
        &mut self,
        instance: &mut Instance,
        part: &WrittenInstance,
        span: Span,
    ) {
        let account = self.fleet.account(instance.account);
        let Some(arrears) = account.arrears.filter(|_| instance.exists()) else { return };
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
        // Of arrears whose start is unknown, no step counts as taken.
        let Some(since) = arrears.since else { return };
        let timetable = clock.timetable(since, account.grace, book.policy.calendar);
        let (mut released, mut differs) = (None, None);
        for (due, number) in timetable {
            let step = &clock.steps[number];
            let taken = arrears.taken >> number & 1 == 1;
            if !taken || !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            if step.action == ClockAction::Release {
                released = Some((due, step.rule));
            }
            let Some(state) = step.action.shuts_down() else { continue };
            match part.state {
                None => instance.state = state,
                Some(listed) => {
                    let rule = &book.policy.rule(step.rule).id;
                    let how = format!("{}, but {state} by rule `{rule}`", listed.value);
                    differs = Some((how, listed)).filter(|_| listed.value != state);
                }
            }
            if instance.is_down() {
                instance.stopped_by = StoppedBy::Arrears;
            }
        }
        if let Some((due, rule)) = released {
            let rule = book.policy.rule(rule).id.clone();
            self.released_before(due, &rule, span);
        }
        if let (Some((how, listed)), Some(listing)) = (differs, &mut self.listing) {
            listing.differs(how, listed.span);
        }
    }

    /// Leaves out an instance of a listing that a rule released before the start; in any other
    /// fleet the statements about it contradict each other.
    fn released_before(&mut self, due: SimTime, rule: &str, span: Span) {
        let what = format!("by rule `{rule}` it was released at {due}, before the start");
        match &mut self.listing {
            Some(listing) => {
                listing.drop(format!("by rule `{rule}` they were released before it"), span);
            }
            None => self.contradicts(span, &what),
        }
    }

    /// An imported instance that is locked for an unpaid bill belongs to an account in arrears.
    /// Replies do not contain the start of arrears; the scenario may state it.
    pub(super) fn infer_arrears(&mut self, part: &WrittenInstance) {
        let is_financial = |lock: &Spanned<Known<Lock>>| lock.value == Known(Some(Lock::Financial));
        let by_use = part.billing.is_none_or(|b| b.value != Known(Some(Billing::Subscription)));
        let Some(lock) =
            part.lock.iter().filter(|_| by_use).flat_map(|l| &l.0).find(|l| is_financial(l))
        else {
            return;
        };
        let named = part.account.as_ref().map(|name| self.resolver.accounts.get(&name.value));
        let Some(account) = named.unwrap_or(Some(0)).map(AccountId::from_index) else { return };
        let state = self.fleet.account(account);
        let (policy, grace, arrears) = (state.policy, state.grace, state.arrears);
        if arrears.is_none() {
            let since = Spanned::new(Known::UNKNOWN, lock.span);
            self.fleet.account_mut(account).arrears = self.arrears(policy, grace, Some(since));
        }
    }

    /// Starts the reclaim clock of a listed spot instance that has the lock of a reclaim. It starts
    /// at the time of the listing, because no listing contains the time of the notice. Steps that
    /// were due by the start count as taken.
    pub(super) fn noticed(&mut self, instance: &mut Instance, span: Span) {
        let Some(seen) = self.listing.as_ref().map(|listing| listing.seen) else { return };
        let is_noticed = instance.locks.contains(Lock::Recycling) && instance.exists();
        if !is_noticed || instance.billing != Billing::Spot {
            return;
        }
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::SpotReclaim) else { return };
        instance.reclaim_since = seen;
        let facts = Facts {
            billing: instance.billing,
            eviction: instance.eviction,
            membership: instance.membership,
            ..Facts::default()
        };
        let mut released = None;
        for (due, step) in clock.timetable(seen, SimSpan::ZERO, book.policy.calendar) {
            let step = &clock.steps[step];
            if due > self.resolver.start {
                continue;
            }
            instance.reclaim_steps += 1;
            let applies = step.when.meets(&facts) && book.assumes(&step.when);
            if applies && step.action == ClockAction::Release {
                released = Some(book.policy.rule(step.rule).id.clone());
            }
        }
        if let (Some(rule), Some(listing)) = (released, &mut self.listing) {
            listing.drop(format!("by rule `{rule}` they were released before it"), span);
        }
    }

    /// Sets the term of an instance, and applies the steps of its clock that were due by the start.
    pub(super) fn term(
        &mut self,
        instance: &mut Instance,
        part: &WrittenInstance,
        span: Span,
        existence: Existence,
    ) {
        let Some(expires) = part.expires else { return };
        if instance.billing != Billing::Subscription {
            self.contradicts(expires.span, &format!("a term and {}", instance.billing));
            return;
        }
        match existence {
            Existence::AtStart => {}
            Existence::At(at) if instance.expires <= at => {
                let what =
                    format!("a term that ends at {} and a creation at {at}", instance.expires);
                return self.contradicts(expires.span, &what);
            }
            Existence::At(_) | Existence::ByGroup => return,
        }
        let start = self.resolver.start;
        if !self.is_term_settled(instance) {
            // The run takes these steps at its start, and stops where their result is unknown.
            instance.expired = true;
            return;
        }
        self.renewed(instance, part);
        instance.expired = instance.expires <= start;
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry).filter(|_| instance.expired) else {
            return;
        };
        let facts = facts_of_term(instance);
        let timetable = clock.timetable(instance.expires, SimSpan::ZERO, book.policy.calendar);
        let mut released = None;
        for (due, step) in timetable {
            let step = &clock.steps[step];
            if due > start {
                continue;
            }
            instance.term_steps += 1;
            if !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            if step.action == ClockAction::Release {
                released = Some((due, step.rule));
            }
            let Some(state) = step.action.shuts_down() else { continue };
            instance.state = state;
            instance.stopped_by = StoppedBy::Expiry;
        }
        if let Some((due, rule)) = released {
            let rule = book.policy.rule(rule).id.clone();
            self.released_before(due, &rule, span);
        }
        if let Some(state) = part.state {
            let ended = instance.state;
            let how = format!("{}, but {ended} by the end of its term", state.value);
            if let Some(listing) = self.listing.as_mut().filter(|_| ended != state.value) {
                listing.differs(how, state.span);
            }
            instance.state = state.value;
        }
    }

    /// Whether the steps of the clock of a term that were due by the start are the same in every
    /// position of an unknown renewal.
    fn is_term_settled(&self, instance: &Instance) -> bool {
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry) else { return true };
        let mut facts = facts_of_term(instance);
        facts.unknown = facts.unknown.with_if(Column::Renewal, !instance.renewal_known);
        let timetable = clock.timetable(instance.expires, SimSpan::ZERO, book.policy.calendar);
        let mut due = timetable.into_iter().filter(|(due, _)| *due <= self.resolver.start);
        due.all(|(_, step)| {
            let when = &clock.steps[step].when;
            let agreed = || book.agreed(&facts, |facts| when.meets(facts), [""; 2]);
            !book.assumes(when) || agreed().is_ok()
        })
    }

    /// Applies the automatic renewals that were due by the start.
    fn renewed(&self, instance: &mut Instance, part: &WrittenInstance) {
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry) else { return };
        let (start, calendar) = (self.resolver.start, book.policy.calendar);
        let facts = facts_of_term(instance);
        let renews = |step: &ClockStep| {
            step.action == ClockAction::Renew && step.when.meets(&facts) && book.assumes(&step.when)
        };
        let is_renewed = |expires: SimTime| {
            let due = |(number, _)| clock.due(number, expires, SimSpan::ZERO, calendar);
            let mut renewals = clock.steps.iter().enumerate().filter(|(_, step)| renews(step));
            renewals.any(|step| due(step) <= start)
        };
        let term = part.renews_for.unwrap_or(Term::MONTH).span();
        let ends = book.answer(&book.tables.terms, &facts);
        if let Some(length) = term.fixed().filter(|_| ends.is_none_or(|e| e.says == TermEnd::Exact))
        {
            instance.expires = first_unrenewed(instance.expires, start, length, is_renewed);
            return;
        }
        // Every other term lasts for a day or more.
        let next = |expires| book.term_end(ends, expires, term);
        while is_renewed(instance.expires) && next(instance.expires) > instance.expires {
            instance.expires = next(instance.expires);
        }
    }
}

/// The first end of a term that is not renewed by `start`, if each term has the same length. It is
/// found by bisection, since a term can be as short as a second.
fn first_unrenewed(
    first: SimTime,
    start: SimTime,
    length: SimSpan,
    is_renewed: impl Fn(SimTime) -> bool,
) -> SimTime {
    let after = |renewals: i64| {
        first.after(SimSpan::from_seconds(length.seconds().saturating_mul(renewals)))
    };
    // INVARIANT: the term after `most` renewals ends after `start`, where none is due.
    let (mut least, mut most) = (0, start.since(first).seconds() / length.seconds().max(1) + 1);
    while least < most {
        let middle = least + (most - least) / 2;
        if is_renewed(after(middle)) {
            least = middle + 1;
        } else {
            most = middle;
        }
    }
    after(least)
}

/// The facts that the steps of the clock of a term test at the start.
fn facts_of_term(instance: &Instance) -> Facts {
    Facts { billing: instance.billing, renewal: instance.renewal, ..Facts::default() }
}
