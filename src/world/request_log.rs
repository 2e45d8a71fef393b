//! The log of requests: a request is opened, its records follow, and it is closed.

use super::request::{OpenRequest, RequestContext, Tally};
use super::step::Step;
use crate::record::{Change, Record, Refusal, Request, Subject, What};
use crate::words::RequestResult;

impl Step<'_> {
    /// Begins to write a request down; its records follow it.
    pub(super) fn open(&mut self, request: &RequestContext, judged: bool) -> OpenRequest {
        let seq = self.world.seq;
        self.world.seq += 1;
        let slot = self.out.len();
        self.out.push(Record::Request(Request {
            seq,
            at: self.now,
            cause: request.cause,
            trigger: judged.then_some(request.trigger),
            verb: request.verb,
            actor: request.actor,
            channel: request.channel,
            target: request.target,
            result: RequestResult::Accepted,
            wanted: 0,
            got: 0,
            refusal: None,
        }));
        OpenRequest { slot, seq, trigger: request.trigger }
    }

    /// Writes what became of it.
    pub(super) fn close(&mut self, open: OpenRequest, tally: Tally) {
        self.close_as(open, tally, tally.result());
    }

    /// Writes that nothing was done, and why.
    pub(super) fn refuse(&mut self, open: OpenRequest, wanted: u32, why: Refusal) {
        let tally = Tally { wanted, refusal: Some(why), ..Tally::default() };
        self.close_as(open, tally, RequestResult::Refused);
    }

    fn close_as(&mut self, open: OpenRequest, tally: Tally, result: RequestResult) {
        if self.world.halt.is_some() {
            // A request that could not be decided did not happen.
            self.out.truncate(open.slot);
            return;
        }
        if let Some(Record::Request(request)) = self.out.get_mut(open.slot) {
            request.result = result;
            request.trigger = request.trigger.or(tally.decided.then_some(open.trigger));
            request.wanted = tally.wanted;
            request.got = tally.got;
            request.refusal = tally.refusal;
        }
    }

    /// Writes a change of state down.
    pub(super) fn change(
        &mut self,
        request: &RequestContext,
        seq: u64,
        subject: Subject,
        what: What,
    ) {
        let at = self.now;
        self.out.push(Record::Change(Change { seq, at, subject, what, cause: request.cause }));
    }
}
