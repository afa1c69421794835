import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export type ProcessResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs a command in the project's root to its end; a signal counts as -1. */
export async function runProcess(command: string, args: readonly string[]): Promise<ProcessResult> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (exitCode) => done({ exitCode: exitCode ?? -1, ...written }))
  })
}
