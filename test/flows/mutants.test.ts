import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { type Mutant, mutants, mutantSource } from '../support/mutants.ts'
import { type GivenDatabase, givenDatabase } from '../support/postgres.ts'
import { type CliResult, repository, spawnNode } from '../support/run-cli.ts'
import { writeSqlite } from '../support/sqlite-files.ts'

/**
 * A verification that cannot fail proves nothing. Here the program itself is made faulty, fault by fault, in the reader, the converters,
 * the encoders and the hashes; and each time `migrate` has to find by itself that what it carried is not what the source holds.
 */

type Compiler = {
  main(
    args: readonly string[],
    options: {
      readFile(name: string, folder: string): string | null
      writeFile(name: string, contents: Uint8Array | string, folder: string): void
      listFiles(folder: string): string[]
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>
}

/** The fault as one that can be put into a source as it is loaded: one in `assembly/` is another module. */
async function loadable(name: string, mutant: Mutant, folder: string): Promise<Mutant> {
  if (!mutant.file.startsWith('assembly/')) return mutant
  const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.wasm`)
  await compile(mutant, path)
  const find = "new URL('./record-coder.wasm', import.meta.url)"
  return { file: 'src/wasm/record-coder.ts', find, replace: JSON.stringify(path) }
}

async function compile({ file, find, replace }: Mutant, path: string): Promise<void> {
  const asc = (await import('assemblyscript/asc')) as unknown as Compiler
  const { error, stderr } = await asc.main(
    ['index.ts', '--runtime', 'stub', '--noAssert', '--memoryBase', '1024', '--use', 'abort=', '--outFile', 'out.wasm'],
    {
      readFile(name) {
        const text = readOrNull(join(repository, 'assembly', name))
        if (text === null || `assembly/${name}` !== file) return text
        if (!text.includes(find)) throw new Error(`${file} does not have ${find}`)
        return text.replace(find, () => replace)
      },
      writeFile: (_, contents) => void written.set(path, contents),
      listFiles: () => [],
    },
  )
  if (error) throw new Error(`${file}: ${stderr.toString()}`)
  await writeFile(path, written.get(path) ?? '')
}

const written = new Map<string, Uint8Array | string>()

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

let schemas = 0

function migrate(path: string, db: GivenDatabase, mutant: Mutant | null): Promise<CliResult> {
  return faulty(['migrate', path, db.url, '--schema', `s${schemas++}`, '--yes'], mutant)
}

function faulty(args: readonly string[], mutant: Mutant | null): Promise<CliResult> {
  const hook = join(repository, 'test', 'support', 'mutate-sources.ts')
  return spawnNode(['--import', hook, join(repository, 'bin', 'rowferry.js'), ...args], {
    env: { ROWFERRY_MUTANT: JSON.stringify(mutant) },
  }).result
}

describe('a faulty rowferry', () => {
  test('names the rows that its reader has read wrongly, when it migrates and when it compares', async () => {
    await using db = await givenDatabase()
    const folder = givenFolder()
    const path = join(folder, 'source.db')
    writeSqlite(path, 'create table t(id integer primary key, n integer); insert into t values (1, 5), (2, -1000)')
    const name = 'an integer of 2 bytes loses its sign'
    const fault = await loadable(name, mutants[name] as (typeof mutants)[string], folder)
    for (const command of ['migrate', 'verify']) {
      const { exitCode, stdout } = await faulty([command, path, db.url], fault)
      expect(stdout).toContain('id=2: n is "64536" instead of "-1000"')
      expect(stdout).toContain('DIFFERENT: verification found 1 differing row in t.')
      expect(exitCode).toBe(6)
    }
  })

  test('finds its own fault, whichever it is', async () => {
    await using db = await givenDatabase()
    const folder = givenFolder()
    const path = join(folder, 'source.db')
    writeSqlite(path, mutantSource)
    const faultless = await migrate(path, db, null)
    expect(faultless).toMatchObject({ exitCode: 0, stderr: '' })
    const open = Object.entries(mutants)
    const survived: string[] = []
    const work = async (): Promise<void> => {
      for (let next = open.shift(); next; next = open.shift()) {
        const [name, mutant] = next
        const { exitCode, stdout, stderr } = await migrate(path, db, await loadable(name, mutant, folder))
        if (exitCode !== 6) survived.push(`${name}: exit ${exitCode}\n${stdout.slice(-600)}${stderr.slice(-600)}`)
      }
    }
    await Promise.all([work(), work()])
    expect(survived).toEqual([])
  }, 400_000)
})
