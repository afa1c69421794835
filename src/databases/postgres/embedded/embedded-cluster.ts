import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Binaries } from './embedded-binaries.ts'
import { embeddedError, giveUrl } from './embedded-error.ts'
import { canReach, type Owner } from './embedded-owner.ts'

/**
 * Makes an empty cluster, the same on every machine: locale C, UTF-8. It is made under another name and then moved, so
 * that a run that is killed meanwhile leaves nothing half made.
 */
export async function makeCluster(
  folder: string,
  cluster: string,
  options: {
    readonly binaries: Binaries
    readonly owner: Owner
    readonly password: string
    readonly signal: AbortSignal
  },
): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('fresh-')) rmSync(join(folder, name), { recursive: true, force: true })
  }
  const fresh = join(folder, `fresh-${process.pid}`)
  const passwordFile = join(folder, `fresh-${process.pid}.password`)
  try {
    mkdirSync(fresh, { mode: 0o700 })
    writeFileSync(passwordFile, options.password, { mode: 0o600 })
    if (options.owner !== null) {
      chownSync(fresh, options.owner.uid, options.owner.gid)
      chownSync(passwordFile, options.owner.uid, options.owner.gid)
    }
    await runInitdb(fresh, `../fresh-${process.pid}.password`, options)
    renameSync(fresh, cluster)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(fresh, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  }
}

/**
 * The data directory as the owner can name it. Below a folder that is closed to it (root's home is 0700) that is the
 * process's own working directory, which the kernel opens without looking at the folders above.
 */
export function ownersView(cluster: string, owner: Owner): string {
  if (canReach(cluster, owner)) return cluster
  if (existsSync('/proc/self/cwd')) return '/proc/self/cwd'
  throw embeddedError(
    `PostgreSQL does not run as root, and the user it would run as cannot reach ${cluster}.`,
    `Run rowferry in a folder that everybody may enter (chmod o+x), as an ordinary user, or ${giveUrl}.`,
  )
}

async function runInitdb(
  fresh: string,
  passwordFile: string,
  { binaries, owner, signal }: { readonly binaries: Binaries; readonly owner: Owner; readonly signal: AbortSignal },
): Promise<void> {
  const parameters = [
    '-D',
    ownersView(fresh, owner),
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
  ]
  // --no-sync: nothing in it is worth a wait of 100 ms yet; from the first start on everything is synced as usual.
  const child = spawn(binaries.initdb, [...parameters, '-E', 'UTF8', '--locale=C', '--no-sync'], {
    ...owner,
    cwd: fresh,
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    // After an abort, too, `error` comes first; the folder is only removed when nobody writes to it any more.
    child.once('error', (error) => (child.pid === undefined ? reject(error) : undefined))
    child.once('close', resolve)
  })
  signal.throwIfAborted()
  if (code === 0) return
  const reason = complaint
    .replace(/^initdb: (error: )?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
  throw embeddedError(
    `The embedded PostgreSQL could not be set up: ${reason || `initdb ended with ${code}`}.`,
    remedyFor(reason),
  )
}

function remedyFor(reason: string): string {
  if (/No space left/.test(reason)) return 'Free some space: a new cluster needs 40 MB.'
  if (/effective user ID/.test(reason)) {
    return `Run rowferry as a user that has a name (an entry in /etc/passwd), or ${giveUrl}.`
  }
  return `Remove the cause and try again, or ${giveUrl}.`
}

/** PostgreSQL's own variables of the caller (PGDATA, PGPORT …) must not lead the server astray. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'))
  return { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' }
}
