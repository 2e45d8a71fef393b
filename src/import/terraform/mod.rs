//! Resources of state files. They describe the resources of a cloud with the names of a Terraform
//! provider, and are read into the same rows as its replies. A key that a version of that provider
//! does not have is unknown; a key without a value is not set.

mod alicloud;
mod azurerm;
