import type { ZeroSettings } from '../model/zero.ts'

/** What starts Zero on a database that is ready for it, in the order of typing. `upstream`: its URL without password, or in words where it is. */
export function nextZeroCommands(upstream: string, settings: Pick<ZeroSettings, 'publication'>): string[] {
  const publication = settings.publication === null ? '' : ` ZERO_APP_PUBLICATIONS=${settings.publication}`
  return [
    'npm install @rocicorp/zero',
    `ZERO_UPSTREAM_DB='${upstream.replaceAll("'", `'\\''`)}'${publication} npx zero-cache-dev   # the whole way: docs/guide/zero.md`,
  ]
}
