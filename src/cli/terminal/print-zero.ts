import type { ZeroFinding } from '../../model/zero.ts'
import { countOf, formatCount } from '../../report/figures.ts'
import type { ZeroFix } from '../../zero/examine/fix-findings.ts'
import { zeroConditions, type ZeroConditionName } from '../../zero/examine/conditions.ts'
import { hang } from './cut-text.ts'
import type { Screen } from './screen.ts'

type Severity = ZeroFinding['severity']

/** The worst first. */
const headings: Readonly<Record<Severity, string>> = {
  stops: 'Stops zero-cache',
  breaks: 'Breaks clients',
  hides: 'Is not synced',
  warns: 'Is slow or loses something',
}

const severities = Object.keys(headings) as readonly Severity[]

/** Of one condition; `--verbose` shows all. */
const mostShown = 5

/** What was found, by severity; then the verdict in one line, and how to mend what can be mended. */
export function printZeroFindings(screen: Screen, findings: readonly ZeroFinding[]): void {
  for (const severity of severities) printSeverity(screen, severity, findings)
  if (findings.length > 0) screen.print()
  screen.printAlways(paint(screen, worst(findings), hang('', zeroVerdict(findings), screen.width())))
  const fixable = findings.filter((finding) => finding.fix !== null).length
  if (fixable > 0)
    screen.print(
      hang('  → ', `${countOf(fixable, 'finding')} can be mended without losing anything: add --fix`, screen.width()),
    )
}

/** `ZERO: 1 finding stops zero-cache, 2 are slow or lossy.` */
export function zeroVerdict(findings: readonly ZeroFinding[]): string {
  if (findings.length === 0) return 'ZERO: nothing stands in its way.'
  const counts = countSeverities(findings)
  const parts = severities.filter((own) => counts[own] > 0)
  const said = parts.map((own, index) => {
    const count = index === 0 ? countOf(counts[own], 'finding') : formatCount(counts[own])
    return `${count} ${counts[own] === 1 ? verbs[own][0] : verbs[own][1]}`
  })
  return `ZERO: ${said.join(', ')}.`
}

const verbs: Readonly<Record<Severity, readonly [one: string, many: string]>> = {
  stops: ['stops zero-cache', 'stop zero-cache'],
  breaks: ['breaks clients', 'break clients'],
  hides: ['is not synced', 'are not synced'],
  warns: ['is slow or lossy', 'are slow or lossy'],
}

/** What was mended, and what PostgreSQL refused. */
export function printZeroFixes(screen: Screen, fixes: readonly ZeroFix[]): void {
  for (const fix of fixes) screen.print(zeroFixLine(screen, fix))
}

export function zeroFixLine(screen: Screen, { finding, error }: ZeroFix): string {
  const text = `${finding.object}: ${finding.fix ?? ''}`
  if (error === null) return screen.colors.green(hang('✓ ', text, screen.width()))
  return screen.colors.red(hang('✗ ', `${text} was refused: ${error}`, screen.width()))
}

export type ZeroFindingsDocument = {
  readonly status: 'ready' | 'not ready'
  readonly counts: Readonly<Record<Severity, number>>
  readonly findings: readonly ZeroFinding[]
  /** Empty unless `--fix` was given; their findings are no longer among `findings` when they were mended. */
  readonly fixes: readonly { readonly object: string; readonly sql: string; readonly error: string | null }[]
}

/** The document of `--json`. */
export function zeroFindingsDocument(
  findings: readonly ZeroFinding[],
  fixes: readonly ZeroFix[] = [],
): ZeroFindingsDocument {
  const counts = countSeverities(findings)
  return {
    status: counts.stops + counts.breaks === 0 ? 'ready' : 'not ready',
    counts,
    findings,
    fixes: fixes.map(({ finding, error }) => ({ object: finding.object, sql: finding.fix ?? '', error })),
  }
}

function printSeverity(screen: Screen, severity: Severity, findings: readonly ZeroFinding[]): void {
  const own = findings.filter((finding) => finding.severity === severity)
  if (own.length === 0) return
  screen.print()
  screen.print(paint(screen, severity, headings[severity]))
  for (const [condition, same] of Map.groupBy(own, (finding) => finding.condition)) {
    const shown = screen.verbose ? same : same.slice(0, mostShown)
    for (const [index, finding] of shown.entries()) {
      printFinding(screen, finding, finding.effect !== shown[index - 1]?.effect)
    }
    if (shown.length === same.length) continue
    const title = zeroConditions[condition as ZeroConditionName].title
    screen.print(
      screen.colors.dim(
        hang('    ', `… and ${same.length - shown.length} more: ${title} (--verbose shows all)`, screen.width()),
      ),
    )
  }
}

/** What is the same as of the finding before is not said again. */
function printFinding(screen: Screen, { severity, object, effect, remedy }: ZeroFinding, withEffect: boolean): void {
  const sign = severity === 'stops' || severity === 'breaks' ? '✗' : '!'
  screen.print(hang(`  ${paint(screen, severity, sign)} `, object, screen.width()))
  if (withEffect) screen.print(hang('      ', effect, screen.width()))
  screen.print(screen.colors.dim(hang('    → ', remedy, screen.width())))
}

function paint(screen: Screen, severity: Severity | null, text: string): string {
  if (severity === null) return screen.colors.green(text)
  return severity === 'stops' || severity === 'breaks' ? screen.colors.red(text) : screen.colors.yellow(text)
}

function worst(findings: readonly ZeroFinding[]): Severity | null {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? null
}

function countSeverities(findings: readonly ZeroFinding[]): Record<Severity, number> {
  const counts = { stops: 0, breaks: 0, hides: 0, warns: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}
