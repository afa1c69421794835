import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { createBuilder, defineQueries, defineQuery, mustGetQuery, type Schema, Zero } from '@rocicorp/zero'
import { handleQueryRequest } from '@rocicorp/zero/server'
import { startZeroCache, type ZeroCache, type ZeroCacheOptions } from './zero-cache.ts'

/** Names as in schema.ts. */
export type ZeroRow = Readonly<Record<string, unknown>>

/** A running Zero: zero-cache, the endpoint that it asks for queries, and a client that keeps nothing on disk. */
export type RunningZero = AsyncDisposable & {
  readonly cache: ZeroCache
  /** All rows of a table, complete. Throws what the client or zero-cache says. */
  readTable(name: string): Promise<readonly ZeroRow[]>
  /** The first rows of a table with all that its relationships lead to. */
  readRelated(name: string): Promise<readonly ZeroRow[]>
  /** Follows a table until `look` finds something in its rows. */
  watchTable<T>(name: string, look: (rows: readonly ZeroRow[]) => T | null): Promise<T>
}

/** How many rows `readRelated` takes. */
export const relatedLimit = 20

const patienceMs = 120_000

/** Starts zero-cache on the database and connects a client with the schema to it. Throws ZeroCacheDied. */
export async function startZero(schema: Schema, options: Omit<ZeroCacheOptions, 'queryUrl'>): Promise<RunningZero> {
  const queries = queriesOf(schema)
  await using stack = new AsyncDisposableStack()
  const endpoint = stack.use(await openEndpoint(schema, queries))
  const cache = stack.use(await startZeroCache({ ...options, queryUrl: endpoint.url }))
  const { zero, failure } = connectClient(schema, cache.url)
  stack.defer(async () => zero.close())
  const running = stack.move()
  const assertWell = (): void => {
    const failed = failure()
    if (failed !== null) throw new Error(failed)
    cache.assertAlive()
  }
  const read = async (query: string): Promise<readonly ZeroRow[]> => {
    const rows = zero.run(mustGetQuery(queries, query)(), { type: 'complete' })
    return (await unlessFailed(rows, assertWell, query)) as readonly ZeroRow[]
  }
  return {
    cache,
    readTable: async (name) => read(`all_${indexOf(schema, name)}`),
    readRelated: async (name) => read(`related_${indexOf(schema, name)}`),
    async watchTable(name, look) {
      const view = zero.materialize(mustGetQuery(queries, `all_${indexOf(schema, name)}`)())
      try {
        const found = new Promise<NonNullable<ReturnType<typeof look>>>((resolve, reject) => {
          view.addListener((rows) => {
            try {
              const seen = look(rows as readonly ZeroRow[])
              if (seen !== null && seen !== undefined) resolve(seen)
            } catch (error) {
              reject(error)
            }
          })
        })
        return await unlessFailed(found, assertWell, `change of ${name}`)
      } finally {
        view.destroy()
      }
    },
    [Symbol.asyncDispose]: async () => running.disposeAsync(),
  }
}

/** Two queries per table, by number: names of tables may hold anything. */
function queriesOf(schema: Schema) {
  const zql = createBuilder(schema)
  const definitions = Object.keys(schema.tables).flatMap((name, index) => {
    const table = zql[name]
    if (table === undefined) throw new Error(`The schema's builder does not know ${name}.`)
    const related = Object.keys(
      Object.hasOwn(schema.relationships, name) ? (schema.relationships[name] ?? {}) : {},
    ).reduce((query, relationship) => query.related(relationship), table.limit(relatedLimit))
    return [
      [`all_${index}`, defineQuery(() => table)],
      [`related_${index}`, defineQuery(() => related)],
    ] as const
  })
  return defineQueries(Object.fromEntries(definitions))
}

function indexOf(schema: Schema, name: string): number {
  const index = Object.keys(schema.tables).indexOf(name)
  if (index < 0) throw new Error(`The schema has no table ${name}.`)
  return index
}

/** What an application serves under ZERO_QUERY_URL. */
async function openEndpoint(
  schema: Schema,
  queries: ReturnType<typeof queriesOf>,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const result = await handleQueryRequest({
        handler: (name, args) => mustGetQuery(queries, name).fn({ args, ctx: undefined }),
        schema,
        userID: null,
        request: await asWebRequest(request),
      })
      response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
    }
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${portOf(server)}/query`, [Symbol.asyncDispose]: async () => closeServer(server) }
}

async function asWebRequest(request: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  )
  return new Request(`http://127.0.0.1${request.url}`, { method: 'POST', headers, body: Buffer.concat(chunks) })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the endpoint does not listen')
  return address.port
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** Errors do not reject `zero.run()`: they show in the state of the connection only. */
function connectClient(
  schema: Schema,
  cacheURL: string,
): { readonly zero: Zero; readonly failure: () => string | null } {
  let failed: string | null = null
  const zero = new Zero({
    cacheURL,
    schema,
    kvStore: 'mem',
    // What is kept in memory is shared by all clients of the process with the same schema, also when their servers differ.
    storageKey: randomUUID(),
    userID: null,
    // What it would log comes as an error of the query as well.
    logSink: { log: () => undefined },
    onUpdateNeeded: (reason) => {
      failed = 'message' in reason && reason.message !== undefined ? reason.message : reason.type
    },
  })
  zero.connection.state.subscribe((state) => {
    if (state.name === 'error') failed = String(state.reason)
  })
  return { zero, failure: () => failed }
}

async function unlessFailed<T>(awaited: Promise<T>, assertWell: () => void, what: string): Promise<T> {
  const over = new AbortController()
  try {
    return await Promise.race([awaited, watch(assertWell, what, over.signal)])
  } finally {
    over.abort()
  }
}

async function watch(assertWell: () => void, what: string, over: AbortSignal): Promise<never> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline && !over.aborted; await wait(50)) assertWell()
  throw new Error(`${what}: nothing came within ${patienceMs / 1000} seconds.`)
}
