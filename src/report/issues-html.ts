import type { Issue, RowKey } from '../model/batch.ts'
import type { Report } from '../model/report.ts'
import { formatCount } from './figures.ts'
import { html, type Html } from './html.ts'

const mostShown = 100

/** The rows that were not loaded and the values that were stored otherwise: the first of each, and where all are. */
export function issuesSection(
  report: Report,
  samples: { readonly rejects: readonly Issue[]; readonly altered: readonly Issue[] },
): Html {
  const { totals, files } = report
  if (totals.rejected + totals.altered + totals.declaredConversions === 0) {
    return html`<section>
      <h2>Rejected rows and altered values</h2>
      <p class="good">None: every value was stored as it was read.</p>
    </section>`
  }
  return html`${totals.rejected > 0 && rejectsSection(samples.rejects, totals.rejected, files.rejects)}
  ${totals.altered + totals.declaredConversions > 0 && alteredSection(report, samples.altered)}`
}

function rejectsSection(rejects: readonly Issue[], total: number, path: string | null): Html {
  return html`<section>
    <h2>Rejected rows</h2>
    <p class="soft">
      ${shownOf(Math.min(rejects.length, mostShown), total)} These rows are in the source and not in the
      target.${fileNote(path)}
    </p>
    <div class="scroll" tabindex="0">
      <table aria-label="Rejected rows">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">Value</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          ${rejects.slice(0, mostShown).map(
            (issue) =>
              issue.kind === 'reject' &&
              html`<tr>
                <th scope="row">${issue.table}</th>
                <td class="value">${keyText(issue.key)}</td>
                <td>${issue.column ?? 'whole row'}</td>
                <td class="value">${issue.value ?? ''}</td>
                <td class="value">${issue.reason} <span class="soft">${issue.code}</span></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function alteredSection(report: Report, altered: readonly Issue[]): Html {
  const { totals, files } = report
  const total = totals.altered + totals.declaredConversions
  return html`<section>
    <h2>Altered values</h2>
    ${totals.declaredConversions > 0 && html`<p>${formatCount(totals.declaredConversions)} of them are declared conversions, such as an empty text as NULL in a column of numbers; they do not count as exceptions.</p>`}
    <p class="soft">${shownOf(Math.min(altered.length, mostShown), total)}${fileNote(files.altered)}</p>
    <div class="scroll" tabindex="0">
      <table aria-label="Altered values">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Rule</th>
          </tr>
        </thead>
        <tbody>
          ${altered.slice(0, mostShown).map(
            (issue) =>
              issue.kind === 'altered' &&
              html`<tr>
                <th scope="row">${issue.table}</th>
                <td class="value">${keyText(issue.key)}</td>
                <td>${issue.column}</td>
                <td class="value">${valueText(issue.before)}</td>
                <td class="value">${valueText(issue.after)}</td>
                <td>${issue.rule}${issue.declared && html` <span class="soft">declared</span>`}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function shownOf(shown: number, total: number): string {
  return shown < total ? `The first ${formatCount(shown)} of ${formatCount(total)}.` : `All ${formatCount(total)}.`
}

function fileNote(path: string | null): Html | null {
  return path === null ? null : html` All are in <span class="path">${path}</span>`
}

function keyText(key: RowKey): string {
  return Object.entries(key)
    .map(([column, value]) => `${column} = ${value ?? 'NULL'}`)
    .join(', ')
}

function valueText(value: string | number | null): Html | string {
  if (value === null) return html`<span class="soft">NULL</span>`
  return value === '' ? html`<span class="soft">empty text</span>` : String(value)
}
