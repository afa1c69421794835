import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back from a folder that exists and
 * takes no other in it, such as /proc (https://github.com/nodejs/node/issues/31481).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (await isFolder(path)) return
    const parent = dirname(path)
    const parentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && parent !== path
    if (!parentMissing || (await isFolder(parent))) throw error
    await makeFolder(parent)
    await makeFolder(path)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
