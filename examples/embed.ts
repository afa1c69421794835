// An application that moves its own users from SQLite to PostgreSQL: node examples/embed.ts app.db postgres://localhost/app
import { migrate, RowferryError } from '../src/index.ts'

const [source, target] = process.argv.slice(2)
if (source === undefined) throw new Error('usage: node examples/embed.ts SOURCE [TARGET]')

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

try {
  const report = await migrate({
    source,
    target: target ?? null,
    config: { verify: 'content', onMisfit: 'reject' },
    signal: stop.signal,
    confirm: ({ message, details }) => {
      process.stderr.write(`${message}\n${details.join('\n')}\n`)
      return true
    },
    onEvent: (name, event) => {
      if (name === 'table:finished') process.stderr.write(`${JSON.stringify(event)}\n`)
    },
  })
  process.stdout.write(`${report.verdict}\n`)
  process.exitCode = report.exitCode
} catch (error) {
  if (!(error instanceof RowferryError)) throw error
  process.stderr.write(`${error.message}\n${error.remedy ?? ''}\n`)
  process.exitCode = 1
}
