//! Permissions of callers: the calls that a principal may make, and their targets.
//!
//! A call is checked before anything else. A call about instances is checked for each of them; a
//! call to a group or an account is checked once. Bills, timers and automatic
//! actions of a group need no permission; a schedule needed one when it was set.

use super::noted_call::NotedCall;
use super::request::RequestContext;
use super::step::{Step, World};
use crate::plan::Resource;
use crate::policy::{Basis, CallPermission, Column, Columns, Facts, Flags, Needs, SETS, Undecided};
use crate::record::{Cause, Refusal, Subject};
use crate::words::{
    AccountId, Action, ActorId, GroupId, Initiator, InstanceId, PolicyId, ProtectionId,
    ProtectionSet, RuleId, Trigger, Upgrade,
};

impl World {
    /// The permissions of a call that switches a protection of an instance off.
    pub fn rows_to_lift(&self, id: InstanceId, protection: ProtectionId) -> Vec<RuleId> {
        let action = Action::SetProtection;
        let facts = self.situation(id, Facts { action, ..Facts::default() });
        let off = ProtectionSet::EMPTY.with(protection);
        let switched = Flags { off, ..Flags::default() };
        self.rows(self.policy_of(id), SETS, &facts, switched)
    }

    /// The rows of the permissions of a call that apply in every position of unknown facts.
    fn rows(&self, policy: PolicyId, verb: &str, facts: &Facts, switched: Flags) -> Vec<RuleId> {
        let book = self.header.rulebook(policy);
        let facts = book.narrowed(facts);
        let mut common: Option<Vec<RuleId>> = None;
        for facts in book.positions(&facts).0 {
            let here: Vec<RuleId> =
                book.needs(verb, &facts, switched).map(|row| row.rule).collect();
            match &mut common {
                Some(common) => common.retain(|row| here.contains(row)),
                None => common = Some(here),
            }
        }
        common.unwrap_or_default()
    }

    /// Whether a caller may make a call about an instance, with the given action.
    pub fn may_call(
        &self,
        caller: ActorId,
        verb: &str,
        action: Action,
        switched: Flags,
        id: InstanceId,
    ) -> bool {
        let facts = self.situation(id, Facts { action, ..Facts::default() });
        let instance = self.fleet.instance(id);
        let resource =
            Resource { instances: &[id], group: instance.group, account: instance.account };
        self.lacking(caller, verb, self.policy_of(id), &facts, switched, &resource).is_none()
    }

    /// Whether a protection would hold against everything that a trigger can request of an
    /// instance: for a manual call through every channel, for other triggers whether or not a call
    /// names the instance, by every initiator and in every upgrade that the group can make. Unknown
    /// facts may have any value.
    pub fn would_hold(&self, id: InstanceId, protection: ProtectionId, trigger: Trigger) -> bool {
        let book = self.header.rulebook(self.policy_of(id));
        let in_space = |column| book.policy.domain.columns().contains(column);
        let open: &[Column] = if trigger == Trigger::Manual {
            &[Column::Channel]
        } else {
            &[Column::Named, Column::Initiator]
        };
        let open = open.iter().filter(|column| **column == Column::Channel || in_space(**column));
        let requested = Facts { trigger, ..Facts::default() };
        let unknown = open.fold(requested.unknown, |unknown, column| unknown.with(*column));
        let facts = book.narrowed(&self.situation(id, Facts { unknown, ..requested }));
        let holds = |upgrade| book.holds_against(protection, &Facts { upgrade, ..facts });
        match self.fleet.instance(id).group {
            Some(group) if trigger == Trigger::ModelUpdate => {
                let mode = self.fleet.group(group).upgrades.mode;
                [mode, Upgrade::Manual, Upgrade::OsImage].into_iter().all(holds)
            }
            _ => holds(facts.upgrade),
        }
    }

    /// Whether preconditions refuse every manual release of an instance, whatever the call states
    /// and whatever the unknown facts are.
    pub fn refuses_release(&self, id: InstanceId) -> bool {
        let book = self.header.rulebook(self.policy_of(id));
        let stated = [Column::Channel, Column::Force, Column::TerminateSubscription];
        let unknown = stated.into_iter().fold(Columns::NONE, Columns::with);
        let facts = self.situation(id, Facts { unknown, ..Facts::default() });
        book.positions(&book.narrowed(&facts)).0.all(|facts| book.refusal(&facts).is_some())
    }

