import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Executable } from './contenders/rowferry.ts'

/**
 * The program as users get it: what the package has, in a folder without `src`, since in a checkout `bin/rowferry.js` runs
 * the sources, which start slower. Dependencies are found in the checkout above. Types are not checked: `npm run check` is for that.
 */
export function buildRowferry(root: string): Executable {
  const folder = join(root, 'bench', '.cache', 'package')
  rmSync(folder, { recursive: true, force: true })
  for (const part of ['bin', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true })
  const built = join(folder, 'dist')
  const compile = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--noCheck']
  for (const script of [
    [...compile, '--outDir', built],
    [join('scripts', 'copy-assets.ts'), built],
  ]) {
    execFileSync(process.execPath, script, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  }
  return [process.execPath, join(folder, 'bin', 'rowferry.js')]
}
