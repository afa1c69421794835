import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { RowferryError } from '../errors/errors.ts'
import type { Emit } from '../model/events.ts'
import type { Abortable, RowReader, Source, SourceOpening } from './databases.ts'
import { startEmbeddedPostgres } from './postgres/embedded/embedded-postgres.ts'
import { openPostgresTarget, type PostgresTarget } from './postgres/postgres-target.ts'
import { openRowReader as openSqliteReader } from './sqlite/read/sqlite-reader.ts'
import { openSqliteSource } from './sqlite/sqlite-source.ts'
import type { SnapshotMode } from './sqlite/open/sqlite-snapshot.ts'

/** Kind of database → implementation: the only place that lists the kinds. */

export type SourceSettings = Abortable & {
  readonly config: { readonly snapshot: SnapshotMode; readonly salvage: boolean }
}

/** `location` is a path. PostgreSQL as a source has its place here. */
export async function openSource(location: string, { signal, config }: SourceSettings): Promise<Source> {
  return openSqliteSource({
    path: location,
    snapshot: config.snapshot,
    salvage: config.salvage,
    workFolder: tmpdir(),
    signal,
  })
}

/** For any thread. */
export function openRowReader(opening: SourceOpening): RowReader {
  switch (opening.kind) {
    case 'sqlite':
      return openSqliteReader(opening)
    case 'postgres':
      throw new RowferryError('INTERNAL', { message: 'PostgreSQL cannot be read as a source yet.', remedy: null })
  }
}

/** A target that is connected. `embedded`: its server is ours, and stops when nobody uses it any more. */
export type OpenTarget = PostgresTarget & { readonly embedded: boolean }

/** The session outlives an interruption: it has to note how far the transfer came. */
const never = new AbortController().signal

/** Null opens the embedded PostgreSQL under `.rowferry/postgres` of `cwd`. */
export async function openTarget(
  url: string | null,
  options: Abortable & { readonly cwd: string; readonly emit: Emit },
): Promise<OpenTarget> {
  await using stack = new AsyncDisposableStack()
  const server =
    url === null
      ? stack.use(
          await startEmbeddedPostgres({
            dataDirectory: join(options.cwd, '.rowferry', 'postgres'),
            signal: options.signal,
          }),
        )
      : null
  const target = await openPostgresTarget({ url: server?.url ?? url ?? '', signal: never, emit: options.emit })
  const keep = stack.move()
  return Object.assign(target, {
    embedded: server !== null,
    [Symbol.asyncDispose]: disposeAfter(target, keep),
  })
}

/** The session ends before the server does. */
function disposeAfter(target: PostgresTarget, server: AsyncDisposableStack): () => Promise<void> {
  const close = target[Symbol.asyncDispose].bind(target)
  return async () => {
    try {
      await close()
    } finally {
      await server.disposeAsync()
    }
  }
}
