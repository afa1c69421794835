import type { Step, StepKind } from '../../model/plan.ts'
import { addObjects } from './add-objects.ts'
import { copyTables } from './copy-tables.ts'
import { createTables } from './create-tables.ts'
import { prepareZero } from './prepare-zero.ts'
import { resetSequences } from './reset-sequences.ts'
import { resetZero } from './reset-zero.ts'
import type { RunStep, StepContext } from './step.ts'
import { treatOrphans } from './treat-orphans.ts'
import { verifyContent } from './verify-content.ts'
import { verifyCounts } from './verify-counts.ts'

/** Every kind of step and what runs it. A kind without an entry does not compile. */
const steps: { readonly [Kind in StepKind]: { readonly label: string; readonly run: RunStep<Kind> } } = {
  'create-tables': { label: 'create tables', run: createTables },
  'copy-tables': { label: 'copy rows', run: copyTables },
  'treat-orphans': { label: 'rows without parent', run: treatOrphans },
  'add-objects': { label: 'keys, indexes, constraints, views', run: addObjects },
  'reset-sequences': { label: 'sequences', run: resetSequences },
  'verify-counts': { label: 'verify row counts', run: verifyCounts },
  'verify-content': { label: 'verify content', run: verifyContent },
  'reset-zero': { label: 'replication slots of Zero', run: resetZero },
  'prepare-zero': { label: 'publication and schema for Zero', run: prepareZero },
}

export function stepLabel(kind: StepKind): string {
  return steps[kind].label
}

export function runStep(step: Step, context: StepContext): Promise<void> {
  // TypeScript cannot see that the entry's kind is the step's own.
  const run = steps[step.kind].run as RunStep<StepKind>
  return run(step, context)
}
