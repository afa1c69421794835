import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from '../../src/databases/postgres/embedded/embedded-postgres.ts'
import { givenFolder } from './folders.ts'
import { query } from './postgres.ts'

/** Stands for a machine of its own: processes run in it have their own address and reach only this host. */
export type GivenMachine = {
  /** As others see it. */
  readonly address: string
  /** The host, as it is seen from there. */
  readonly host: string
  /** What to put in front of a program: `within` of `spawnCli`. */
  readonly within: readonly string[]
  /** Pulls the plug: packets vanish, nobody is told. */
  cut(): void
  mend(): void
}

/** Null, or why there can be none here: it takes root and iproute2. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `rf${process.pid}probe`
  try {
    ip('netns', 'add', name)
    ip('netns', 'exec', name, 'true')
    return null
  } catch (error) {
    return `network namespaces cannot be made: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  } finally {
    tryIp('netns', 'del', name)
  }
}

/** Each has a line of its own to the host; everything is gone when the test has ended. */
export function givenMachines(count: number): GivenMachine[] {
  const net = 1 + (process.pid % 200)
  return Array.from({ length: count }, (_, index) => {
    const name = `rf${process.pid}n${index}`
    const [here, there] = [`${name}h`, `${name}m`]
    const [host, address] = [`10.231.${net + index}.1`, `10.231.${net + index}.2`]
    ip('netns', 'add', name)
    onTestFinished(() => {
      // The line between goes with it.
      tryIp('netns', 'del', name)
      tryIp('link', 'del', here)
    })
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
    ip('addr', 'add', `${host}/30`, 'dev', here)
    ip('link', 'set', here, 'up')
    ip('-n', name, 'addr', 'add', `${address}/30`, 'dev', there)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'link', 'set', there, 'up')
    return {
      address,
      host,
      within: ['ip', 'netns', 'exec', name],
      cut: () => ip('-n', name, 'link', 'set', there, 'down'),
      mend: () => ip('-n', name, 'link', 'set', there, 'up'),
    }
  })
}

/** A server of its own that listens on loopback and where the machines see this host, and nowhere else. */
export async function givenServerFor(machines: readonly GivenMachine[]): Promise<{ urlAt(host: string): string }> {
  const folder = givenFolder()
  chmodSync(folder, 0o711)
  const addresses = ['127.0.0.1', ...machines.map(({ host }) => host)]
  const server = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'postgres'),
    settings: { fsync: 'off', full_page_writes: 'off', listen_addresses: addresses.join(',') },
  })
  onTestFinished(() => server.stop())
  const [row] = await query(server.url, 'show hba_file')
  const lines = machines.map(({ address }) => `host all all ${address}/32 scram-sha-256\n`)
  appendFileSync(row?.['hba_file'] ?? '', lines.join(''))
  await query(server.url, 'select pg_reload_conf()')
  return {
    urlAt: (host) => {
      const url = new URL(server.url)
      url.hostname = host
      return url.href
    },
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function tryIp(...words: string[]): void {
  try {
    ip(...words)
  } catch {
    // It is gone already, or was never made.
  }
}
