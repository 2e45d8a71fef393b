//! The editions, and the words that a scenario may use under each.

/// An edition, and the words that a scenario under it may use.
pub(crate) struct Edition {
    pub(crate) name: &'static str,
    /// The protections of an instance.
    pub(crate) protections: &'static [&'static str],
    /// Those that can be set when an instance is created.
    pub(super) at_creation: &'static [&'static str],
    /// Those that can be set on a group.
    pub(super) of_group: &'static [&'static str],
    /// The switches that a scenario may assume, with the position that is not the default.
    pub(super) switches: &'static [(&'static str, &'static str)],
    pub(super) orders: &'static [&'static str],
    pub(super) memberships: &'static [&'static str],
    /// The verbs that it refuses to judge: a scenario with one of them is refused.
    pub(crate) refuses: &'static [&'static str],
    pub(super) is_azure: bool,
    /// Whether it is the first edition of its provider, with fewer concepts.
    pub(super) is_early: bool,
}

const ALIBABA: Edition = Edition {
    name: "alibaba-ecs@2026-05-15",
    protections: &["release-protection", "scale-in-protection", "standby"],
    at_creation: &["release-protection"],
    of_group: &["group-deletion-protection"],
    switches: &[
        ("console-batch", "refuses"),
        ("api-batch", "skips-protected"),
        ("schedule-after-settling", "dropped"),
        ("flag-on-spot", "inert"),
        ("disks-at-arrears", "kept"),
        ("health-checks-in-arrears", "remove"),
        ("zones-by-priority", "as-listed"),
        ("scale-in-past-minimum", "refused"),
        ("scale-in-shortfall", "refused"),
    ],
    orders: &["oldest-instance", "newest-instance", "oldest-scaling-configuration"],
    memberships: &["auto-created", "entrusted", "attached"],
    refuses: &[
        "balance-zones",
        "cancel",
        "deallocate",
        "group-action",
        "maintenance",
        "reimage",
        "update-model",
        "upgrade",
    ],
    is_azure: false,
    is_early: false,
};

const AZURE: Edition = Edition {
    name: "azure-vmss@2026-05-19",
    protections: &[
        "protect-from-scale-in",
        "protect-from-scale-set-actions",
        "vm-delete-lock",
        "deny-delete",
    ],
    at_creation: &["deny-delete"],
    of_group: &["delete-lock", "read-only-lock"],
    switches: &[
        ("protection-by-call", "nothing"),
        ("flexible-default-order", "oldest"),
        ("delete-naming-protected", "carried-out"),
        ("action-naming-protected", "carried-out"),
        ("lock-at-flexible-scale-in", "passes"),
        ("zone-held-at-scale-in", "stops"),
        ("scale-in-shortfall", "refused"),
    ],
    orders: &["default", "oldest-vm", "newest-vm"],
    memberships: &["auto-created"],
    refuses: &["enter-standby", "exit-standby", "schedule-release", "security-release"],
    is_azure: true,
    is_early: false,
};

pub(crate) const EDITIONS: [Edition; 6] = [
    Edition {
        name: "alibaba-ecs@2019-01-15",
        protections: &["release-protection", "scale-in-protection"],
        of_group: &[],
        switches: &[("entrusted-at-scale-in", "by-the-letter")],
        is_early: true,
        ..ALIBABA
    },
    ALIBABA,
    Edition { name: "alibaba-ecs-cn@2026-05-15", ..ALIBABA },
    Edition { name: "alibaba-ecs-intl@2026-05-15", ..ALIBABA },
    Edition {
        name: "azure-vmss@2019-05-22",
        protections: &["protect-from-scale-in", "protect-from-scale-set-actions"],
        at_creation: &[],
        of_group: &[],
        switches: &[("scale-in-by-hand", "overridden"), ("scale-in-shortfall", "refused")],
        refuses: &[
            "balance-zones",
            "cancel",
            "delete-members",
            "detach",
            "enter-standby",
            "exit-standby",
            "maintenance",
            "overdue",
            "schedule-release",
            "security-release",
            "spot-reclaim",
        ],
        is_early: true,
        ..AZURE
    },
    AZURE,
];
