import { z } from 'zod'
import type { KeyRemap } from '../databases/postgres/load/conflict-sql.ts'
import { type ErrorCode, errorCatalogue, type RowferryError } from '../errors/errors.ts'

/**
 * What stands in the queue: transfers and shards by name, never rows and never a connection URL. Workers of another version
 * may read it, so everything is parsed on arrival.
 */

const TableName = z.object({ schema: z.string(), name: z.string() })

/** A running distributed transfer, for as long as its coordinator lives. */
export const Announcement = z.object({
  kind: z.literal('transfer'),
  transferId: z.string(),
  /** Of rowferry: another one may convert values otherwise. */
  version: z.string(),
  source: z.object({
    label: z.string(),
    /** A path, or an http(s):// URL. */
    location: z.string(),
    sha256: z.string(),
    bytes: z.number(),
  }),
  target: z.string(),
  schema: z.string(),
})
export type Announcement = Readonly<z.output<typeof Announcement>>

/** One shard; what else has to be known of it stands in the plan that the target keeps. */
export const ShardJob = z.object({
  kind: z.literal('shard'),
  table: TableName,
  shard: z.number(),
  /** Numbers of its advisory lock (`shard-lease.ts`). */
  lease: z.object({ transfer: z.number(), shard: z.number() }),
  batchRows: z.number(),
  batchBytes: z.number(),
  fireTriggers: z.boolean(),
  remaps: z.custom<readonly KeyRemap[]>((value) => Array.isArray(value)),
})
export type ShardJob = Readonly<z.output<typeof ShardJob>>

const code = z.custom<ErrorCode>((value) => typeof value === 'string' && value in errorCatalogue)

/** What workers tell the coordinator. A shard job comes here when it was given back too often. */
export const WorkResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded'), table: TableName, shard: z.number(), worker: z.string(), rows: z.number() }),
  z.object({
    kind: z.literal('failed'),
    table: TableName,
    shard: z.number(),
    worker: z.string(),
    failure: z.object({
      code,
      message: z.string(),
      remedy: z.string().nullable(),
      context: z.record(z.string(), z.unknown()),
    }),
  }),
  ShardJob,
])
export type WorkResult = Readonly<z.output<typeof WorkResult>>

export function failureOf(error: RowferryError): Extract<WorkResult, { kind: 'failed' }>['failure'] {
  const { code, message, remedy, context } = error
  return { code, message, remedy, context: { ...context } }
}
