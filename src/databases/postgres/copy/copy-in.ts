import { once } from 'node:events'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/**
 * Runs `copy … from stdin` over the chunks and gives the number of rows. Throws PostgreSQL's error; the connection stays
 * usable unless it is the connection that failed. Chunks are sent one by one as the socket takes them, so that no more
 * than one waits in memory.
 */
export async function copyIn(client: Client, sql: string, chunks: Iterable<Uint8Array>): Promise<number> {
  // With a high-water mark of one byte every write waits for its own drain. It also keeps pg-copy-streams from queueing
  // several chunks, the rest of which it would try to send after an error (its `flush` then reads a null connection).
  const stream = client.query(copyFrom(sql, { highWaterMark: 1 }))
  let failure: Error | null = null
  stream.on('error', (error) => {
    failure ??= error
  })
  const failed = (): Error | null => failure
  try {
    for (const chunk of chunks) {
      const error = failed()
      if (error) throw error
      if (!stream.write(chunk)) await once(stream, 'drain')
    }
  } catch (error) {
    if (failed() === null) await cancelCopy(stream, error)
    throw error
  }
  const error = failed()
  if (error) throw error
  stream.end()
  await once(stream, 'finish')
  return stream.rowCount
}

/** What was to be sent could not be made: PostgreSQL is told to forget the COPY, or it would wait for the rest for ever. */
async function cancelCopy(stream: ReturnType<typeof copyFrom>, error: unknown): Promise<void> {
  const closed = new Promise((resolve) => stream.once('close', resolve))
  stream.destroy(error instanceof Error ? error : new Error(String(error)))
  await closed
}
