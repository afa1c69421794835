import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Source } from '../databases/databases.ts'
import { RowferryError } from '../errors/errors.ts'
import { isUrl } from './worker-source.ts'

/** The file that is read, where workers on other machines can read the same bytes. */
export function sharedPath(source: Source): string {
  const { opening } = source
  if (opening.kind !== 'sqlite') {
    throw new RowferryError('INTERNAL', { message: 'PostgreSQL cannot be read as a source yet.', remedy: null })
  }
  return opening.path
}

/** Where workers look for the source unless they were told otherwise. */
export function locationForWorkers(source: Source, { workerSource }: Config): string {
  if (workerSource === null) return resolve(sharedPath(source))
  return isUrl(workerSource) ? workerSource : resolve(workerSource)
}

/** Throws CONFIG_CONFLICT or CONFIG_INVALID where workers could not read what is read here. */
export function assertShareable(source: Source, { workerSource }: Config): void {
  if (source.copied) {
    throw new RowferryError('CONFIG_CONFLICT', {
      message: `${source.label} is in use or is to be read from a private copy, which workers on other machines do not have.`,
      remedy: `Make a copy at rest and migrate that: sqlite3 '${source.label}' "vacuum into 'copy.db'"`,
    })
  }
  if (workerSource === null || !isUrl(workerSource)) return
  if (new URL(workerSource).password === '') return
  throw new RowferryError('CONFIG_INVALID', {
    message: 'The URL for the workers has a password in it, which would stand in the queue for all to read.',
    remedy:
      'Leave it out here and give it to each worker: ROWFERRY_WORKER_SOURCE=https://user:password@… rowferry work …',
  })
}
