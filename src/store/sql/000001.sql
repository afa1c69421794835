-- Our own tables. A revision is never changed after it was released: the next change is the next file.
-- Every statement names the schema: nothing here depends on search_path.

-- One execution of a plan. `plan` is json, not jsonb: samples in it may hold \u0000, which jsonb refuses.
create table rowferry.transfers (
  id text primary key,
  source_identity text not null,
  source_fingerprint text not null,
  target_schema text not null,
  plan json not null,
  options_hash text not null,
  status text not null check (status in ('running', 'interrupted', 'failed', 'completed')),
  rowferry_version text not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);

create index transfers_unfinished on rowferry.transfers (target_schema, source_identity) where status <> 'completed';

-- Which tables an earlier transfer made, and from which source: these may be replaced without being somebody else's.
-- Kept when their transfer is forgotten.
create table rowferry.loaded_tables (
  target_schema text not null,
  target_table text not null,
  source_identity text not null,
  transfer_id text not null,
  loaded_at timestamptz not null default clock_timestamp(),
  primary key (target_schema, target_table)
);

create table rowferry.steps (
  transfer_id text not null references rowferry.transfers on delete cascade,
  number integer not null,
  done_at timestamptz not null default clock_timestamp(),
  primary key (transfer_id, number)
);

-- Objects of the schema that were tried, with what became of them, by their number in the step.
create table rowferry.objects (
  transfer_id text not null references rowferry.transfers on delete cascade,
  step integer not null,
  number integer not null,
  report json not null,
  primary key (transfer_id, step, number)
);

-- The checkpoints. `hash` is a sum modulo 2^64: it needs 20 digits.
create table rowferry.shards (
  transfer_id text not null references rowferry.transfers on delete cascade,
  table_schema text not null,
  table_name text not null,
  number integer not null,
  position text,
  done boolean not null default false,
  rows_read bigint not null default 0,
  created bigint not null default 0,
  updated bigint not null default 0,
  unchanged bigint not null default 0,
  skipped bigint not null default 0,
  rejected bigint not null default 0,
  altered bigint not null default 0,
  declared_conversions bigint not null default 0,
  bytes bigint not null default 0,
  hash numeric(20) not null default 0,
  primary key (transfer_id, table_schema, table_name, number)
)
-- One row per shard is updated with every batch: room for HOT updates keeps it small.
with (fillfactor = 50);

-- Rejects and alterations, until they are written to rejects.jsonl and altered.jsonl.
create table rowferry.issues (
  transfer_id text not null references rowferry.transfers on delete cascade,
  id bigint generated always as identity,
  table_schema text not null,
  table_name text not null,
  shard integer not null,
  kind text not null check (kind in ('reject', 'altered')),
  line json not null,
  primary key (transfer_id, id)
);

-- Strategy append: which new key a row got. `pending`: foreign keys of the row whose parent was not loaded yet.
create table rowferry.key_map (
  transfer_id text not null references rowferry.transfers on delete cascade,
  table_schema text not null,
  table_name text not null,
  old_key jsonb not null,
  new_key jsonb not null,
  pending jsonb,
  primary key (transfer_id, table_schema, table_name, old_key)
);

create index key_map_pending on rowferry.key_map (transfer_id, table_schema, table_name) where pending is not null;

-- Foreign keys of existing tables that were dropped for the time of the load, in the words of pg_get_constraintdef. A
-- row stays until its key stands again, also when the transfer is forgotten.
create table rowferry.dropped_foreign_keys (
  table_schema text not null,
  table_name text not null,
  name text not null,
  definition text not null,
  transfer_id text not null,
  primary key (table_schema, table_name, name)
);
