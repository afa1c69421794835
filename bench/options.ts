import { parseArgs } from 'node:util'
import { type ContenderName, contenderNames } from './contenders/contender.ts'
import { type ShapeName, shapeNames } from './shapes/shape.ts'

export type BenchOptions = {
  readonly shapes: readonly ShapeName[]
  /** Null: each shape's own. */
  readonly rows: readonly number[] | null
  readonly rounds: number
  readonly contenders: readonly ContenderName[]
  readonly target: string | undefined
  readonly settings: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  readonly folder: string | undefined
  readonly out: string | undefined
  readonly write: boolean
  readonly fromSource: boolean
}

export const usage = `npm run bench -- [options]

  --shape NAMES        ${shapeNames.join(', ')};
                       all, or none (with --write: only the page). Default: mixed
  --rows N[,N…]        rows of all tables together; several numbers measure each size
  --rounds N           counted rounds (default 5); one more before them warms up and is compared
  --contenders NAMES   ${contenderNames.join(', ')} (default: all)
  --target URL         a PostgreSQL of yours, as a superuser (default: an embedded one, started for it)
  --setting NAME=VALUE a setting of the embedded PostgreSQL; may be repeated
  --timeout SECONDS    for one run (default 900)
  --folder DIR         sources, database and scratch files (default bench/.cache)
  --out FILE           the result as JSON (default bench/results/<shape>.json)
  --write              writes docs/reference/performance.md from bench/results
  --from-source        runs src/ as it is; otherwise it is built first, as users get it
  --help
`

/** Null: help was asked for. */
export function readOptions(parameters: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      shape: { type: 'string', default: 'mixed' },
      rows: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      contenders: { type: 'string' },
      target: { type: 'string' },
      setting: { type: 'string', multiple: true, default: [] },
      timeout: { type: 'string', default: '900' },
      folder: { type: 'string' },
      out: { type: 'string' },
      write: { type: 'boolean', default: false },
      'from-source': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const shapes = readShapes(values.shape)
  if (values.out !== undefined && shapes.length !== 1) throw new Error('--out is for one shape.')
  return {
    shapes,
    rows: values.rows === undefined ? null : values.rows.split(',').map((text) => readCount('--rows', text)),
    rounds: readCount('--rounds', values.rounds),
    contenders: readContenders(values.contenders),
    target: values.target,
    settings: Object.fromEntries(values.setting.map(readSetting)),
    timeoutSeconds: readCount('--timeout', values.timeout),
    folder: values.folder,
    out: values.out,
    write: values.write,
    fromSource: values['from-source'],
  }
}

function readShapes(text: string): readonly ShapeName[] {
  if (text === 'all') return shapeNames
  return text === 'none' ? [] : readNames('--shape', text, shapeNames)
}

/** rowferry always takes part: the others are compared with it. */
function readContenders(text: string | undefined): readonly ContenderName[] {
  return text === undefined ? contenderNames : ['rowferry', ...readNames('--contenders', text, contenderNames)]
}

function readNames<Name extends string>(option: string, text: string, names: readonly Name[]): Name[] {
  return text.split(',').map((part) => {
    const found = names.find((name) => name === part.trim())
    if (found === undefined) throw new Error(`${option}: ${part} is none of ${names.join(', ')}.`)
    return found
  })
}

function readCount(option: string, text: string): number {
  const count = Number(text.replaceAll('_', ''))
  if (Number.isInteger(count) && count > 0) return count
  throw new Error(`${option}: ${text} is not a whole number above 0.`)
}

function readSetting(text: string): [string, string] {
  const [name, ...value] = text.split('=')
  if (name === undefined || name === '' || value.length === 0) throw new Error(`--setting: ${text} is not NAME=VALUE.`)
  return [name, value.join('=')]
}
