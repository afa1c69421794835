import type { Config } from '../config/config.ts'
import type { Source } from '../databases/databases.ts'
import type { Catalog } from '../model/catalog.ts'
import { planSettings } from '../plan/plan-settings.ts'
import { splitWideTables } from '../plan/split-wide-tables.ts'
import { withVirtualTables } from '../plan/virtual-tables.ts'
import { assertRulesMatch } from './assert-rules-match.ts'

/** The source's catalog as the configuration wants to see it. */
export async function readSourceCatalog(
  source: Source,
  { config, signal }: { readonly config: Config; readonly signal: AbortSignal },
): Promise<Catalog> {
  const catalog = await source.readCatalog({ signal })
  const seen = config.includeVirtual ? withVirtualTables(catalog) : catalog
  assertRulesMatch(seen, config)
  return config.wideTables === 'split' ? splitWideTables(seen, planSettings(config)) : seen
}
