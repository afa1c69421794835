import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isAlive } from '../../databases/postgres/embedded/embedded-state.ts'
import { RowferryError } from '../../errors/errors.ts'
import { exitCodes } from '../../errors/policy.ts'
import type { CommandContext } from '../command-context.ts'

/** Ctrl-C is how this command is meant to end, so it ends with 0. */
export async function runPostgres({ screen, signal, cwd }: CommandContext): Promise<number> {
  const { startEmbeddedPostgres } = await import('../../databases/postgres/embedded/embedded-postgres.ts')
  await using server = await startEmbeddedPostgres({ dataDirectory: join(cwd, '.rowferry', 'postgres'), signal })
  if (screen.json) {
    screen.printMachine({ url: server.url, port: server.port, pid: server.pid, folder: server.folder })
  } else {
    screen.print(`${screen.colors.green('✓')} PostgreSQL runs, its files are in ${server.folder}`)
    screen.printProduct([server.url])
    screen.print('  Ctrl-C stops it.')
  }
  while (!signal.aborted) {
    await wait(1000, null, { signal }).catch(() => null) // rejects only when the signal aborts
    if (!signal.aborted && !isAlive(server.pid)) throw diedByItself(server.folder)
  }
  return exitCodes.ok
}

function diedByItself(folder: string): RowferryError {
  return new RowferryError('CONNECT_EMBEDDED', {
    message: 'The embedded PostgreSQL has ended by itself.',
    remedy: `Read why: ${join(folder, 'server.log')}`,
  })
}
