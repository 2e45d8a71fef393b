//! Resources of an instance, and what becomes of them.

use super::word::words;

words! {
    /// The kind of a resource that belongs to an instance and may be lost with it.
    ResourceKind: "a kind of resource" {
        /// The disk it boots from.
        SystemDisk = "system-disk",
        /// A further disk.
        DataDisk = "data-disk",
        /// A disk inside its host.
        LocalDisk = "local-disk",
        /// A snapshot that a schedule made.
        AutoSnapshot = "auto-snapshot",
        /// A snapshot made by a call.
        Snapshot = "snapshot",
        /// A custom image.
        Image = "image",
        /// A public address that came with it.
        StaticIp = "static-ip",
        /// A public address with a life of its own.
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
        /// Gone for good.
        Lost = "lost",
        /// Still there, and free of charge.
        Kept = "kept",
        /// Still there, and still billed.
        KeptBilled = "kept-billed",
    }
}

words! {
    /// What a change of state is about.
    Subject: "a subject" {
        /// An account.
        Account = "account",
        /// A group.
        Group = "group",
        /// An instance.
        Instance = "instance",
    }
}
