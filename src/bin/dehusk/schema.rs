//! What records look like, told to programs.

use crate::args::{self, SchemaOf};
use crate::run::{Failure, usage};
use crate::{Outcome, screen};

pub(crate) fn schema(args: &args::Schema) -> Result<Outcome, Failure> {
    let schema = match args.of {
        SchemaOf::Record => dehusk::record_schema(&args.fields)?,
        SchemaOf::Failed if args.fields.is_empty() => dehusk::failed_schema(),
        SchemaOf::Failed => usage("schema", "--fields are of records, and `failed` has none"),
    };
    screen::print(&schema)?;
    Ok(Outcome::Complete)
}
