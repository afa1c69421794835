import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The version of this package, from its own package.json: the one place that has it. */
export const rowferryVersion: string = readVersion()

function readVersion(): string {
  const text = readFileSync(fileURLToPath(import.meta.resolve('rowferry/package.json')), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
