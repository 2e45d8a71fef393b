//! Resolves the instances of a fleet.

use super::fleet_builder::{Existence, FleetBuilder, MOST_INSTANCES, Named};
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::fleet::{Instance, Property};
use crate::format::{AutoRelease, Known, Name, When, WrittenInstance, count, expand, not_a_range};
use crate::policy::Facts;
use crate::time::SimTime;
use crate::words::{
    AccountId, Billing, Channel, Eviction, Health, InstanceId, Lifecycle, Lock, Locks, Membership,
    ModelId, Renewal, StoppedBy, SubjectKind, Word, YesNo,
};

impl FleetBuilder<'_, '_> {
    /// Whether the fleet has room for the instances that names and ranges stand for. This is
    /// checked before any of them is created.
    pub fn has_room<'n>(&mut self, names: impl Iterator<Item = &'n Spanned<Name>>) -> bool {
        let mut all = 0_u64;
        for name in names {
            all = all.saturating_add(count(&name.value));
            if all > MOST_INSTANCES {
                let title = format!("a fleet has at most {MOST_INSTANCES} instances");
                let problem = Problem::at(Code::BadNumber, name.span, title, "too many with these");
                self.resolver.problems.add(problem.help("split it into several scenarios"));
                self.resolver.hides_names();
                return false;
            }
        }
        true
    }

    /// Adds every instance of a name or a range.
    pub fn instances(&mut self, name: &Spanned<Name>, part: &WrittenInstance) {
        match expand(&name.value) {
            Ok(names) => self.instances_called(&names, name.span, part),
            Err(fault) => {
                self.resolver.problems.add(not_a_range(&name.value, &fault, name.span));
                self.resolver.hides_names();
            }
        }
    }

    /// Adds the instances of a range. Only their names differ, so a mistake is reported once.
    fn instances_called(&mut self, names: &[String], span: Span, part: &WrittenInstance) {
        if self.resolver.instances.len() as u64 + names.len() as u64 > MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, span, title, "too many"));
            self.resolver.hides_names();
            return;
        }
        let Some((first, rest)) = names.split_first() else { return };
        self.instance(first, span, part, Existence::AtStart);
        let taken = rest.iter().filter(|name| self.resolver.instances.get(name).is_some()).count();
        if taken > 1 {
            let title = format!("{taken} instances of this range are already defined");
            let problem = Problem::at(Code::Twice, span, title, "second definition");
            self.resolver.problems.add(problem.help("use other names for one of the ranges"));
            return;
        }
        rest.iter().for_each(|name| self.instance(name, span, part, Existence::AtStart));
    }

    /// Adds an instance from a file.
    pub fn instance(
        &mut self,
        name: &str,
        span: Span,
        part: &WrittenInstance,
        existence: Existence,
    ) {
        self.fits(part, existence);
        let mut part = part.clone().or(&self.defaults);
        if existence != Existence::AtStart {
            // These defaults are about instances that exist at the start.
            (part.created, part.joined, part.state) = (None, None, None);
        }
        self.add_instance(name, span, &part, existence, Named::Here);
    }

    /// Reports settings that contradict how an instance begins to exist: a created instance runs
    /// from its creation on, and a group creates members at instants that are not known.
    pub(super) fn fits(&mut self, part: &WrittenInstance, existence: Existence) {
        let creator = match existence {
            Existence::AtStart => return,
            Existence::At(_) => "an event creates it",
            Existence::ByGroup => "its group creates it",
        };
        let by_group = existence == Existence::ByGroup;
        let stopped = part.state.filter(|state| state.value != Lifecycle::Running);
        let earlier = |auto: &AutoRelease| auto.set_earlier && !by_group;
        let earlier = part.auto_release.filter(|auto| auto.0.as_ref().is_some_and(earlier));
        let fixed = part.auto_release.filter(|auto| by_group && auto.is_known());
        let other =
            part.membership.filter(|membership| membership.0 != Some(Membership::AutoCreated));
        let wrong = [
            ("`created`", part.created.map(|at| at.span)),
            ("`joined`", part.joined.map(|at| at.span)),
            ("a state in which it does not run", stopped.map(|state| state.span)),
            ("a release scheduled earlier", earlier.map(|auto| auto.span)),
            ("a fixed time of release", fixed.map(|auto| auto.span)),
            ("a fixed end of its term", part.expires.filter(|_| by_group).map(|at| at.span)),
            ("another membership", other.filter(|_| by_group).map(|m| m.span)),
        ];
        for (what, span) in wrong {
            if let Some(span) = span {
                self.contradicts(span, &format!("{what}, and {creator}"));
            }
        }
    }

    /// Adds an imported instance; defaults of the fleet do not apply to it.
    pub fn imported(&mut self, name: &Spanned<String>, part: &WrittenInstance, from: &str) {
        let id = InstanceId::from_index(self.resolver.instances.len());
        self.infer_arrears(part);
        self.add_instance(name, name.span, part, Existence::AtStart, Named::Elsewhere);
        if self.resolver.instances.len() > id.index() {
            self.resolver.imported_from.insert(id, from.to_owned());
        }
    }

    fn add_instance(
        &mut self,
        name: &str,
        span: Span,
        part: &WrittenInstance,
        existence: Existence,
        by: Named,
    ) {
        let settled = self.settle(part, span, existence);
        if let Some(listing) = &mut self.listing
            && std::mem::take(&mut listing.dropped)
        {
            return;
        }
        if let Some(instance) = &settled {
            self.inert(instance, part, span, by);
        }
        if self.define(SubjectKind::Instance, name, span, by).is_none() {
            return;
        }
        // A mistake has been reported. The name is defined nevertheless, with a placeholder; no
        // plan is made of a fleet with mistakes.
        let stand_in = || Instance::new(AccountId(0), self.resolver.start);
        let mut instance = settled.unwrap_or_else(stand_in);
        if existence != Existence::AtStart {
            instance.state = Lifecycle::Absent;
        }
        let id = self.fleet.add_instance(instance);
        self.add_details(id, part);
    }

    /// Resolves an instance from a row that cannot be quoted.
    pub(super) fn settle_plain(&mut self, part: &WrittenInstance, span: Span) -> Option<Instance> {
        let instance = self.settle(part, span, Existence::AtStart)?;
        self.inert(&instance, part, span, Named::Here);
        Some(instance)
    }

    /// Adds a resolved instance; `false` if its name is taken or invalid.
    pub(super) fn add_plain(
        &mut self,
        name: &str,
        instance: Instance,
        part: &WrittenInstance,
    ) -> bool {
        let full = self.resolver.instances.len() as u64 >= MOST_INSTANCES;
        if full || Name::fault(name).is_some() {
            return false;
        }
        if self.resolver.instances.define(name, None).is_err() {
            return false;
        }
        let id = self.fleet.add_instance(instance);
        self.add_details(id, part);
        true
    }

    fn add_details(&mut self, id: InstanceId, part: &WrittenInstance) {
        let mut properties: Vec<Property> = resources_of(part).collect();
        self.set_by_channel(id, &mut properties);
        if !properties.is_empty() {
            self.fleet.properties_mut(id).extend(properties);
        }
        let prices = self.resolver.prices(part);
        self.fleet.set_prices(id, prices);
        if let Some(term) = part.renews_for {
            self.fleet.set_term(id, term);
        }
        if let Some(tags) = &part.tags {
            let tags = tags.0.iter().map(|(key, value)| (key.value.0.clone(), value.0.clone()));
            self.resolver.tags.insert(id, tags.collect());
        }
    }

    /// Sets whether resources are deleted with their instance, for resources whose default depends
    /// on the channel that creates the instance. Any other default is looked up at the time of a
    /// loss.
    fn set_by_channel(&mut self, id: InstanceId, properties: &mut Vec<Property>) {
        if self.created_via == Channel::None {
            return;
        }
        let Instance { account, billing, membership, .. } = *self.fleet.instance(id);
        let implied = Property::unlisted_system_disk(properties);
        let unstated = properties.iter_mut().filter(|property| property.with_instance.is_none());
        let mut implied = implied.into_iter().collect::<Vec<_>>();
        for property in unstated.chain(&mut implied) {
            let resource = property.resource;
            let facts = Facts { billing, membership, resource, ..Facts::default() };
            let here = Facts { channel: self.created_via, ..facts };
            let book = self.book(account);
            let ask = |facts| book.answer(&book.tables.defaults.with_instance, facts);
            if ask(&facts) != ask(&here) {
                let default = self.default_of(account, |d| &d.with_instance, &here);
                property.with_instance = default.map(|says| says == YesNo::Yes);
            }
        }
        implied.retain(|property| property.with_instance.is_some());
        properties.append(&mut implied);
    }

    /// Resolves an instance; `None` if it has a mistake, which is reported.
    pub(super) fn settle(
        &mut self,
        part: &WrittenInstance,
        span: Span,
        existence: Existence,
    ) -> Option<Instance> {
        let start = self.resolver.start;
        let group = match &part.group {
            Some(name) => Some(self.resolver.group(&name.value, name.span)?),
            None => None,
        };
        let account = match (&part.account, group) {
            (None, Some(group)) => self.fleet.group(group).account,
            (named, _) => self.account(named.as_ref(), span)?,
        };
        self.same_account(part, account, group);
        let billing = part.billing.and_then(|billing| billing.0).unwrap_or(Billing::PayAsYouGo);
        let time = |at: Option<Spanned<When>>| at.map(|at| at.from(start));
        let created = time(part.created).unwrap_or(start);
        let at_start = existence == Existence::AtStart;
        if let Some(written) = part.created.filter(|_| created > start && at_start) {
            self.created_late(written.span);
        }
        let mut instance = Instance::new(account, created);
        instance.group = group;
        instance.billing = billing;
        instance.billing_known = part.billing.is_none_or(|billing| billing.is_known());
        instance.joined = time(part.joined).unwrap_or(created);
        instance.expires = time(part.expires).unwrap_or(SimTime::NEVER);
        instance.configuration = part.configuration.unwrap_or(u32::MAX);
        instance.zone = part.zone.as_ref().map(|zone| self.zone(zone));
        instance.fault_domain = part.fault_domain.unwrap_or(0);
        instance.unhealthy = part.health == Some(Health::Unhealthy);
        instance.eviction = self.eviction(part, &instance);
        instance.model = match (&part.model, group) {
            (Some(model), _) => ModelId::from_index(self.resolver.models.intern(model)),
            (None, Some(group)) => self.fleet.group(group).upgrades.model,
            (None, None) => ModelId(0),
        };
        instance.economical = part.economical.unwrap_or(false);
        (instance.locks, instance.lock_known) = self.locks(part);
        (instance.renewal, instance.renewal_known) = self.renewal(part, account);
        instance.state = part.state.map_or(Lifecycle::Running, |state| state.value);
        if instance.is_down() {
            // A financial lock shows that arrears caused the stop; an ended term is handled below.
            let owing =
                billing != Billing::Subscription && instance.locks.contains(Lock::Financial);
            instance.stopped_by = if owing { StoppedBy::Arrears } else { StoppedBy::User };
        }
        self.state_and_renewal(&instance, part);
        self.disks(part);
        self.membership(&mut instance, part, span);
        if matches!(instance.membership, Membership::Attached | Membership::Entrusted) {
            // An attached instance was not created from a configuration of the group.
            instance.configuration = u32::MAX;
        }
        self.hook_of(group, part, billing, span);
        self.term(&mut instance, part, span, existence);
        if let Some(protect) = &part.protect {
            instance.protections = self.protections(protect, account, SubjectKind::Instance);
            self.occasions(&instance, protect, existence);
        }
        if at_start {
            self.in_arrears(&mut instance, part, span);
            self.noticed(&mut instance, span);
        }
        self.schedule(&mut instance, part, existence);
        Some(instance)
    }

    /// The renewal of an instance, and whether it is known; if it is not, the position that the
    /// scenario assumes.
    fn renewal(&self, part: &WrittenInstance, account: AccountId) -> (Renewal, bool) {
        let book = self.book(account);
        let stated = part.renewal.map_or(Some(Renewal::None), |renewal| renewal.0);
        let assumed = || Renewal::spelled(book.setting(book.policy.unknown.renewal));
        (stated.or_else(assumed).unwrap_or(Renewal::None), stated.is_some())
    }

    /// Reports a released instance in the fleet, and a renewal of an instance that is not a
    /// subscription.
    fn state_and_renewal(&mut self, instance: &Instance, part: &WrittenInstance) {
        if let Some(state) = part.state.filter(|_| !instance.exists()) {
            self.contradicts(
                state.span,
                &format!("it is in the fleet, and its state is `{}`", state.value),
            );
        }
        let billing = instance.billing;
        if let Some(renewal) = part.renewal.filter(|_| billing != Billing::Subscription) {
            self.contradicts(renewal.span, &format!("a renewal and {billing}"));
        }
    }

    /// Handles an instance of the fleet that is created after the start: one of a listing is left
    /// out, any other is reported.
    fn created_late(&mut self, span: Span) {
        match &mut self.listing {
            Some(listing) => listing.drop("created after the start".into(), span),
            None => self.contradicts(span, "it exists at the start and is created later"),
        }
    }

    /// The known locks of an instance, and whether they are all. `none` beside another lock is
    /// reported.
    fn locks(&mut self, part: &WrittenInstance) -> (Locks, bool) {
        let written = part.lock.as_ref().map(|locks| locks.0.as_slice()).unwrap_or_default();
        let none = written.iter().find(|lock| lock.value == Known(Some(Lock::None)));
        if let Some(none) = none.filter(|_| written.len() > 1) {
            self.contradicts(none.span, "`none` and another lock");
        }
        let known = written.iter().filter_map(|lock| lock.value.0).collect();
        (known, written.iter().all(|lock| lock.is_known()))
    }

    /// The effect of a reclaim. The policy's default applies to spot instances only.
    fn eviction(&mut self, part: &WrittenInstance, instance: &Instance) -> Eviction {
        let default = |builder: &mut Self| {
            let Instance { billing, membership, .. } = *instance;
            let facts = Facts { billing, membership, ..Facts::default() };
            builder.default_of(instance.account, |d| &d.eviction, &facts)
        };
        let spot = instance.billing == Billing::Spot;
        let stated = part.eviction;
        stated.or_else(|| spot.then(|| default(self)).flatten()).unwrap_or(instance.eviction)
    }

    fn membership(&mut self, instance: &mut Instance, part: &WrittenInstance, span: Span) {
        let unknown = part.membership.is_some_and(|membership| !membership.is_known());
        // Only the owner of a subscription manages it.
        let is_open = instance.billing != Billing::Subscription || !instance.billing_known;
        instance.membership_known = !(unknown && instance.group.is_some() && is_open);
        let stated = part.membership.and_then(|membership| membership.0);
        let book = self.book(instance.account);
        let assumed = Membership::spelled(book.setting(book.policy.unknown.membership));
        let stated = stated.or_else(|| assumed.filter(|_| !instance.membership_known));
        instance.membership = match (instance.group, stated) {
            (None, None | Some(Membership::None)) => Membership::None,
            (Some(_), Some(stated)) if stated != Membership::None => stated,
            // Only the owner of a subscription manages it.
            (Some(_), None) if instance.billing == Billing::Subscription => Membership::Attached,
            (Some(_), None) => Membership::AutoCreated,
            (None, Some(stated)) => {
                self.contradicts(
                    part.membership.map_or(span, |m| m.span),
                    &format!("a membership (`{stated}`) without a group"),
                );
                stated
            }
            (Some(_), Some(stated)) => {
                self.contradicts(
                    part.membership.map_or(span, |m| m.span),
                    "a group and the membership `none`",
                );
                stated
            }
        };
        let span = part.membership.map_or(span, |m| m.span);
        self.demand_possible(instance, span);
    }
}

/// The resources of an instance.
pub(super) fn resources_of(part: &WrittenInstance) -> impl Iterator<Item = Property> {
    let resources = part.resources.iter().flat_map(|resources| &resources.0);
    resources.map(|(name, resource)| Property {
        name: Some((*name.value.0).into()),
        resource: resource.0.kind,
        gib: resource.0.gib,
        with_instance: resource.0.with_instance,
        disk: resource.0.disk.as_ref().map(|disk| (*disk.value.0).into()),
        hourly: resource.0.hourly.map(|hourly| hourly.value),
    })
}
