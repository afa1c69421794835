/** The compiler leaves out what is not TypeScript: this puts it beside the built files, in dist or the folder given. */
import { cpSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const built = process.argv[2] ?? join(root, 'dist')

for (const path of globSync('**/*.{sql,wasm}', { cwd: join(root, 'src') })) {
  cpSync(join(root, 'src', path), join(built, path))
}
