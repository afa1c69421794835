/**
 * Tables in which migration tools of applications note what they have done. In a schema that such a tool made, the
 * source's rows would overwrite the tool's own record, so these tables are left out there unless asked for by name.
 *
 * A name alone proves nothing: `version` or `migrations` may be an application's own table. So each tool is known by the
 * columns that it makes, too.
 */
export type Bookkeeping = {
  readonly tool: string
  /** The name of the table, without regard to case. */
  readonly name: RegExp
  /** Columns that it has, in lower case. */
  readonly columns: readonly string[]
  /** It has these columns and no others: for names that an application may use for something else. */
  readonly exactly?: true
  readonly version: VersionRecord | null
}

/** Where the version stands in it. */
export type VersionRecord = {
  /** Columns that name one migration, or the version. */
  readonly entry: readonly string[]
  readonly compare: VersionComparison
  /** What is newer has more of it; left out: the entry itself. */
  readonly order?: string
  /** A column that is neither NULL nor false where the migration is in effect. */
  readonly applied?: string
}

export type VersionComparison =
  | 'set' // the same migrations for every kind of database: all have to be on both sides
  | 'tail' // histories begin differently by kind of database: what is newer than the newest common migration differs
  | 'number' // the greatest number is the version
  | 'apart' // generated for each kind of database: never comparable

function record(
  tool: string,
  name: RegExp,
  columns: string,
  version: VersionRecord | null,
  exactly?: 'exactly',
): Bookkeeping {
  const known = { tool, name, columns: columns.split(' '), version }
  return exactly === undefined ? known : { ...known, exactly: true }
}

const set = (...entry: string[]): VersionRecord => ({ entry, compare: 'set' })
const tail = (entry: string, more: Omit<VersionRecord, 'entry' | 'compare'> = {}): VersionRecord => ({
  entry: [entry],
  compare: 'tail',
  ...more,
})
const number = (entry: string, more: Omit<VersionRecord, 'entry' | 'compare'> = {}): VersionRecord => ({
  entry: [entry],
  compare: 'number',
  ...more,
})
const apart = (entry: string, order?: string): VersionRecord => ({
  entry: [entry],
  compare: 'apart',
  ...(order !== undefined && { order }),
})

