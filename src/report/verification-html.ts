import type { Report, RowDifference, TableReport } from '../model/report.ts'
import { countOf, formatCount } from './figures.ts'
import { html, type Html } from './html.ts'

const meaning = {
  none: 'Nothing was compared: --verify none was chosen.',
  counts: 'The numbers of rows on both sides, with the rejected rows, add up or not. Values were not compared.',
  content:
    'Every row that was read was hashed over all its values, and the rows that PostgreSQL now holds were hashed in the same way. Equal sums mean equal content, whatever the order.',
  full: 'Every row was read once more through SQLite and hashed independently of the load over all its values, and the rows that PostgreSQL now holds were hashed too. Equal sums mean equal content, whatever the order.',
} as const

/** How it was verified, and what differs. */
export function verificationSection(report: Report): Html {
  const different = report.tables.filter(
    ({ verification }) => verification.level !== 'none' && verification.verdict === 'differs',
  )
  const equal = report.tables.filter(
    ({ verification }) => verification.level !== 'none' && verification.verdict === 'equal',
  )
  const notCompared = report.tables.flatMap((table) =>
    table.verification.level === 'none'
      ? []
      : table.verification.notCompared.map((column) => `${table.source}.${column}`),
  )
  return html`<section>
    <h2>Verification</h2>
    <p>${meaning[report.verify]}</p>
    ${report.proof && html`<p>${report.proof.sentence}${report.proof.seed !== null && ` The sample was chosen by the seed ${report.proof.seed}.`}</p>`}
    ${report.verify !== 'none' && html`<p><strong class="${different.length === 0 ? 'good' : 'bad'}">${countOf(equal.length, 'table')} equal, ${formatCount(different.length)} different</strong>${equal.length + different.length < report.tables.length && `, ${formatCount(report.tables.length - equal.length - different.length)} not compared`}.</p>`}
    ${notCompared.length > 0 && html`<p>Columns that the target table does not have: ${notCompared.join(', ')}.</p>`}
    ${
      report.schemaDifferences.length > 0 &&
      html`<h3>Differences of the schema</h3>
        <ul>
          ${report.schemaDifferences.map(({ table, object, problem }) => html`<li>${table}: ${object} ${problem}</li>`)}
        </ul>`
    }
    ${different.map(differences)}
  </section>`
}

function differences(table: TableReport): Html | null {
  const { verification } = table
  if (verification.level === 'none') return null
  return html`<h3>
      ${table.source}: ${countOf(verification.sourceRows, 'row')} in the source, ${formatCount(verification.targetRows)}
      in the target
    </h3>
    <p class="soft">
      ${verification.differences.length < verification.differingRows ? `The first ${verification.differences.length} of ${countOf(verification.differingRows, 'differing row')}` : countOf(verification.differingRows, 'differing row')}
    </p>
    <div class="scroll" tabindex="0">
      <table aria-label="Differing rows">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Column</th>
            <th scope="col">Source</th>
            <th scope="col">Target</th>
          </tr>
        </thead>
        <tbody>
          ${verification.differences.map(differenceRows)}
        </tbody>
      </table>
    </div>`
}

function differenceRows(difference: RowDifference): Html {
  const key = Object.entries(difference.key)
    .map(([column, value]) => `${column} = ${value ?? 'NULL'}`)
    .join(', ')
  if (difference.problem !== 'different') {
    const where = difference.problem === 'missing' ? 'not in the target' : 'not in the source'
    return html`<tr>
      <th scope="row">${key}</th>
      <td colspan="3">${where}</td>
    </tr>`
  }
  return html`${difference.columns.map(
    ({ column, source, target }) =>
      html`<tr>
        <th scope="row">${key}</th>
        <td>${column}</td>
        <td class="value">${source ?? nothing}</td>
        <td class="value">${target ?? nothing}</td>
      </tr>`,
  )}`
}

const nothing = html`<span class="soft">NULL</span>`
