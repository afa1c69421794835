import type { ShardTask } from './shard-tasks.ts'

type Size = Pick<ShardTask, 'table'>

/** Shards of less than this are small. */
const smallBytes = 256 * 1024

/** What is carried sooner in this thread than the first worker thread starts (150 ms). */
const hereBytes = 256 * 1024
const hereShards = 40

export function isWorthThreads(shards: readonly Size[]): boolean {
  return shards.length > hereShards || shards.reduce((sum, shard) => sum + bytesOf(shard), 0) > hereBytes
}

/** Big shards first, so that the threads end at about the same time; then small ones; both in their order. */
export function bigFirst<Item>(items: readonly Item[], shardOf: (item: Item) => Size): Item[] {
  const isSmall = (item: Item): boolean => bytesOf(shardOf(item)) < smallBytes
  return [...items.filter((item) => !isSmall(item)), ...items.filter(isSmall)]
}

/** Of what the profile found; the shards of a table are about even. */
function bytesOf({ table }: Size): number {
  return table.bytes / Math.max(1, table.shards.length)
}