/** The first that fits counts: those with more columns stand before those with fewer. */
export const bookkeepingTables: readonly Bookkeeping[] = [
  // Python
  record('Django', /^django_migrations$/, 'app name applied', set('app', 'name')),
  record('Django South', /^south_migrationhistory$/, 'app_name migration', set('app_name', 'migration')),
  record('Alembic', /^(.+_)?alembic_version(_.+)?$/, 'version_num', set('version_num'), 'exactly'),
  record('SQLAlchemy-migrate', /^migrate_version$/, 'repository_id repository_path version', {
    entry: ['repository_id', 'version'],
    compare: 'set',
  }),
  record('peewee', /^playhouse_migratehistory$/, 'name', set('name')),
  record('peewee-migrate', /^migratehistory$/, 'id name migrated_at', set('name')),
  record('Aerich', /^aerich$/, 'version app content', apart('version')),
  record('Tortoise', /^tortoise_migrations$/, 'app name', set('app', 'name')),
  record('Piccolo', /^migration$/, 'name app_name ran_on', set('app_name', 'name')),
  record('yoyo', /^_yoyo_migration$/, 'migration_hash migration_id', set('migration_id')),
  record('yoyo', /^(_yoyo_log|_yoyo_version|yoyo_lock)$/, '', null),
  record('Home Assistant', /^schema_changes$/, 'schema_version changed', number('schema_version')),
  record('Synapse', /^applied_schema_deltas$/, 'version file', number('version')),
  record('Synapse', /^applied_module_schemas$/, 'module_name file', null, 'exactly'),
  record('Synapse', /^schema_compat_version$/, 'compat_version', number('compat_version')),
  record('Synapse', /^schema_version$/, 'version lock upgraded', number('version')),
  record('Synapse', /^schema_version$/, 'version upgraded', number('version'), 'exactly'),
  record('LNbits', /^dbversions$/, 'db version', set('db', 'version'), 'exactly'),
  // JavaScript
  record('Prisma', /^_prisma_migrations$/, 'checksum migration_name finished_at', {
    ...tail('migration_name'),
    applied: 'finished_at',
    order: 'migration_name',
  }),
  record('Prisma 1', /^_migration$/, 'revision', null),
  record('Drizzle', /^(__)?drizzle_migrations$/, 'hash created_at', apart('created_at')),
  record('Knex', /_lock$|^knex_migrations_lock$/, 'index is_locked', null, 'exactly'),
  record('Knex', /^(.+_)?(knex_migrations.*|migrations?|knex_.+)$/, 'name batch migration_time', set('name')),
  record('AdonisJS', /^adonis_schema$/, 'name batch migration_time', set('name')),
  record('AdonisJS', /^adonis_schema_versions$/, 'version', null),
  record('Kysely', /^kysely_migration$/, 'name timestamp', set('name')),
  record('Kysely', /^kysely_migration_lock$/, 'is_locked', null),
  record('Sequelize', /^sequelize(meta|data)$/, 'name', set('name')),
  record(
    'TypeORM',
    /^(.+_)?(migrations?|typeorm_migrations)$/,
    'id timestamp name',
    tail('name', { order: 'timestamp' }),
    'exactly',
  ),
  record('TypeORM', /^typeorm_metadata$/, 'type database schema table name value', null),
  record('MikroORM', /^mikro_orm_migrations$/, 'name executed_at', tail('name')),
  record('Strapi', /^strapi_migrations(_internal)?$/, 'name time', tail('name')),
  record('Strapi', /^strapi_database_schema$/, 'schema time hash', null),
  record('Payload', /^payload_migrations$/, 'name batch', tail('name')),
  record('Directus', /^directus_migrations$/, 'version name timestamp', set('version')),
  record('Cloudflare D1', /^d1_migrations$/, 'name applied_at', tail('name')),
  record('Ghost', /^migrations$/, 'name version currentversion', set('name', 'version')),
  record('Ghost', /^migrations_lock$/, 'lock_key locked', null),
  record('node-pg-migrate', /^pgmigrations$/, 'name run_on', set('name')),
  record('db-migrate', /^migrations$/, 'id name run_on', set('name'), 'exactly'),
  // Java and the JVM
  record('Flyway', /^(flyway_schema_history|schema_version)$/, 'installed_rank version script success', {
    ...tail('version'),
    applied: 'success',
    order: 'installed_rank',
  }),
  record('Evolve', /^changelog$/, 'version description checksum success', tail('version', { applied: 'success' })),
  record('Liquibase', /^databasechangelog$/, 'id author filename orderexecuted', {
    entry: ['filename', 'id', 'author'],
    compare: 'tail',
    order: 'orderexecuted',
  }),
  record('Liquibase', /^databasechangeloglock$/, 'id locked', null),
  record('Keycloak', /^migration_model$/, 'id version update_time', tail('version', { order: 'update_time' })),
  record('MyBatis Migrations', /^changelog$/, 'id applied_at description', set('id'), 'exactly'),
  record('Play', /^play_evolutions$/, 'id hash apply_script', number('id')),
  // PHP
  record('Doctrine', /^doctrine_migration_versions$/, 'version', set('version')),
  record('Doctrine', /^migration_versions$/, 'version', set('version'), 'exactly'),
  record('Doctrine', /^migration_versions$/, 'version executed_at', set('version'), 'exactly'),
  record('Laravel', /^(.+_)?migrations$/, 'migration batch', set('migration')),
  record('CodeIgniter', /^(.+_)?migrations$/, 'version class namespace batch', set('class')),
  record('Phinx', /^(.+_)?phinxlog$/, 'version migration_name', set('version')),
  record('Yii', /^(.+_)?migration$/, 'version apply_time', set('version'), 'exactly'),
  record('Nextcloud or ownCloud', /^(.+_)?migrations$/, 'app version', set('app', 'version'), 'exactly'),
  record('phpBB', /^(.+_)?migrations$/, 'migration_name migration_schema_done', set('migration_name')),
  // Ruby and Elixir
  record('Rails', /^ar_internal_metadata$/, 'key value', null),
  record('Rails data migrations', /^data_migrations$/, 'version', set('version'), 'exactly'),
  record('golang-migrate', /^(.+_)?schema_migrations$/, 'version dirty', number('version'), 'exactly'),
  record('Ecto', /^schema_migrations$/, 'version inserted_at', set('version'), 'exactly'),
  record('Rails or dbmate', /^schema_migrations$/, 'version', set('version'), 'exactly'),
  record('Sequel', /^schema_migrations$/, 'filename', set('filename'), 'exactly'),
  // Go
  record('goose', /^(.+_)?goose_db_version$/, 'version_id is_applied', number('version_id', { applied: 'is_applied' })),
  record('sql-migrate', /^gorp_migrations$/, 'id applied_at', set('id')),
  record('gormigrate', /^(gorm_)?migrations$/, 'id', set('id'), 'exactly'),
  record('xormigrate', /^migration$/, 'id description', set('id'), 'exactly'),
  record('Gitea (xorm)', /^(version|forgejo_version)$/, 'id version', number('version'), 'exactly'),
  record('mautrix', /^version$/, 'version compat', number('version'), 'exactly'),
  record(
    'Grafana',
    /^(.+_)?migration_log$/,
    'migration_id sql success',
    tail('migration_id', { order: 'id', applied: 'success' }),
  ),
  record('Mattermost (morph)', /^(db|schema)_migrations$/, 'version name', tail('version'), 'exactly'),
  record('Atlas', /^atlas_schema_revisions$/, 'version description', tail('version')),
  record('bun', /^bun_migrations$/, 'name group_id migrated_at', set('name')),
  record('bun', /^bun_migration_locks$/, '', null),
  record('PocketBase', /^_migrations$/, 'file applied', tail('file')),
  record('Semaphore', /^migrations$/, 'version upgraded_date notes', set('version'), 'exactly'),
  record('Authelia', /^migrations$/, 'version_before version_after', number('version_after')),
  record('Dex', /^migrations$/, 'num at', number('num'), 'exactly'),
  // Rust
  record('Diesel', /^__diesel_schema_migrations$/, 'version', tail('version')),
  record('sqlx', /^_sqlx_migrations$/, 'version success checksum', tail('version', { applied: 'success' })),
  record('SeaORM', /^seaql_migrations$/, 'version applied_at', set('version')),
  record('refinery', /^refinery_schema_history$/, 'version name checksum', tail('version')),
  // .NET
  record('Entity Framework', /^__efmigrationshistory$/, 'migrationid productversion', tail('migrationid')),
  record('Entity Framework', /^__ef_?migrations_history$/, 'migration_id product_version', tail('migration_id')),
  record('Entity Framework 6', /^__migrationhistory$/, 'migrationid', tail('migrationid')),
  record('Entity Framework', /^__efmigrationslock$/, '', null),
  record('FluentMigrator', /^versioninfo$/, 'version appliedon', set('version')),
  record('DbUp', /^schemaversions$/, 'scriptname applied', set('scriptname')),
  // Swift, servers and services
  record('Vapor', /^_fluent_migrations$/, 'name batch', set('name')),
  record('Kodi', /^version$/, 'idversion icompresscount', number('idversion'), 'exactly'),
  record('Zabbix', /^dbversion$/, 'mandatory optional', number('mandatory')),
  record('Litestream', /^_litestream_(seq|lock)$/, '', null),
  // The name that many tools and programs of their own give to a table of one number.
  record('its program', /^schema_(version|info)$/, 'version', number('version'), 'exactly'),
]

/** What keeps this table, or null. */
export function bookkeepingOf(table: string, columns: readonly string[]): Bookkeeping | null {
  const name = table.toLowerCase()
  const present = new Set(columns.map((column) => column.toLowerCase()))
  return (
    bookkeepingTables.find(
      (known) =>
        known.name.test(name) &&
        known.columns.every((column) => column === '' || present.has(column)) &&
        (!known.exactly || present.size === known.columns.length),
    ) ?? null
  )
}