    /// The first permission that a caller lacks; `None` if it lacks none.
    fn lacking(
        &self,
        caller: ActorId,
        verb: &str,
        policy: PolicyId,
        facts: &Facts,
        switched: Flags,
        resource: &Resource<'_>,
    ) -> Option<RuleId> {
        let principals = self.principals.as_deref()?;
        let may = |action: &usize| principals.allows(caller, policy, *action, resource);
        let has = |row: &CallPermission| match &row.needs {
            Needs::Nothing => true,
            Needs::Unavailable => false,
            Needs::All(actions) => actions.iter().all(may),
            Needs::OneOf(actions) => actions.iter().any(may),
        };
        let book = self.header.rulebook(policy);
        book.needs(verb, facts, switched).find(|row| !has(row)).map(|row| row.rule)
    }
}

impl Step<'_> {
    /// Notes a call, if calls are watched.
    #[inline]
    pub(super) fn note_call(&mut self, request: &RequestContext, facts: &Facts, subject: Subject) {
        if self.world.calls.is_some() {
            self.note_watched_call(request, facts, subject);
        }
    }

    fn note_watched_call(&mut self, request: &RequestContext, facts: &Facts, subject: Subject) {
        let Some(mut calls) = self.world.calls.take() else { return };
        if matches!(request.cause, Cause::Event(_)) && facts.initiator == Initiator::User {
            let named = request.named.filter(|_| matches!(subject, Subject::Group(_)));
            let named = named.map(|named| named.of(&self.world.targets).to_vec());
            let ids = named.unwrap_or_else(|| self.world.instances_of(subject));
            let policy = match subject {
                Subject::Instance(id) => self.world.policy_of(id),
                Subject::Group(group) => self.world.policy_of_group(group),
                Subject::Account(account) => self.world.fleet.account(account).policy,
            };
            let switched = self.flags(request, policy).unwrap_or_default();
            let seq = self.world.seq.saturating_sub(1);
            for row in self.world.rows(policy, request.verb, facts, switched) {
                calls.extend(ids.iter().map(|id| NotedCall { seq, policy, row, instance: *id }));
            }
        }
        self.world.calls = Some(calls);
    }

    /// Checks the permission of the caller for an instance.
    ///
    /// # Errors
    /// The permission that it lacks, and its basis; or why that is unknown.
    pub(super) fn permission_for(
        &self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
    ) -> Result<Option<(RuleId, Basis)>, Undecided> {
        let instance = self.world.fleet.instance(id);
        let resource =
            Resource { instances: &[id], group: instance.group, account: instance.account };
        self.permission(request, self.world.policy_of(id), facts, &resource)
    }

    /// As [`Self::permission_for`], for a call that is refused as a whole.
    ///
    /// # Errors
    /// If the caller lacks a permission, or the run stops.
    #[inline]
    pub(super) fn permit_call(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
    ) -> Result<(), Refusal> {
        self.note_call(request, facts, Subject::Instance(id));
        if self.world.principals.is_none() {
            return Ok(());
        }
        let lacking = self.permission_for(request, id, facts);
        self.refuse_found(request, self.world.policy_of(id), lacking)
    }

    /// Checks the permission of the caller for a call to a group.
    ///
    /// # Errors
    /// If the caller lacks a permission, or the run stops.
    pub(super) fn permit_group(
        &mut self,
        request: &RequestContext,
        group: GroupId,
        facts: &Facts,
    ) -> Result<(), Refusal> {
        self.note_call(request, facts, Subject::Group(group));
        if self.world.principals.is_none() {
            return Ok(());
        }
        let instances = request.named.map(|named| named.of(&self.world.targets));
        let resource = Resource {
            instances: instances.unwrap_or_default(),
            group: Some(group),
            account: self.world.fleet.group(group).account,
        };
        let policy = self.world.policy_of_group(group);
        let lacking = self.permission(request, policy, facts, &resource);
        self.refuse_found(request, policy, lacking)
    }

    /// Checks the permission of the caller for a call to an account.
    ///
    /// # Errors
    /// If the caller lacks a permission, or the run stops.
    pub(super) fn permit_account(
        &mut self,
        request: &RequestContext,
        account: AccountId,
    ) -> Result<(), Refusal> {
        self.note_call(request, &request.columns(request.action), Subject::Account(account));
        if self.world.principals.is_none() {
            return Ok(());
        }
        let resource = Resource { instances: &[], group: None, account };
        let policy = self.world.fleet.account(account).policy;
        let lacking = self.permission(request, policy, &request.columns(request.action), &resource);
        self.refuse_found(request, policy, lacking)
    }

    fn permission(
        &self,
        request: &RequestContext,
        policy: PolicyId,
        facts: &Facts,
        resource: &Resource<'_>,
    ) -> Result<Option<(RuleId, Basis)>, Undecided> {
        let (Some(caller), Some(_)) = (request.caller(), &self.world.principals) else {
            return Ok(None);
        };
        let switched = self.flags(request, policy).unwrap_or_default();
        let book = self.world.header.rulebook(policy);
        book.refused_in_all(facts, |facts| {
            self.world.lacking(caller, request.verb, policy, facts, switched, resource)
        })
    }
}
