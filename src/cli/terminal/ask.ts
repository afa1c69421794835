import { printable } from '../../util/printable.ts'
import type { Confirmation } from '../engine.ts'
import { hang } from './cut-text.ts'
import type { ProgressView } from './progress-view.ts'
import type { Screen } from './screen.ts'

/**
 * Answers a question of the engine: `--yes` says yes; otherwise a person is asked, but only when one can answer. On a closed
 * stdin the prompt library would end the process with 0 and no answer, so without a terminal the answer is no.
 */
export function answerConfirmations(
  screen: Screen,
  yes: boolean,
  view: ProgressView,
): (question: Confirmation) => Promise<boolean> {
  return async ({ message, details }) => {
    const lines = [
      screen.colors.yellow(hang('! ', message, screen.width())),
      ...details.map((detail) => hang('    ', detail, screen.width())),
    ]
    for (const line of lines) view.print(line)
    if (yes) {
      view.print('  yes, by --yes')
      return true
    }
    if (!screen.interactive) return false
    return view.during(() => askYesNo('Go on?'))
  }
}

export async function askYesNo(message: string): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: printable(message), initialValue: false })
  return !isCancel(answer) && answer
}
