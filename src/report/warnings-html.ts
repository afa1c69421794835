import type { Finding } from '../model/report.ts'
import type { Warning } from '../model/warning.ts'
import { formatCount } from './figures.ts'
import { html, type Html } from './html.ts'
import { warningText } from './warning-text.ts'

const openUpTo = 5

/** Warnings by kind, with what can be done about each. */
export function warningsSection(warnings: readonly Warning[]): Html | null {
  if (warnings.length === 0) return null
  return html`<section>
    <h2>Warnings</h2>
    ${[...Map.groupBy(warnings, (warning) => warning.code)].map(([code, group]) => warningGroup(code, group))}
  </section>`
}

function warningGroup(code: string, group: readonly Warning[]): Html {
  const open = group.length <= openUpTo ? html` open` : null
  return html`<details${open}><summary><span class="warn">!</span> <strong>${code}</strong> (${formatCount(group.length)})</summary>
<ul>${group.map((warning) => html`<li>${warningText(warning)}${warning.remedy !== null && html`<br /><span class="soft">→ ${warning.remedy}</span>`}</li>`)}</ul></details>`
}

/** What was checked before anything was changed. */
export function findingsSection(findings: readonly Finding[]): Html | null {
  if (findings.length === 0) return null
  const marks = { ok: '✓', warning: '!', error: '✗' } as const
  const tones = { ok: 'good', warning: 'warn', error: 'bad' } as const
  return html`<section>
    <h2>Checked before the start</h2>
    <ul>
      ${findings.map(
        (finding) =>
          html`<li>
            <span class="${tones[finding.level]}">${marks[finding.level]}</span>
            ${finding.message}${finding.remedy !== null && html`<br /><span class="soft">→ ${finding.remedy}</span>`}
          </li>`,
      )}
    </ul>
  </section>`
}
