import { rm } from 'node:fs/promises'
import { RowferryError } from '../../errors/errors.ts'
import type { Catalog, Table } from '../../model/catalog.ts'
import type { Profile } from '../../model/profile.ts'
import type { Abortable, Source } from '../databases.ts'
import { checkSqliteFile } from './open/check-sqlite-file.ts'
import { translateSqliteError } from './sqlite-errors.ts'
import { readSqliteCatalog } from './catalog/sqlite-catalog.ts'
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
  return new SqliteSource(path, file.path, taken)
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
  #salvaged: readonly SalvagedTable[] = []

  constructor(label: string, path: string, { opening, fingerprint, folder }: Snapshot) {
    this.label = label
    this.identity = `sqlite:${path}`
    this.fingerprint = fingerprint
    this.opening = opening
    this.copied = folder !== null
    this.#path = path
    this.#folder = folder
  }

  async readCatalog({ signal }: Abortable): Promise<Catalog> {
    signal.throwIfAborted()
    const db = openSqlite(this.opening, { readViews: true })
    try {
      return readSqliteCatalog(db)
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
