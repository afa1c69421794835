import type { Issue } from '../model/batch.ts'
import type { Report } from '../model/report.ts'
import { formatBytes, formatCount, formatDuration, rowsPerSecond } from './figures.ts'
import { html, type Html } from './html.ts'
import { issuesSection } from './issues-html.ts'
import { objectsSection } from './objects-html.ts'
import { reportStyle } from './report-style.ts'
import { tablesSection, throughputSection } from './tables-html.ts'
import { verificationSection } from './verification-html.ts'
import { findingsSection, warningsSection } from './warnings-html.ts'

/** The first rejected rows and altered values; how many there are altogether stands in the report. */
export type IssueSamples = { readonly rejects: readonly Issue[]; readonly altered: readonly Issue[] }

/** `report.html`: one page that needs nothing from the network and runs no script. Everything in it is escaped. */
export function renderReportHtml(report: Report, samples: IssueSamples): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${titleWord(report)}: ${report.source.label} – rowferry</title>
        <style>
          ${reportStyleMarkup}
        </style>
      </head>
      <body>
        <main>
          ${header(report)} ${figures(report)} ${nextSection(report)} ${tablesSection(report)}
          ${throughputSection(report)} ${verificationSection(report)} ${issuesSection(report, samples)}
          ${objectsSection(report.objects)} ${warningsSection(report.warnings)} ${findingsSection(report.findings)}
          ${footer(report)}
        </main>
      </body>
    </html> `
  return page.text
}

// The style is ours and holds no value of the report; escaping it would break its quotes.
const reportStyleMarkup = html([reportStyle] as unknown as TemplateStringsArray)

function titleWord(report: Report): string {
  return {
    completed: 'Completed',
    completed_with_rejects: 'Completed with exceptions',
    differs: 'Different',
    failed: 'Failed',
    interrupted: 'Interrupted',
  }[report.status]
}

function header(report: Report): Html {
  const tone = {
    completed: 'good',
    completed_with_rejects: 'warn',
    differs: 'bad',
    failed: 'bad',
    interrupted: 'warn',
  }[report.status]
  return html`<header>
      <h1>${report.source.label} → ${report.target.label}</h1>
      <p class="soft">
        Schema ${report.target.schema} ·
        ${whenText(report)}${report.resumed && ' · went on with an interrupted transfer'}
      </p>
    </header>
    <section class="verdict ${tone}" role="status" aria-label="Verdict">
      <p>${report.verdict}</p>
      ${report.failure !== null && report.failure.remedy !== null && html`<p class="remedy">${report.failure.remedy}</p>`}
    </section>`
}

function whenText(report: Report): string {
  return `${report.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}, ${formatDuration(report.seconds)}`
}

function figures({ totals, seconds }: Report): Html {
  const rate = rowsPerSecond(totals.rowsRead, seconds)
  const cards: readonly (readonly [string, string, string?])[] = [
    ['Tables', formatCount(totals.tables)],
    ['Rows read', formatCount(totals.rowsRead)],
    ['Rows loaded', formatCount(totals.loaded)],
    ['Rows rejected', formatCount(totals.rejected), totals.rejected > 0 ? 'warn' : ''],
    ['Values altered', formatCount(totals.altered), totals.altered > 0 ? 'warn' : ''],
    ['Volume', formatBytes(totals.bytes)],
    ['Time', formatDuration(seconds)],
    ['Rows per second', rate === null ? '–' : formatCount(rate)],
  ]
  return html`<dl class="figures">
    ${cards.map(
      ([name, value, tone]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="${tone ?? ''}">${value}</dd>
        </div>`,
    )}
  </dl>`
}

function nextSection(report: Report): Html | null {
  if (report.next.length === 0) return null
  return html`<section>
    <h2>What to do next</h2>
    <pre>${report.next.join('\n')}</pre>
  </section>`
}

function footer(report: Report): Html {
  const files: readonly (readonly [string, string | null])[] = [
    ['Folder', report.files.folder],
    ['Rejected rows', report.files.rejects],
    ['Altered values', report.files.altered],
    ['Log', report.files.log],
  ]
  return html`<footer>
    <dl>
      <dt>Transfer</dt>
      <dd>${report.transferId}, exit code ${report.exitCode}</dd>
      <dt>Made by</dt>
      <dd>rowferry ${report.rowferry}</dd>
      ${files.map(
        ([name, path]) =>
          path !== null &&
          html`<dt>${name}</dt>
            <dd class="path">${path}</dd>`,
      )}
    </dl>
  </footer>`
}
