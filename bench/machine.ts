import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { rowferryVersion } from '../src/util/version.ts'
import type { Server } from './server.ts'
import type { Tools } from './tools.ts'

/** What numbers depend on. No names of hosts, no paths. */
export type Machine = {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  readonly postgres: string
  readonly postgresSettings: Readonly<Record<string, string>>
  readonly rowferry: string
  readonly tools: Tools
}

export function describeMachine(server: Server, tools: Tools, root: string): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    postgres: server.version,
    postgresSettings: server.settings,
    rowferry: [rowferryVersion, commit(root)].filter(Boolean).join(' '),
    tools,
  }
}

/** `(3f2a91c)`, with a + when files differ from it; empty outside a checkout. */
function commit(root: string): string {
  const git = (...parameters: string[]): string =>
    execFileSync('git', parameters, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'bin', 'package.json') !== ''
    return `(${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''})`
  } catch {
    return ''
  }
}
