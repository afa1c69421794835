import { statSync } from 'node:fs'
import { profileWorker, worthThreads } from '../databases/sqlite/profile/profile-threads.ts'
import { Threads } from '../util/threads.ts'
import { shardWorker } from './shard-threads.ts'

/**
 * The threads of a transfer, which begin to load what they need when the source has enough for them to do. Whoever knows the source
 * before the engine is loaded calls this first: a quarter of a second then passes once and not twice.
 */
export function startThreads(
  source: string,
  { parallel, distributed }: { readonly parallel: number; readonly distributed: boolean },
): Threads {
  const threads = new Threads(parallel)
  if (sizeOf(source) < worthThreads) return threads
  threads.prepare(profileWorker)
  // Shards of a distributed transfer have a thread of their own, here as on other machines.
  if (!distributed) threads.prepare(shardWorker)
  return threads
}

/** 0 for what cannot be looked at: whoever opens it says why. */
function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}
