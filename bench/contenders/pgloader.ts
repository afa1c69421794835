import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from './contender.ts'

export const pgloader: Contender = {
  name: 'pgloader',
  does: 'pgloader with create tables, create indexes and reset sequences, which are its defaults; it does not verify',
  needs: ['pgloader'],
  kinds: ['load', 'upsert'],
  cannot: (shape) => (shape.kind === 'upsert' ? 'it has no upsert' : null),
  prepare: async (run) => {
    const lines = [
      'load database',
      `  from sqlite://${run.source}`,
      `  into ${run.url.replace(/^postgres:/, 'postgresql:')}`,
      '  with include drop, create tables, create indexes, reset sequences;',
    ]
    writeFileSync(join(run.folder, 'pgloader.load'), `${lines.join('\n')}\n`)
  },
  commands: (run) => [
    { program: 'pgloader', arguments: ['--root-dir', join(run.folder, 'root'), join(run.folder, 'pgloader.load')] },
  ],
}
