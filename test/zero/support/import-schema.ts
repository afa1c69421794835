import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Schema } from '@rocicorp/zero'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** Loads a schema file as an application would: by Node itself, as it stands, with the real package beside it. */
export function importSchema(file: string): Schema {
  asApplication(file)
  // Not by import(): under vitest that would be Vite's, which reads TypeScript in its own way.
  const module = createRequire(import.meta.url)(resolve(file)) as { readonly schema?: Schema }
  if (module.schema === undefined) throw new Error(`${file} exports no schema.`)
  return module.schema
}

/** Makes the folder of the file, if it is none of the repository, that of an application in which `@rocicorp/zero` is installed. */
export function asApplication(file: string): void {
  const folder = dirname(resolve(file))
  if (folder.startsWith(repository)) return
  const [packages, manifest] = [join(folder, 'node_modules'), join(folder, 'package.json')]
  if (!existsSync(packages)) symlinkSync(join(repository, 'node_modules'), packages)
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "type": "module" }\n')
}
