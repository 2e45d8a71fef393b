//! Resources of state files. They are those of a cloud in the spelling of a provider of Terraform,
//! and are read into the same rows. A key that a version of that provider does not have is
//! unknown; a key without a value is not set.

mod alicloud;
mod azurerm;
