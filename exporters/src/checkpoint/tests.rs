//! Tests of the whole reader.

mod configurations;
mod fixture;
mod forms;
mod hostile;
mod oracle;
mod schema;
mod strict;
