//! The replies as they are: rows with the fields that matter for a release.
//!
//! Every field that a reply may leave out is optional: absent means unknown.

use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Instance {
    pub(super) instance_id: String,
    pub(super) status: Option<String>,
    pub(super) stopped_mode: Option<String>,
    pub(super) instance_charge_type: Option<String>,
    pub(super) spot_strategy: Option<String>,
    pub(super) expired_time: Option<String>,
    pub(super) auto_release_time: Option<String>,
    pub(super) creation_time: Option<String>,
    pub(super) deletion_protection: Option<bool>,
    pub(super) zone_id: Option<String>,
    pub(super) local_storage_capacity: Option<u64>,
    #[serde(default)]
    pub(super) operation_locks: Wrapped,
    #[serde(default)]
    pub(super) tags: Wrapped,
    #[serde(default)]
    pub(super) eip_address: Json,
    #[serde(default)]
    pub(super) public_ip_address: Wrapped,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Disk {
    pub(super) disk_id: String,
    pub(super) instance_id: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) category: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) delete_with_instance: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Member {
    pub(super) instance_id: String,
    pub(super) scaling_group_id: Option<String>,
    pub(super) creation_type: Option<String>,
    pub(super) entrusted: Option<bool>,
    pub(super) lifecycle_state: Option<String>,
    pub(super) created_time: Option<String>,
    pub(super) creation_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Group {
    pub(super) scaling_group_id: String,
    pub(super) min_size: Option<u32>,
    pub(super) max_size: Option<u32>,
    pub(super) health_check_type: Option<String>,
    pub(super) group_deletion_protection: Option<bool>,
    pub(super) lifecycle_state: Option<String>,
    #[serde(default)]
    pub(super) removal_policies: Wrapped,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Renews {
    pub(super) instance_id: String,
    pub(super) renewal_status: Option<String>,
    pub(super) duration: Option<i32>,
    pub(super) period_unit: Option<String>,
}

/// A list inside an object of one key: `{"Tag": [...]}`.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Wrapped(pub(super) Json);

impl Wrapped {
    pub(super) fn items(&self) -> &[Json] {
        let inner = self.0.as_object().and_then(|object| object.values().next());
        inner.and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Json::as_str)
    }
}

/// The text of a field; empty if it is not there.
pub(super) fn text_of(json: &Json, key: &str) -> String {
    json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}
