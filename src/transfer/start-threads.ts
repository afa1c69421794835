import { statSync } from 'node:fs'
import { profileWorker, worthThreads } from '../databases/sqlite/profile/profile-threads.ts'
import { Threads } from '../util/threads.ts'
import { shardWorker } from './shard-threads.ts'

/**
 * The threads of a transfer, which begin to load what they need when the source has enough for them to do. Whoever knows the source
 * before the engine is loaded calls this first: a quarter of a second then passes once and not twice.
 */
export function startThreads(source: string, parallel: number): Threads {
  const threads = new Threads(parallel)
  const size = statSync(source, { throwIfNoEntry: false })?.size ?? 0
  if (size < worthThreads) return threads
  threads.prepare(profileWorker)
  threads.prepare(shardWorker)
  return threads
}
