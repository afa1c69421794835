import { once } from 'node:events'
import type { ShardTurn, ShardTask } from '../../src/transfer/shard-tasks.ts'

/** Carries shards by saying so, a tenth of a second each; the thread dies of a table with the name `dies`. */
export default async function carry({ port }: ShardTurn): Promise<void> {
  for (let index = 0; ; index++) {
    port.postMessage({ ask: true })
    const [task] = (await once(port, 'message')) as [ShardTask | null]
    if (task === null) break
    if (task.table.source.name === 'dies') process.exit(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    port.postMessage({ index, ended: { finished: true, rows: 1, hash: 0n } })
  }
  port.close()
}
