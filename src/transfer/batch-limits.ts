import type { Config } from '../config/config.ts'

/** A batch ends with the row that reaches one of these. The bytes bound the memory whatever the rows are like. */
export function batchLimits(config: Config): { readonly batchRows: number; readonly batchBytes: number } {
  return { batchRows: config.batchSize, batchBytes: 4 * 1024 * 1024 }
}
