import { PassThrough, Writable } from 'node:stream'
import type { OutputStream, Streams } from '../../src/cli/terminal/screen.ts'

export type CollectedStreams = Streams & { readonly out: () => string; readonly err: () => string }

/** Streams that keep what is written to them; as wide terminals when `columns` is given, else as pipes. */
export function collectedStreams(columns?: number): CollectedStreams {
  const [stdout, out] = collector(columns)
  const [stderr, err] = collector(columns)
  return { stdin: new PassThrough(), stdout, stderr, out, err }
}

function collector(columns: number | undefined): [OutputStream, () => string] {
  const chunks: string[] = []
  const stream: OutputStream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString())
      done()
    },
  })
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns, rows: 24 })
  return [stream, () => chunks.join('')]
}
