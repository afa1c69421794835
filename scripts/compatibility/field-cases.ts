/**
 * How each input of `field-cases` has to end: right, or refused before anything is changed, or with every difference listed. The inputs come from public reports and from
 * fuzzing; `NN-name.sql` makes the source, `NN-name.target.sql` the schema that the application made first.
 */
export type FieldRun = {
  /** SQL in the target before this run, as the application would write. */
  readonly before?: string
  readonly options?: readonly string[]
  readonly exitCode: 0 | 4 | 5
  /** What standard error and standard output together have to say. */
  readonly says?: readonly RegExp[]
  /** What the target holds afterwards: a query and its rows, every value as PostgreSQL's text. */
  readonly holds?: Readonly<Record<string, readonly (readonly (string | null)[])[]>>
}

/** Runs follow each other against the same target. */
export const fieldCases: Readonly<Record<string, readonly FieldRun[]>> = {
  '01-django-duration-interval': [
    {
      exitCode: 0,
      says: [/time-unit-guessed/],
      holds: {
        'select id, took, budget from jobs_run order by id': [
          ['1', '00:01:30', null],
          ['2', '1 day', '00:00:01.5'],
          ['3', '-00:00:02.5', '00:00:00'],
        ],
      },
    },
  ],
  '06-doctrine-bare-sequence': [
    {
      exitCode: 0,
      says: [/entry_id_seq/, /wallabag_tag_id_seq/],
      holds: {
        [`select nextval('entry_id_seq') > 7, nextval('wallabag_tag_id_seq') > 3, nextval('note_seq') > 5`]: [
          ['t', 't', 't'],
        ],
      },
    },
  ],
  '07-radarr-seeded': [
    {
      exitCode: 4,
      holds: { 'select count(*) from "ScheduledTasks"': [['3']], 'select count(*) from "Movies"': [['0']] },
    },
  ],
  '09-jellyfin-bad-values-target': [
    { exitCode: 5, says: [/rejected/], holds: { 'select count(*) < 3 from "BaseItems"': [['t']] } },
  ],
  '10-jellyfin-devices-varchar': [
    {
      exitCode: 5,
      says: [/1 row rejected/, /alter table\s.*\stype/s],
      holds: { 'select "Id" from "Devices"': [['3']] },
    },
  ],
  '15-synapse-selfref-dangling': [{ exitCode: 5, says: [/refresh_tokens/, /access_tokens/] }],
  '16c-hstore-elog': [
    {
      exitCode: 0,
      holds: {
        'select v from other': [['fine']],
        'select id, attrs from t order by id': [
          ['1', '"a"=>"1"'],
          ['2', '"a"=>"1"'],
          ['3', null],
          ['4', '"k"=>"v"'],
        ],
      },
    },
  ],
  '17-partition-rls-view': [
    {
      exitCode: 4,
      says: [/people.*view|view.*people/s],
      holds: {
        [`select count(*) from pg_class where relname in ('people_2') or relnamespace = to_regnamespace('rowferry')`]: [
          ['0'],
        ],
      },
    },
  ],
  '19-rls-supabase': [{ exitCode: 0, holds: { 'select id, owner, body from notes': [['1', 'u1', 'x']] } }],
  '20-search-vector-trigger': [
    {
      exitCode: 0,
      says: [/tsv/, /vector/, /--fire-triggers/],
      holds: {
        'select id, body from event_search order by id': [
          ['1', 'hello brave world'],
          ['2', 'second message'],
        ],
      },
    },
  ],
  '21-django-fresh': [
    {
      exitCode: 0,
      holds: {
        [`select count(*) from pg_constraint where conrelid = 'docs_document'::regclass and contype = 'c'
          and convalidated`]: [['3']],
      },
    },
  ],
  '22-null-into-notnull-default': [{ exitCode: 5, says: [/legacy_note/, /rejected/] }],
  '25-alembic-mismatch': [
    {
      exitCode: 4,
      says: [/7e5b5dc7342b/, /c0fbf31ca0db/, /--allow-version-difference/],
      holds: { 'select count(*) from chat': [['0']] },
    },
  ],
  '26-source-breaks-own-unique': [{ exitCode: 5, says: [/rejected/] }],
  '28-catch-up-rerun': [
    { exitCode: 0 },
    { exitCode: 4, says: [/--yes/] },
    { options: ['--yes'], exitCode: 0 },
    {
      before: `insert into events (body, flags) values ('theirs', true); update events set body = 'edited' where id = 1`,
      options: ['--yes'],
      exitCode: 4,
      says: [/--strategy/, /events/],
      holds: { 'select body from events order by id': [['edited'], ['b'], ['c'], ['theirs']] },
    },
  ],
  '32-bookkeeping-names': [
    {
      exitCode: 4,
      says: [/--allow-version-difference/],
      holds: { 'select count(*) from "user"': [['0']], 'select count(*) from migrations': [['3']] },
    },
  ],
  '37-app-wrote-after-first-run': [
    { exitCode: 0 },
    {
      before: `insert into events (body) values ('theirs'); update events set body = 'edited' where id = 1`,
      options: ['--yes'],
      exitCode: 4,
      says: [/3 rows/, /loaded 2/, /--strategy/],
      holds: { 'select body from events order by id': [['edited'], ['b'], ['theirs']] },
    },
    { options: ['--yes', '--strategy', 'replace'], exitCode: 0, holds: { 'select count(*) from events': [['2']] } },
  ],
  '39-explicit-cast-truncates': [{ exitCode: 5 }],
  'hostile-names': [{ exitCode: 5 }],
  'implicit-names': [
    {
      exitCode: 0,
      holds: {
        'select count(*) from orders': [['2']],
        [`insert into orders (note) values ('third') returning id`]: [['3']],
      },
    },
  ],
  'keys-become-equal': [{ exitCode: 5, says: [/refused by PostgreSQL: 8/] }],
  'damaged/s2_267': [{ options: ['--salvage'], exitCode: 5 }],
  'damaged/salvage_137': [{ options: ['--salvage'], exitCode: 5 }],
  'damaged/salvage_min': [{ options: ['--salvage'], exitCode: 5 }],
}
