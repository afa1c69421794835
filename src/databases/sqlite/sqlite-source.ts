import { rm } from 'node:fs/promises'
import { RowferryError } from '../../errors/errors.ts'
import type { Catalog, Table } from '../../model/catalog.ts'
import type { Profile } from '../../model/profile.ts'
import type { Abortable, Source } from '../databases.ts'
import { checkSqliteFile, type SqliteFile } from './open/check-sqlite-file.ts'
import { isDamage, translateSqliteError } from './sqlite-errors.ts'
import { readSqliteCatalog } from './catalog/sqlite-catalog.ts'
import { leaveOutUnreadable } from './catalog/unreadable-columns.ts'
import { hasForeignOrder, makePlainOrder } from './open/plain-order.ts'
import { readFingerprint } from './open/sqlite-fingerprint.ts'
import { defaultBusyTimeoutMs, openSqlite, type SqliteOpening } from './open/sqlite-open.ts'
import { type ProfileOptions, profileTables } from './profile/sqlite-profile.ts'
import type { SalvagedTable } from './read/sqlite-salvage.ts'
import { type Snapshot, type SnapshotMode, takeSnapshot } from './open/sqlite-snapshot.ts'

export type SqliteSourceOptions = Abortable & {
  readonly path: string
  /** Default `auto`. */
  readonly snapshot?: SnapshotMode
  /** A folder for private copies; it is made when it is needed, and what was put there is removed on dispose. */
  readonly workFolder: string
  /** Read around damaged pages; default false. */
  readonly salvage?: boolean
  /** How long to wait for a writer's lock; default 5,000. */
  readonly busyTimeoutMs?: number
}

/** Opens a SQLite file for reading. Nothing is created or changed beside it. Errors: CONNECT_SOURCE_…, CONFIG_CONFLICT. */
export async function openSqliteSource(options: SqliteSourceOptions): Promise<SqliteSource> {
  const { path, workFolder, signal, snapshot = 'auto', salvage = false } = options
  const file = await checkSqliteFile(path, { salvage })
  const busyTimeoutMs = options.busyTimeoutMs ?? defaultBusyTimeoutMs
  const taken = await takeSnapshot(file, { label: path, snapshot, workFolder, busyTimeoutMs, salvage, signal })
  if (!needsPlainOrder(taken.opening, salvage)) return new SqliteSource(path, file.path, taken)
  return await openWithPlainOrder(options, file, taken)
}

/** Damage shows where rows are read; a damaged schema has no such tables. */
function needsPlainOrder(opening: SqliteOpening, salvage: boolean): boolean {
  const db = openSqlite(opening)
  try {
    return hasForeignOrder(db)
  } catch (error) {
    if (salvage && isDamage(error)) return false
    throw translateSqliteError(error, { label: opening.label ?? opening.path, place: 'its schema' })
  } finally {
    db.close()
  }
}

/** The catalog says what the source says, and the rows are read from a private copy without foreign collations. */
async function openWithPlainOrder(
  {
    path,
    workFolder,
    signal,
    snapshot = 'auto',
    salvage = false,
    busyTimeoutMs = defaultBusyTimeoutMs,
  }: SqliteSourceOptions,
  file: SqliteFile,
  taken: Snapshot,
): Promise<SqliteSource> {
  if (taken.folder === null && snapshot === 'never') return new SqliteSource(path, file.path, taken)
  const options = { label: path, snapshot: 'always', workFolder, busyTimeoutMs, salvage, signal } as const
  const copy = taken.folder === null ? await takeSnapshot(file, options) : taken
  try {
    const db = openSqlite(copy.opening, { readViews: true })
    let catalog: Catalog
    try {
      catalog = readSqliteCatalog(db)
    } finally {
      db.close()
    }
    makePlainOrder(copy.opening.path)
    return new SqliteSource(path, file.path, { ...copy, catalog })
  } catch (error) {
    if (copy.folder !== null) await rm(copy.folder, { recursive: true, force: true })
    throw translateSqliteError(error, { label: path, place: 'its schema' })
  }
}

export class SqliteSource implements Source {
  readonly kind = 'sqlite'
  readonly label: string
  readonly identity: string
  readonly fingerprint: string
  readonly opening: SqliteOpening
  /** True when a private copy is read: what happens to the source does not matter any more. */
  readonly copied: boolean
  readonly #path: string
  readonly #folder: string | null
  /** Of the source as it is, where the file that is read was changed for reading. */
  readonly #catalog: Catalog | null
  #salvaged: readonly SalvagedTable[] = []

  constructor(
    label: string,
    path: string,
    { opening, fingerprint, folder, catalog = null }: Snapshot & { readonly catalog?: Catalog | null },
  ) {
    this.label = label
    this.identity = `sqlite:${path}`
    this.fingerprint = fingerprint
    this.opening = opening
    this.copied = folder !== null
    this.#path = path
    this.#folder = folder
    this.#catalog = catalog
  }

  async readCatalog({ signal }: Abortable): Promise<Catalog> {
    signal.throwIfAborted()
    const db = openSqlite(this.opening, { readViews: true })
    try {
      const catalog = this.#catalog ?? readSqliteCatalog(db)
      return leaveOutUnreadable(catalog, db, { plainOrder: this.#catalog !== null })
    } catch (error) {
      throw translateSqliteError(error, { label: this.label, place: 'its schema' })
    } finally {
      db.close()
    }
  }

  async profile(tables: readonly Table[], options: ProfileOptions): Promise<Profile> {
    const { salvaged, ...profile } = await profileTables(this.opening, tables, options)
    this.#salvaged = salvaged
    return profile
  }

  /** After `profile`, when salvaging: tables of which not every row can be read. Empty when nothing is damaged. */
  get salvageReport(): readonly SalvagedTable[] {
    return this.#salvaged
  }

  async assertUnchanged(): Promise<void> {
    if (this.copied) return
    if ((await readFingerprint(this.#path)) === this.fingerprint) return
    throw new RowferryError('CONNECT_SOURCE_CHANGED', {
      message: `${this.label} was changed by another program while it was read, so what was read is not one moment of it.`,
      remedy: 'Stop the program that writes, or add --snapshot always; a migration begins again with --restart --yes',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true })
  }
}
