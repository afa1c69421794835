import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { ConfigInput } from '../../../src/index.ts'

const executable = fileURLToPath(new URL('../../../bin/rowferry.js', import.meta.url))

export type ReadyForZero = {
  readonly exitCode: number
  readonly schemaFile: string
  readonly publications: readonly string[]
  readonly stdout: string
  readonly ms: number
}

/**
 * `rowferry migrate SOURCE TARGET --yes` with `zero:` in its configuration, in a folder of its own. Throws unless it ends with
 * 0, or with 5 (rows that do not fit are listed).
 */
export async function migrateForZero(
  source: string,
  options: { readonly url: string; readonly folder: string; readonly config?: ConfigInput },
): Promise<ReadyForZero> {
  const { url, folder, config = {} } = options
  const own = typeof config.zero === 'object' ? config.zero : {}
  const { publication = 'zero_data', schemaFile: file = 'zero-schema.ts' } = own
  const zero = { ...own, publication, schemaFile: file }
  writeFileSync(join(folder, 'rowferry.yaml'), stringify({ ...config, zero }))
  const begun = performance.now()
  const { exitCode, stdout, stderr } = await runRowferry(['migrate', source, url, '--yes'], folder)
  const ms = performance.now() - begun
  const schemaFile = join(folder, file)
  if ((exitCode !== 0 && exitCode !== 5) || !existsSync(schemaFile)) {
    const wrong = existsSync(schemaFile) ? '' : 'No schema file was written. '
    throw new Error(`${wrong}rowferry migrate ${source} ended with ${exitCode}:\n${stdout}\n${stderr}`)
  }
  return { exitCode, schemaFile, publications: publication === null ? [] : [publication], stdout, ms }
}

export async function runRowferry(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ROWFERRY|PG|VITEST|NODE_OPTIONS|FORCE_COLOR)/.test(name)),
  )
  const child = spawn(process.execPath, [executable, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode: exitCode ?? 1, ...written }
}
