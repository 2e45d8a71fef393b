//! The replacement of `plan/bulk` without the feature `bulk`: no table is read row by row, and
//! `plan/tables.rs` reads every table.

pub(super) mod events {
    //! Tables of events.
    use std::sync::Arc;

    use crate::diagnostics::Stream;
    use crate::fleet::Fleet;
    use crate::plan::name_lookup::FrozenNames;
    use crate::plan::resolver::Resolver;
    use crate::plan::script::EventTable;
    use crate::plan::script_builder::Events;
    use crate::plan::tables::NeedsFullRead;
    use crate::time::SimTime;

    /// A table that was checked row by row. There is none.
    pub enum Checked {}

    /// Checks a table row by row.
    ///
    /// # Errors
    /// Always: the table needs the full reader.
    pub const fn check(
        _: &mut Resolver<'_>,
        _: &Fleet,
        _: &Stream,
        _: (usize, Option<usize>),
        _: SimTime,
    ) -> Result<(Events, Checked), NeedsFullRead> {
        Err(NeedsFullRead(0))
    }

    /// A checked table of events.
    pub fn event_table(_: Stream, _: FrozenNames, checked: Checked) -> Arc<dyn EventTable> {
        match checked {}
    }
}

pub(super) mod instances {
    //! Tables of instances.
    use crate::diagnostics::Stream;
    use crate::plan::fleet_builder::FleetBuilder;
    use crate::plan::tables::NeedsFullRead;

    /// Reads the instances of a table row by row.
    ///
    /// # Errors
    /// Always: the table needs the full reader.
    pub const fn read_instances(
        _: &mut FleetBuilder<'_, '_>,
        _: &Stream,
    ) -> Result<String, NeedsFullRead> {
        Err(NeedsFullRead(0))
    }
}
