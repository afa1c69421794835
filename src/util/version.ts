import { readFileSync } from 'node:fs'

/** The version of this package, from its own package.json: the one place that has it. */
export const rowferryVersion: string = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
