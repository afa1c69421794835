-- What a transfer left in each table, so that the next run can tell whether it has changed since (docs/design/second-run.md).
-- Rows of revision 1 have none of it: whether those tables have changed is not known.

alter table rowferry.loaded_tables
  -- `made`: rowferry made the table. `filled`: every row is ours, the table is not. `shared`: it also has rows of others.
  add column how text not null default 'made' check (how in ('made', 'filled', 'shared')),
  add column source_fingerprint text,
  add column rowferry_version text,
  -- How the rows were converted, and what the table was like at the end of the transfer.
  add column planned json,
  add column structure json,
  -- Null while the transfer runs (its checkpoints know), and where the content could not be proven.
  add column rows bigint,
  add column rejected bigint,
  -- Sum of the row hashes modulo 2^64 as a decimal text, and the form and columns that it is made of.
  add column hash text,
  add column hashed json;
