//! Resources of an instance, and their fates.

use super::word::words;

words! {
    /// The kind of a resource that belongs to an instance and may be lost with it.
    ResourceKind: "a kind of resource" {
        /// The disk that the instance boots from.
        SystemDisk = "system-disk",
        /// A further disk that is not inside the host.
        DataDisk = "data-disk",
        /// A disk inside the host.
        LocalDisk = "local-disk",
        /// A snapshot that a schedule made.
        AutoSnapshot = "auto-snapshot",
        /// A snapshot made by a call.
        Snapshot = "snapshot",
        /// A custom image.
        Image = "image",
        /// A public address that was created with the instance.
        StaticIp = "static-ip",
        /// An elastic public address, which exists independently of the instance.
        Eip = "eip",
    }
}

impl ResourceKind {
    /// Whether resources of this kind have a size.
    pub const fn has_size(self) -> bool {
        match self {
            Self::SystemDisk | Self::DataDisk | Self::LocalDisk => true,
            Self::AutoSnapshot | Self::Snapshot | Self::Image | Self::StaticIp | Self::Eip => false,
        }
    }
}

words! {
    /// The fate of a resource.
    Fate: "a fate" {
        /// The resource is lost permanently.
        Lost = "lost",
        /// The resource still exists and is free of charge.
        Kept = "kept",
        /// The resource still exists and is still billed.
        KeptBilled = "kept-billed",
    }
}

words! {
    /// The subject of a change of state.
    SubjectKind: "a subject" {
        /// An account.
        Account = "account",
        /// A group.
        Group = "group",
        /// An instance.
        Instance = "instance",
    }
}
