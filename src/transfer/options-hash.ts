import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { zeroSection } from '../config/zero-settings.ts'

/** Options that change how a transfer runs, but not what its plan is: with others it can still be resumed. */
const freeOptions = [
  'resume',
  'restart',
  'report',
  'logLevel',
  'parallel',
  'batchSize',
  'shardSize',
  'distributed',
  'queue',
  'workerSource',
  'coordinateOnly',
  'snapshot',
  'verify',
  'resetZero',
  'allowVersionDifference',
  'source',
  'target',
] as const

/** The same for options with which an unfinished transfer's plan still fits. */
export function optionsHash(config: Config): string {
  const rest: Record<string, unknown> = { ...config, ...(config.zero && { zero: zeroOfPlan(config.zero) }) }
  for (const name of freeOptions) delete rest[name]
  const entries = Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex')
}

/** What only decides about the schema file can be changed: the file is written last. */
function zeroOfPlan(settings: ZeroSettings): Readonly<Record<string, unknown>> {
  const {
    schemaFile: _f,
    queriesFile: _q,
    naming: _n,
    defaults: _d,
    jsonTypesFrom: _j,
    ...rest
  } = zeroSection(settings)
  return rest
}
