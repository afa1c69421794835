import type { ShardTask } from './shard-tasks.ts'

type Size = Pick<ShardTask, 'table'>

/** Shards of less than this are carried several in one go. */
const smallBytes = 256 * 1024
/** A group ends with the shard that reaches this, so that no thread has much more to do than the others. */
const groupBytes = 4 * 1024 * 1024
/** A group costs one connection (20 ms), a shard in it some 3 ms. */
const fewestShards = 10
const mostShards = 100
/** So many groups per thread: the last one to end is not far behind the others. */
const groupsPerThread = 4

/** What is carried sooner in this thread than the first worker thread starts (150 ms). */
const hereBytes = 256 * 1024
const hereShards = 40

export function isWorthThreads(shards: readonly Size[]): boolean {
  return shards.length > hereShards || shards.reduce((sum, shard) => sum + bytesOf(shard), 0) > hereBytes
}

/** Big shards one by one and first, since they take longest; small ones many at a time, in their order. */
export function groupShards<Item>(
  items: readonly Item[],
  shardOf: (item: Item) => Size,
  threads: number,
): (readonly Item[])[] {
  const isSmall = (item: Item): boolean => bytesOf(shardOf(item)) < smallBytes
  const small = items.filter(isSmall)
  const size = Math.min(mostShards, Math.max(fewestShards, Math.ceil(small.length / (threads * groupsPerThread))))
  const groups: Item[][] = items.filter((item) => !isSmall(item)).map((item) => [item])
  let group: Item[] = []
  let bytes = 0
  for (const item of small) {
    group.push(item)
    bytes += bytesOf(shardOf(item))
    if (group.length < size && bytes < groupBytes) continue
    groups.push(group)
    group = []
    bytes = 0
  }
  return group.length > 0 ? [...groups, group] : groups
}

/** Of what the profile found; the shards of a table are about even. */
function bytesOf({ table }: Size): number {
  return table.bytes / Math.max(1, table.shards.length)
}
