//! Resolves the accounts of a fleet, and contains the parts that are common to groups and
//! instances.

use super::listing::Listing;
use super::protections::protection_of;
use super::resolver::Resolver;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::fleet::{Account, Fleet};
use crate::format::{
    Known, LONGEST, Map, Name, When, WrittenAccount, WrittenInstance, WrittenProtect,
};
use crate::policy::{DecisionTable, Defaults, Facts, Rulebook};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, Channel, PolicyId, ProtectionId, ProtectionSet, SetProtections, SubjectKind, ZoneId,
};

/// Largest number of instances of a fleet: two ranges of the largest length.
pub(super) const MOST_INSTANCES: u64 = 2 * LONGEST;

/// The name of the account of a fleet without `accounts`.
const DEFAULT_ACCOUNT: &str = "default";

/// The source of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The scenario. The name must not contain characters that are special in selectors.
    Here,
    /// A provider. The name may contain characters that are special in selectors (masked ids
    /// contain `*`), but must be safe in reports.
    Elsewhere,
}

/// How an instance begins to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It exists at the start of the scenario.
    AtStart,
    /// An event creates it at this instant.
    At(SimTime),
    /// Its group creates it, at an instant that the scenario does not state.
    ByGroup,
}

/// Fills the tables of a fleet, and the names of the resolver.
pub struct FleetBuilder<'r, 'p> {
    /// Resolves names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The fleet.
    pub fleet: Fleet,
    /// The settings of instances that do not state their own.
    pub defaults: WrittenInstance,
    /// The channel by which an event creates the next instances.
    pub created_via: Channel,
    /// Facts noticed about a fleet from a listing; `None` if the scenario defines the fleet.
    pub listing: Option<Listing>,
}

impl FleetBuilder<'_, '_> {
    /// Adds the accounts; `policy_of` returns the policy of an account.
    pub fn accounts(
        &mut self,
        accounts: &Map<WrittenAccount>,
        policy_of: impl Fn(&WrittenAccount) -> PolicyId,
    ) {
        for (name, part) in &accounts.0 {
            if self.define(SubjectKind::Account, &name.value, name.span, Named::Here).is_some() {
                let policy = policy_of(part);
                let grace = part.grace.unwrap_or(SimSpan::ZERO);
                let arrears = self.arrears(policy, grace, part.arrears_since);
                self.fleet.add_account(Account::new(policy, grace, arrears));
            }
        }
        if self.fleet.accounts().next().is_none() {
            self.resolver.accounts.intern(DEFAULT_ACCOUNT);
            self.fleet.add_account(Account::new(PolicyId(0), SimSpan::ZERO, None));
        }
    }

