import { chunked } from '../../util/chunked.ts'
import { verifyTable } from '../verify-table.ts'
import { plannedTable, type RunStep, type StepContext } from './step.ts'

/** Where one session does everything, so many tables are hashed before the first of them is told. */
const hashedTogether = 50

/** What was read against what PostgreSQL now holds, table by table; most hashes are there by now, or under way. */
export const verifyContent: RunStep<'verify-content'> = async (step, context) => {
  const { plan, hashes, secondReadings, lanes, account, emit, signal } = context
  const tables = step.tables.map((name) => plannedTable(plan, name))
  for (const some of chunked(tables, lanes.width === 1 ? hashedTogether : tables.length)) {
    hashes.begin(some)
    secondReadings.begin(some)
    // What differs is then looked for over the same session.
    if (lanes.width === 1) await hashes.settled()
    for (const table of some) {
      signal.throwIfAborted()
      const verification = await verifyTable(table, context)
      account.setVerification(table.target.name, verification)
      emit('table:verified', { table: table.target.name, verification })
    }
  }
  await verifySchema(context)
}

/** What the steps before have made is looked for once more. */
async function verifySchema({ plan, account, target, signal }: StepContext): Promise<void> {
  const sequences = plan.steps.flatMap((step) => (step.kind === 'reset-sequences' ? step.sequences : []))
  const promised = { tables: plan.tables, objects: account.objects, sequences }
  account.schemaDifferences.splice(0, Infinity, ...(await target.findSchemaDifferences(promised, { signal })))
}
