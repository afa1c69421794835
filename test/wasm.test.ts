import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

test('the WebAssembly module that is committed is what its source compiles to: npm run build:wasm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-wasm-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const built = join(folder, 'built.wasm')
  const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
  execFileSync(process.execPath, [compiler, '--config', 'assembly/asconfig.json', '--outFile', built], { cwd: root })
  expect(readFileSync(join(root, 'src', 'wasm', 'record-coder.wasm')).equals(readFileSync(built))).toBe(true)
})