    /// Assigns the next id to a name; `None` if the name is taken or invalid, which is reported.
    pub(super) fn define(
        &mut self,
        kind: SubjectKind,
        name: &str,
        span: Span,
        by: Named,
    ) -> Option<usize> {
        if kind == SubjectKind::Instance && self.resolver.instances.len() as u64 >= MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, span, title, "too many"));
            return None;
        }
        let fault = match by {
            Named::Here => Name::fault(name),
            Named::Elsewhere => Name::harm(name),
        };
        if let Some(fault) = fault {
            self.resolver.problems.add(Name::problem(name, &fault, span));
            return None;
        }
        let names = match kind {
            SubjectKind::Account => &mut self.resolver.accounts,
            SubjectKind::Group => &mut self.resolver.groups,
            SubjectKind::Instance => &mut self.resolver.instances,
        };
        let first = match names.define(name, Some(span)) {
            Ok(id) => return Some(id),
            Err(first) => first,
        };
        let title = format!("{kind} `{name}` is defined twice");
        let mut problem = Problem::at(Code::Twice, span, title, "second definition");
        if let Some(first) = first {
            problem = problem.and_at(first, "first definition");
        }
        self.resolver.problems.add(problem.help("give one of them another name"));
        None
    }

    /// The named account, or the only account if none is named; `None` if there are several or the
    /// name is unknown, which is reported.
    pub(super) fn account(&mut self, named: Option<&Spanned<Name>>, of: Span) -> Option<AccountId> {
        if let Some(name) = named {
            return self.resolver.account(&name.value, name.span);
        }
        if self.resolver.accounts.len() <= 1 {
            return Some(AccountId(0));
        }
        let names: Vec<&str> = self.resolver.accounts.iter().collect();
        let title = "missing key `account`: the fleet has more than one account";
        let problem = Problem::at(Code::MissingKey, of, title, "no `account`");
        self.resolver.problems.add(problem.note(format!("accounts: {}", names.join(", "))));
        None
    }

    pub(super) fn book(&self, account: AccountId) -> &Rulebook {
        &self.resolver.rulebooks[self.fleet.account(account).policy.index()]
    }

    /// The default of an account's policy; `None` if the policy has none.
    pub(super) fn default_of<V: Copy>(
        &mut self,
        account: AccountId,
        table: impl Fn(&Defaults) -> &DecisionTable<V>,
        facts: &Facts,
    ) -> Option<V> {
        let policy = self.fleet.account(account).policy;
        let book = &self.resolver.rulebooks[policy.index()];
        let answer = book.answer(table(&book.tables.defaults), facts)?;
        self.resolver.defaults.insert((policy, answer.rule));
        Some(answer.says)
    }

    /// The named protections of a kind of subject: those that are set, and those whose setting is
    /// unknown.
    pub(super) fn protections(
        &mut self,
        part: &WrittenProtect,
        account: AccountId,
        kind: SubjectKind,
    ) -> SetProtections {
        let mut sets = [ProtectionSet::EMPTY; 2];
        for (index, names) in [&part.on, &part.unknown].into_iter().enumerate() {
            for name in names {
                if self.is_beyond(name, account, kind, index == 0) {
                    continue;
                }
                let Some(id) = self.protection(name, account, kind) else { continue };
                if sets.iter().any(|set| set.contains(id)) {
                    let title = format!("`{}` is listed twice", **name);
                    let problem = Problem::at(Code::Twice, name.span, title, "second entry");
                    self.resolver.problems.add(problem.help("keep one of them"));
                }
                sets[index] = sets[index].with(id);
            }
        }
        let [on, unknown] = sets;
        SetProtections { on, unknown }
    }

    /// Whether a listing has a protection that the policy does not know.
    fn is_beyond(
        &mut self,
        name: &Spanned<String>,
        account: AccountId,
        kind: SubjectKind,
        is_on: bool,
    ) -> bool {
        let policy = &self.book(account).policy;
        let found = policy.protection(name);
        let known = found.is_some_and(|id| policy.protections[id.index()].of == kind);
        let policy = policy.name.clone();
        let Some(listing) = self.listing.as_mut().filter(|_| !known) else { return false };
        if is_on {
            let how = format!("`{}` is on, and {policy} has no such protection", **name);
            listing.differs(how, name.span);
        }
        true
    }

    /// Adds the facts of a listing about an account: its existence, and its arrears.
    pub fn listed_account(
        &mut self,
        name: &Spanned<String>,
        policy: PolicyId,
        since: Option<Spanned<Known<When>>>,
    ) -> Option<AccountId> {
        let id = if let Some(id) = self.resolver.accounts.get(&name.value) {
            AccountId::from_index(id)
        } else {
            self.define(SubjectKind::Account, &name.value, name.span, Named::Elsewhere)?;
            self.fleet.add_account(Account::new(policy, SimSpan::ZERO, None))
        };
        self.owes_since(id, since);
        Some(id)
    }

    /// Sets the start of an account's arrears, unless the scenario states the arrears.
    pub fn owes_since(&mut self, id: AccountId, since: Option<Spanned<Known<When>>>) {
        let account = self.fleet.account(id);
        if since.is_some() && account.arrears.is_none() {
            let arrears = self.arrears(account.policy, account.grace, since);
            self.fleet.account_mut(id).arrears = arrears;
        }
    }

    /// A protection by its name or by the provider's attribute; `None` if there is none, which is
    /// reported.
    fn protection(
        &mut self,
        name: &Spanned<String>,
        account: AccountId,
        kind: SubjectKind,
    ) -> Option<ProtectionId> {
        match protection_of(self.book(account), name, name.span, kind) {
            Ok(id) => Some(id),
            Err(problem) => {
                self.resolver.problems.add(*problem);
                None
            }
        }
    }

    pub(super) fn zone(&mut self, name: &str) -> ZoneId {
        ZoneId::from_index(self.resolver.zones.intern(name))
    }

    pub(super) fn contradicts(&mut self, span: Span, what: &str) {
        let title = format!("these statements contradict each other: {what}");
        self.resolver.problems.add(Problem::at(Code::Contradiction, span, title, "contradiction"));
    }
}
