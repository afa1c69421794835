import { RowferryError } from '../errors/errors.ts'
import type { Distribution } from '../transfer/shard-runner.ts'
import { QueueRunner } from './queue-runner.ts'
import { assertShareable } from './source-for-workers.ts'

/**
 * Distributed transfers: shards of a running transfer on many machines, through a queue in PostgreSQL. What is handed out, and
 * to whom, stands in the queue (pg-boss); what is done, in the checkpoints. docs/design/distributed.md has the whole story.
 * May import everything up to transfer and peer; the command line and the library use it.
 */
export const queueDistribution: Distribution = {
  check({ source, target, config }) {
    assertShareable(source, config)
    if (target !== null) return
    throw new RowferryError('CONFIG_MISSING', {
      message:
        'A distributed migration needs a target that other machines can reach; the embedded PostgreSQL listens here only.',
      remedy: 'Name it: rowferry migrate app.db postgres://user@host/database --distributed',
    })
  },
  openRunner: (scene) => QueueRunner.open(scene),
}
