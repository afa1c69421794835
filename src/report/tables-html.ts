import { mayBeIncomplete } from './damaged-tables.ts'
import { tableLabel } from '../model/catalog.ts'
import type { Report, TableReport } from '../model/report.ts'
import { formatBytes, formatCount, formatDuration, rowsPerSecond } from './figures.ts'
import { html, type Html } from './html.ts'

/** A column of the table, and whether it is worth its place: `Skipped` says nothing where nothing was skipped. */
type Figure = {
  readonly head: string
  readonly of: (table: TableReport) => number
  readonly always: boolean
  readonly tone: string
}

const figures: readonly Figure[] = [
  { head: 'Rows read', of: (table) => table.rowsRead, always: true, tone: '' },
  { head: 'Created', of: (table) => table.counts.created, always: true, tone: '' },
  { head: 'Updated', of: (table) => table.counts.updated, always: false, tone: '' },
  { head: 'Unchanged', of: (table) => table.counts.unchanged, always: false, tone: '' },
  { head: 'Skipped', of: (table) => table.counts.skipped, always: false, tone: '' },
  { head: 'Rejected', of: (table) => table.rejected, always: true, tone: 'warn' },
  { head: 'Altered', of: (table) => table.altered, always: true, tone: 'warn' },
]

/** Table by table, what was read and what became of it. */
export function tablesSection(report: Report): Html | null {
  if (report.tables.length === 0) return null
  const shown = figures.filter((figure) => figure.always || report.tables.some((table) => figure.of(table) > 0))
  const total = (figure: Figure): number => report.tables.reduce((sum, table) => sum + figure.of(table), 0)
  const heads = [...shown.map((figure) => figure.head), 'Volume', 'Time', 'Rows/s']
  return html`<section>
    <h2>Tables</h2>
    <p class="soft">
      Rows by what became of them. An altered value was stored otherwise than it was read; each is listed.
    </p>
    <div class="scroll" tabindex="0">
      <table aria-label="Tables">
        <thead>
          <tr>
            <th scope="col">Table</th>
            ${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}
            <th scope="col">Verified</th>
          </tr>
        </thead>
        <tbody>
          ${report.tables.map((table) => tableRow(table, shown, mayBeIncomplete(report, table)))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">${formatCount(report.totals.tables)} tables</th>
            ${shown.map((figure) => number(total(figure)))}
            <td class="number">${formatBytes(report.totals.bytes)}</td>
            <td class="number">${formatDuration(report.seconds)}</td>
            <td></td>
            <td></td>
          </tr>
        </tfoot>
      </table>
    </div>
  </section>`
}

function tableRow(table: TableReport, shown: readonly Figure[], isDamaged: boolean): Html {
  const target = tableLabel(table.target)
  const rate = rowsPerSecond(table.rowsRead, table.seconds)
  return html`<tr>
    <th scope="row">
      ${table.source}${target !== table.source && html`<br /><span class="soft">into ${target}</span>`}
    </th>
    ${shown.map((figure) => number(figure.of(table), figure.tone))}
    <td class="number">${formatBytes(table.bytes)}</td>
    <td class="number">${formatDuration(table.seconds)}</td>
    <td class="number">${rate === null ? '–' : formatCount(rate)}</td>
    <td class="mark">${verified(table, isDamaged)}</td>
  </tr>`
}

function verified({ verification }: TableReport, isDamaged: boolean): Html {
  if (verification.level === 'none') return html`<span class="soft">not verified</span>`
  if (verification.verdict === 'equal' && isDamaged) return html`<span class="warn">! read rows only</span>`
  if (verification.verdict === 'equal') return html`<span class="good">✓ ${verification.level}</span>`
  return html`<span class="bad"
    >✗ ${verification.differingRows > 0 ? `${formatCount(verification.differingRows)} differ` : 'differs'}</span
  >`
}

function number(count: number, tone = ''): Html {
  return html`<td class="number ${count > 0 ? tone : ''}">
    ${count === 0 ? html`<span class="soft">0</span>` : formatCount(count)}
  </td>`
}

const mostBars = 15

/** Where the time went: by step, and by table. */
export function throughputSection(report: Report): Html | null {
  const slowest = report.tables.filter((table) => table.seconds > 0).toSorted((a, b) => b.seconds - a.seconds)
  if (report.steps.length === 0 && slowest.length === 0) return null
  return html`<section>
    <h2>Where the time went</h2>
    ${
      report.steps.length > 0 &&
      html`<h3>By step</h3>
        ${bars(report.steps.map(({ kind, seconds }) => ({ name: kind.replaceAll('-', ' '), seconds, note: '' })))}`
    }
    ${
      slowest.length > 0 &&
      html`<h3>By table${slowest.length > mostBars && `, the slowest ${mostBars} of ${slowest.length}`}</h3>
        ${bars(
          slowest
            .slice(0, mostBars)
            .map((table) => ({ name: table.source, seconds: table.seconds, note: rateNote(table) })),
        )}`
    }
  </section>`
}

function rateNote(table: TableReport): string {
  const rate = rowsPerSecond(table.rowsRead, table.seconds)
  return rate === null ? '' : `, ${formatCount(rate)} rows/s`
}

function bars(entries: readonly { readonly name: string; readonly seconds: number; readonly note: string }[]): Html {
  const longest = Math.max(...entries.map((entry) => entry.seconds), 0.001)
  return html`<dl class="bars">
    ${entries.map(
      ({ name, seconds, note }) =>
        html`<dt>${name}</dt>
          <dd aria-hidden="true"><span class="bar" style="width:${((seconds / longest) * 100).toFixed(1)}%"></span></dd>
          <dd>${formatDuration(seconds)}${note}</dd>`,
    )}
  </dl>`
}
