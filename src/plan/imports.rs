//! Adds the contents of providers' replies to a fleet. The rows of each cloud belong to accounts
//! whose policy is for listings of that cloud.

use std::collections::BTreeMap;

use super::fleet_builder::{FleetBuilder, Named};
use crate::diagnostics::{Code, FileId, Problem, Sources, Span, Spanned, many};
use crate::format::{Name, WrittenImport};
use crate::import::{Imported, import};
use crate::policy::Catalog;
use crate::words::{AccountId, PolicyId};

/// The account of the rows of a cloud.
#[derive(Debug, Clone, Copy)]
enum RowOwner {
    /// An account of the scenario, for all rows.
    All(AccountId),
    /// An account of the scenario, for rows without an account.
    Others(AccountId),
    /// No common account: the rows name their accounts, or the scenario has several.
    None,
}

impl FleetBuilder<'_, '_> {
    /// Adds the accounts, groups and instances of one import.
    pub(super) fn import(
        &mut self,
        written: &WrittenImport,
        texts: &[FileId],
        sources: &Sources,
        read: &mut Vec<String>,
    ) {
        let from = written.from.as_ref();
        let mut found = import(from, texts, sources, self.resolver.problems);
        read.append(&mut found.read);
        let mut places = BTreeMap::new();
        for cloud in std::mem::take(&mut found.clouds) {
            match self.place(written, cloud, &found) {
                Some(place) => places.insert(cloud, place),
                // The mistake is reported; nothing of this import has an account.
                None => return,
            };
        }
        let account = |builder: &Self, own: &mut Option<Spanned<Name>>, cloud: &str, span: Span| {
            let id = match places.get(cloud) {
                Some(RowOwner::All(id)) => *id,
                Some(RowOwner::Others(id)) if own.is_none() => *id,
                Some(RowOwner::Others(_) | RowOwner::None) | None => return,
            };
            let name = builder.resolver.accounts.name(id.index());
            *own = Some(Spanned::new(Name(name.into()), span));
        };
        for ((name, mut group), cloud) in found.groups.into_iter().zip(found.clouds_of_groups) {
            account(self, &mut group.account, cloud, name.span);
            self.group(&name.value, name.span, &group, Named::Elsewhere);
        }
        for ((name, mut instance), origin) in found.instances.into_iter().zip(found.origins) {
            account(self, &mut instance.account, origin.cloud, name.span);
            self.imported(&name, &instance, origin.from);
        }
    }

    /// The owner of the rows of a cloud. Adds the accounts that its replies list. `None`, with an
    /// error, if no policy of the scenario is for this cloud.
    fn place(
        &mut self,
        written: &WrittenImport,
        cloud: &str,
        found: &Imported,
    ) -> Option<RowOwner> {
        let accounts = found.accounts.iter().filter(|(_, account)| account.cloud == cloud);
        let owing = accounts.clone().find_map(|(_, account)| account.arrears_since);
        let span = written.files.first().map_or(Span::NOWHERE, |file| file.span);
        if let Some(named) = &written.account {
            // An unknown name is reported here once, instead of for each row.
            let id = self.resolver.account(&named.value, named.span)?;
            if !self.is_for(self.fleet.account(id).policy, cloud) {
                self.of_no_policy(found, cloud, named.span);
                return None;
            }
            self.owes_since(id, owing);
            return Some(RowOwner::All(id));
        }
        let fitting: Vec<AccountId> = (self.fleet.accounts())
            .filter(|(_, account)| self.is_for(account.policy, cloud))
            .map(|(id, _)| id)
            .collect();
        // The fleet has only one account, whether a reply or the scenario names it.
        if let ([only], true) = (&fitting[..], accounts.clone().count() == 1) {
            self.owes_since(*only, owing);
            return Some(RowOwner::All(*only));
        }
        let policies = 0..self.resolver.rulebooks.len();
        let policy = policies.map(PolicyId::from_index).find(|policy| self.is_for(*policy, cloud));
        let Some(policy) = policy else {
            self.of_no_policy(found, cloud, span);
            return None;
        };
        let are_listed = accounts.clone().count() > 0;
        for (name, account) in accounts {
            self.listed_account(name, policy, account.arrears_since);
        }
        match &fitting[..] {
            [only] => Some(RowOwner::Others(*only)),
            _ if are_listed => Some(RowOwner::None),
            [] => {
                let name = Spanned::new(cloud.to_owned(), span);
                self.listed_account(&name, policy, None).map(RowOwner::Others)
            }
            several => {
                let names = several.iter().map(|id| self.resolver.accounts.name(id.index()));
                let names: Vec<&str> = names.collect();
                let title = "missing key `account`: the fleet has more than one account";
                let problem = Problem::at(Code::MissingKey, span, title, "no `account` beside it");
                let problem = problem.note(format!("accounts: {}", names.join(", ")));
                let help = format!("write `account: {}` beside `files:`", names[0]);
                self.resolver.problems.add(problem.help(help));
                None
            }
        }
    }

    /// Whether a policy is for listings of a cloud.
    fn is_for(&self, policy: PolicyId, cloud: &str) -> bool {
        let listings = &self.resolver.rulebooks[policy.index()].policy.listings;
        listings.as_ref().is_none_or(|listings| listings == cloud)
    }

    fn of_no_policy(&mut self, found: &Imported, cloud: &str, span: Span) {
        let rows = found.origins.iter().filter(|origin| origin.cloud == cloud).count();
        let title = format!("{} of {cloud}, and no policy for them", many(rows, "instance"));
        let problem = Problem::at(Code::Contradiction, span, title, "a listing of another cloud");
        let policy = Catalog::newest_for(cloud).unwrap_or("POLICY@EDITION");
        let help = format!(
            "give each cloud an account with its own policy: `accounts: {{ {cloud}: {{ policy: {policy} }}, … }}`"
        );
        self.resolver.problems.add(problem.help(help));
    }
}
