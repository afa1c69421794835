/**
 * Lays the package out as users get it, without packing it: `node scripts/lay-out-package.ts FOLDER`. The folder must be somewhere below
 * the checkout, where the dependencies are found. Types are not checked: `npm run check` is for that.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Gives the executable: in a folder without `src`, since in a checkout `bin/rowferry.js` runs the sources, which start slower. */
export function layOutPackage(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  for (const part of ['bin', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts', 'bundle.ts'), join(folder, 'dist')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return join(folder, 'bin', 'rowferry.js')
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('Which folder?')
  process.stdout.write(`${layOutPackage(resolve(folder))}\n`)
}
