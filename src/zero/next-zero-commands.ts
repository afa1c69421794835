import type { ZeroSettings } from '../model/zero.ts'

/** What starts Zero on a database that is ready for it, in the order of typing. `label`: its URL without password. */
export function nextZeroCommands(label: string, settings: Pick<ZeroSettings, 'publication'>): string[] {
  const publication = settings.publication === null ? '' : ` ZERO_APP_PUBLICATIONS=${settings.publication}`
  return [
    'npm install @rocicorp/zero',
    `ZERO_UPSTREAM_DB='${label.replaceAll("'", `'\\''`)}'${publication} npx zero-cache-dev`,
  ]
}
