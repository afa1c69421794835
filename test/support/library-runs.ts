import { type ConfigInput, migrate, type MigrateOptions, type Report, RowferryError } from '../../src/index.ts'
import { givenFolder } from './folders.ts'

export type LibraryRun = {
  readonly source: string
  readonly url: string
  readonly config?: ConfigInput
  /** Default: yes, as with --yes. */
  readonly confirm?: MigrateOptions['confirm']
  /** Default: a fresh folder, which only a test can have. */
  readonly cwd?: string
  /** Interrupts the transfer after the first rows. */
  readonly interrupted?: boolean
}

/** `migrate` in this process, which is sooner than a process of its own. Gives the report, or the error that was thrown. */
export async function migrateHere(run: LibraryRun): Promise<Report | RowferryError> {
  const stop = new AbortController()
  const result = migrate({
    source: run.source,
    target: run.url,
    cwd: run.cwd ?? givenFolder(),
    config: run.config ?? {},
    confirm: run.confirm ?? (() => true),
    signal: stop.signal,
    onEvent: (name) => {
      if (run.interrupted === true && name === 'table:progress') stop.abort()
    },
  })
  return result.catch((error: unknown) => {
    if (error instanceof RowferryError) return error
    throw error
  })
}

/** `CATALOG_…` of an error that was thrown or stands in the report, else `exit 5`. */
export function endOf(end: Report | RowferryError): string {
  return end instanceof RowferryError ? end.code : (end.failure?.code ?? `exit ${end.exitCode}`)
}
