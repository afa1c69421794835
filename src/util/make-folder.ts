import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Read and written by this user alone. */
const ownFolder = 0o700
/** The embedded PostgreSQL of root runs as another user, who must get through `.rowferry`. */
const passableFolder = 0o711

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back from a folder that exists and
 * takes no other in it, such as /proc (https://github.com/nodejs/node/issues/31481). `isPrivate`: what is made is not open to
 * other users.
 */
export async function makeFolder(path: string, { isPrivate = false } = {}): Promise<void> {
  await makeMissing(path, isPrivate ? ownFolder : undefined)
}

async function makeMissing(path: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    if (await isFolder(path)) return
    const parent = dirname(path)
    const parentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && parent !== path
    if (!parentMissing || (await isFolder(parent))) throw error
    await makeMissing(parent, mode !== undefined && process.getuid?.() === 0 ? passableFolder : mode)
    await makeMissing(path, mode)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
