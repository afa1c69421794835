import { tableLabel } from '../model/catalog.ts'
import type { ObjectReport } from '../model/report.ts'
import { formatCount } from './figures.ts'
import { html, type Html } from './html.ts'

const outcomes = ['refused', 'not-carried', 'changed', 'created'] as const

const words: Readonly<
  Record<
    ObjectReport['outcome'],
    { readonly title: string; readonly count: string; readonly tone: string; readonly mark: string }
  >
> = {
  refused: { title: 'Refused by PostgreSQL', count: 'refused by PostgreSQL', tone: 'bad', mark: '✗' },
  'not-carried': { title: 'Not carried', count: 'not carried', tone: 'warn', mark: '!' },
  changed: { title: 'Carried with a difference', count: 'carried with a difference', tone: 'warn', mark: '≈' },
  created: { title: 'Carried', count: 'carried', tone: 'good', mark: '✓' },
}

/** Object by object: what stood in the source, what stands in the target, and why they differ. */
export function objectsSection(objects: readonly ObjectReport[]): Html | null {
  if (objects.length === 0) return null
  const groups = Map.groupBy(objects, (object) => object.outcome)
  return html`<section>
    <h2>Schema, object by object</h2>
    <p>
      ${outcomes
        .filter((outcome) => groups.has(outcome))
        .map(
          (outcome, index) =>
            html`${index > 0 && ' · '}<span class="${words[outcome].tone}"
                >${words[outcome].mark} ${formatCount(groups.get(outcome)?.length ?? 0)} ${words[outcome].count}</span
              >`,
        )}
    </p>
    ${outcomes.map((outcome) => group(outcome, groups.get(outcome) ?? []))}
  </section>`
}

function group(outcome: ObjectReport['outcome'], objects: readonly ObjectReport[]): Html | null {
  if (objects.length === 0) return null
  return html`<h3>${words[outcome].title}</h3>
    ${objects.map(objectDetails)}`
}

function objectDetails(object: ObjectReport): Html {
  const { mark, tone } = words[object.outcome]
  const where = object.table === null ? '' : ` of ${tableLabel(object.table)}`
  return html`<details>
    <summary>
      <span class="${tone}">${mark}</span> ${object.kind.replaceAll('-', ' ')}
      <strong>${object.name}</strong
      >${where}${object.note !== null && html` <span class="soft">– ${object.note}</span>`}
    </summary>
    ${object.error !== null && html`<p class="bad">PostgreSQL: ${object.error}</p>`}
    <div class="pair">
      <div>
        <h4>SQLite</h4>
        ${sqlText(object.sourceSql)}
      </div>
      <div>
        <h4>PostgreSQL</h4>
        ${sqlText(object.sql)}
      </div>
    </div>
  </details>`
}

function sqlText(sql: string | null): Html {
  return sql === null ? html`<p class="soft">nothing</p>` : html`<pre>${sql}</pre>`
}
