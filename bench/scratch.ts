import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A folder for what a benchmark needs only while it runs; removed at its end. */
export type Scratch = Disposable & { readonly path: string }

/** Removes what benchmarks left there that were killed, too. */
export function openScratch(folder: string): Scratch {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const owner = /^scratch-(\d+)$/.exec(name)?.[1]
    if (owner !== undefined && !isAlive(Number(owner))) remove(join(folder, name))
  }
  const path = join(folder, `scratch-${process.pid}`)
  // The server, which does not run as root, goes through here to its data; nobody can list it.
  mkdirSync(path, { mode: 0o711 })
  return { path, [Symbol.dispose]: () => remove(path) }
}

/** An empty folder in it. */
export function freshFolder(parent: string, name: string): string {
  const folder = join(parent, name)
  remove(folder)
  mkdirSync(folder, { recursive: true })
  return folder
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
