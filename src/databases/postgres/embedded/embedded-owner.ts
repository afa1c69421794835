import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { embeddedError } from './embedded-error.ts'

/** The system user that the server runs as; null: the one that rowferry runs as. */
export type Owner = { readonly uid: number; readonly gid: number } | null

/**
 * PostgreSQL refuses to run as root, so root drops to somebody else: to who owns the cluster already, else to `nobody`.
 * No user is created and nothing of the machine is changed. The user must have a name, which initdb looks up.
 */
export function chooseOwner(cluster: string): Owner {
  if (process.getuid?.() !== 0) return null
  const existing = statSync(cluster, { throwIfNoEntry: false })
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  const users = readUsers()
  const owner = ['nobody', 'postgres', 'daemon'].map((name) => users.get(name)).find((user) => user !== undefined)
  if (owner !== undefined) return owner
  throw embeddedError(
    'PostgreSQL refuses to run as root, and this machine has no user nobody, postgres or daemon to run it as.',
    'Run rowferry as an ordinary user, or give a PostgreSQL URL as target.',
  )
}

/** True when the owner may look up names in the directory and in all above it. */
export function canReach(path: string, owner: Owner): boolean {
  if (owner === null) return true
  for (let place = path; ; place = dirname(place)) {
    const { uid, gid, mode } = statSync(place)
    const needed = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
    if ((mode & needed) === 0) return false
    if (place === dirname(place)) return true
  }
}

function readUsers(): Map<string, { uid: number; gid: number }> {
  const users = new Map<string, { uid: number; gid: number }>()
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name === undefined || uid === undefined || gid === undefined || name.startsWith('#')) continue
    if (uid !== '0') users.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  return users
}
