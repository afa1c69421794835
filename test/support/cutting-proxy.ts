import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type CuttingProxy = AsyncDisposable & {
  /** The same database, through the proxy. */
  readonly url: string
  /** Packets that clients have sent so far. */
  readonly packets: number
}

/** Stands before a server and breaks all connections, once, when clients have sent so many packets: as a server that restarts. */
export async function cutAfter(url: string, packets: number): Promise<CuttingProxy> {
  const server = new URL(url)
  const sockets = new Set<Socket>()
  let seen = 0
  const proxy = createServer((client) => {
    const upstream = connect(Number(server.port), server.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.on('data', (bytes) => {
        if (from === client && ++seen === packets) for (const socket of sockets) socket.destroy()
        else to.write(bytes)
      })
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as AddressInfo).port)
  return {
    url: through.href,
    get packets() {
      return seen
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
