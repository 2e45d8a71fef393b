//! The log of requests: a request is opened, its records follow, and it is closed.

use super::request::{OpenRequest, RequestContext, RequestTally};
use super::step::Step;
use crate::record::{Change, Record, Refusal, Request, Subject, What};
use crate::words::{LimitedBy, RequestResult, Trigger};

impl Step<'_> {
    /// Records a request; records of its decisions, changes and losses follow it. Its trigger is
    /// recorded only if it makes a decision.
    pub(super) fn open(&mut self, request: &RequestContext) -> OpenRequest {
        self.open_with(request, None)
    }

    /// As [`Self::open`], for a request whose trigger is recorded in any case.
    pub(super) fn open_judged(&mut self, request: &RequestContext) -> OpenRequest {
        self.open_with(request, Some(request.trigger))
    }

    fn open_with(&mut self, request: &RequestContext, trigger: Option<Trigger>) -> OpenRequest {
        let seq = self.world.seq;
        self.world.seq += 1;
        let slot = self.out.len();
        let at = self.now;
        // Made in its place: `push` would copy what was just written.
        let record = || {
            Record::Request(Request {
                seq,
                at,
                cause: request.cause,
                trigger,
                verb: request.verb,
                actor: request.actor,
                channel: request.channel,
                target: request.target,
                result: RequestResult::Accepted,
                wanted: 0,
                got: 0,
                refusal: None,
                limited_by: None,
                origin: request.origin,
            })
        };
        self.out.extend(std::iter::once_with(record));
        OpenRequest { slot, seq, trigger: request.trigger }
    }

    /// Records the result of a request.
    pub(super) fn close(&mut self, open: OpenRequest, tally: RequestTally) {
        self.close_as(open, tally, tally.result());
    }

    /// Records that a request was refused as a whole.
    pub(super) fn refuse(&mut self, open: OpenRequest, wanted: u32, why: Refusal) {
        let tally = RequestTally { wanted, refusal: Some(why), ..RequestTally::default() };
        self.close_as(open, tally, RequestResult::Refused);
    }

    /// Records that a request was refused as a whole because of a bound of its group.
    pub(super) fn refuse_at_bound(&mut self, open: OpenRequest, wanted: u32, why: Refusal) {
        let limited_by = Some(LimitedBy::Bound);
        let tally =
            RequestTally { wanted, refusal: Some(why), limited_by, ..RequestTally::default() };
        self.close_as(open, tally, RequestResult::Refused);
    }

    fn close_as(&mut self, open: OpenRequest, tally: RequestTally, result: RequestResult) {
        if self.world.halt.is_some() {
            // The run stops before a request that it cannot decide.
            self.out.truncate(open.slot);
            return;
        }
        let result = match (result, tally.refusal) {
            (RequestResult::Refused, Some(Refusal::Rule(policy, rule)))
                if self.world.principals.is_some()
                    && self.world.header.rulebook(policy).policy.is_permission(rule) =>
            {
                RequestResult::Denied
            }
            _ => result,
        };
        if let Some(Record::Request(request)) = self.out.get_mut(open.slot) {
            request.result = result;
            request.trigger = request.trigger.or(tally.decided.then_some(open.trigger));
            request.wanted = tally.wanted;
            request.got = tally.got;
            request.refusal = tally.refusal.filter(|_| result != RequestResult::Accepted);
            request.limited_by = tally.limited_by.filter(|_| tally.got < tally.wanted);
        }
    }

    /// Records a change of state that has been made, and reviews the health checks that it
    /// concerns.
    pub(super) fn change(
        &mut self,
        request: &RequestContext,
        seq: u64,
        subject: Subject,
        what: What,
    ) {
        let at = self.now;
        let (cause, origin) = (request.cause, request.origin);
        // Made in its place, as in `open`.
        let record = || Record::Change(Change { seq, at, subject, what, cause, origin });
        self.out.extend(std::iter::once_with(record));
        self.review_health_after(request, seq, subject, &what);
    }
}
