import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** Read and written by this user alone. */
const ownFolder = 0o700
/** Others cannot list it, but get through. */
const passableFolder = 0o711

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back from a folder that exists and
 * takes no other in it, such as /proc (https://github.com/nodejs/node/issues/31481). `isPrivate`: what is made is not open to
 * other users; root lets them pass through folders named `passable`.
 */
export async function makeFolder(path: string, { isPrivate = false, passable = '' } = {}): Promise<void> {
  const isRoot = process.getuid?.() === 0
  await makeMissing(path, (folder) => {
    if (!isPrivate) return undefined
    return isRoot && basename(folder) === passable ? passableFolder : ownFolder
  })
}

async function makeMissing(path: string, modeOf: (folder: string) => number | undefined): Promise<void> {
  try {
    await mkdir(path, modeOf(path))
  } catch (error) {
    if (await isFolder(path)) return
    const parent = dirname(path)
    const parentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && parent !== path
    if (!parentMissing || (await isFolder(parent))) throw error
    await makeMissing(parent, modeOf)
    await makeMissing(path, modeOf)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
