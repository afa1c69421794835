import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asApplication } from './import-schema.ts'

const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

/** Checks a file with the project's TypeScript, as strictly as it goes. Gives milliseconds; throws what the compiler says. */
export function typeCheck(file: string, { types = [] }: { readonly types?: readonly string[] } = {}): number {
  asApplication(file)
  const folder = dirname(resolve(file))
  const project = join(folder, 'tsconfig.check.json')
  writeFileSync(
    project,
    JSON.stringify({
      compilerOptions: {
        target: 'es2024',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noUnusedLocals: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
        erasableSyntaxOnly: true,
        allowImportingTsExtensions: true,

        types,
      },
      files: [basename(file)],
    }),
  )
  const begun = performance.now()
  const run = spawnSync(process.execPath, [compiler, '-p', project], { cwd: folder, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${file} does not type-check:\n${run.stdout}${run.stderr}`)
  return performance.now() - begun
}
