/**
 * Tables in which migration tools of applications note what they have done. In a schema that such a tool made, the
 * source's rows would overwrite the tool's own record, so these tables are left out there unless asked for by name.
 */
const bookkeepingTables: Readonly<Record<string, string>> = {
  django_migrations: 'Django',
  south_migrationhistory: 'Django South',
  schema_migrations: 'Rails, golang-migrate, dbmate or Ecto',
  ar_internal_metadata: 'Rails',
  _prisma_migrations: 'Prisma',
  _migration: 'Prisma 1',
  __drizzle_migrations: 'Drizzle',
  drizzle_migrations: 'Drizzle',
  knex_migrations: 'Knex',
  knex_migrations_lock: 'Knex',
  kysely_migration: 'Kysely',
  kysely_migration_lock: 'Kysely',
  alembic_version: 'Alembic',
  migrate_version: 'SQLAlchemy-migrate',
  flyway_schema_history: 'Flyway',
  schema_version: 'Flyway (old)',
  databasechangelog: 'Liquibase',
  databasechangeloglock: 'Liquibase',
  __efmigrationshistory: 'Entity Framework',
  __migrationhistory: 'Entity Framework 6',
  __efmigrationslock: 'Entity Framework',
  goose_db_version: 'goose',
  gorp_migrations: 'sql-migrate',
  sequelizemeta: 'Sequelize',
  sequelizedata: 'Sequelize',
  typeorm_migrations: 'TypeORM',
  mikro_orm_migrations: 'MikroORM',
  phinxlog: 'Phinx',
  doctrine_migration_versions: 'Doctrine',
  __diesel_schema_migrations: 'Diesel',
  _sqlx_migrations: 'sqlx',
  seaql_migrations: 'SeaORM',
  refinery_schema_history: 'refinery',
  atlas_schema_revisions: 'Atlas',
  versioninfo: 'FluentMigrator',
  _litestream_seq: 'Litestream',
  _litestream_lock: 'Litestream',
  strapi_migrations: 'Strapi',
  directus_migrations: 'Directus',
  pgmigrations: 'node-pg-migrate',
  playhouse_migratehistory: 'peewee',
  migratehistory: 'peewee-migrate',
  aerich: 'Aerich',
  schemaversions: 'DbUp',
}

/** Names that are bookkeeping only when another table or column confirms it. */
const ambiguous: Readonly<Record<string, { readonly tool: string; readonly columns: readonly string[] }>> = {
  migrations: { tool: 'Laravel or TypeORM', columns: ['migration', 'batch'] },
  _migrations: { tool: 'PocketBase or others', columns: ['file', 'applied'] },
  migration: { tool: 'xorm', columns: ['id', 'description'] },
  migration_log: { tool: 'Grafana', columns: ['migration_id', 'sql'] },
  gorm_migrations: { tool: 'gormigrate', columns: ['id'] },
}

/** The tool that keeps this table, or null. */
export function bookkeepingTool(table: string, columns: readonly string[]): string | null {
  const name = table.toLowerCase()
  // Not what every object has: a table may be called "constructor".
  if (Object.hasOwn(bookkeepingTables, name)) return bookkeepingTables[name] ?? null
  const maybe = Object.hasOwn(ambiguous, name) ? ambiguous[name] : undefined
  if (!maybe) return null
  const present = new Set(columns.map((column) => column.toLowerCase()))
  return maybe.columns.every((column) => present.has(column)) ? maybe.tool : null
}
