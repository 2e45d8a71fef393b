//! The provider's attributes of the protections.

/// On a member: a scale-in does not choose it.
pub(super) const SCALE_IN: &str = "protectFromScaleIn";

/// On a member: operations on the whole set do not affect it.
pub(super) const SET_ACTIONS: &str = "protectFromScaleSetActions";

/// On a set: calls that delete are refused.
pub(super) const DELETE_LOCK: &str = "CanNotDelete";

/// On a machine: calls that delete it are refused.
pub(super) const MACHINE_LOCK: &str = "CanNotDelete on a VM";

/// On a set: every call but reading is refused.
pub(super) const READ_ONLY: &str = "ReadOnly";
