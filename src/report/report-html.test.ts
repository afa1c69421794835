import { describe, expect, test } from 'vitest'
import { sampleAltered, sampleRejects, sampleReport } from '../../test/support/sample-report.ts'
import { renderReportHtml } from './report-html.ts'

const samples = { rejects: sampleRejects, altered: sampleAltered }

describe('report.html', () => {
  const page = renderReportHtml(sampleReport(), samples)

  test('shows the verdict as the terminal does', () => {
    expect(page).toContain(sampleReport().verdict)
  })

  test('escapes what came from the database', () => {
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;')
    expect(page).not.toContain('<script')
  })

  test('fetches nothing: no address of another place stands where a browser would follow it by itself', () => {
    expect(page).not.toMatch(/<(link|script|img|iframe)\b|@import|url\(/i)
    expect(page).not.toMatch(/\b(src|href)=/)
  })

  test('shows a character that HTML cannot hold as a replacement', () => {
    expect(page).toContain(String.raw`a\x00b`)
    expect(page).not.toContain('\u0000')
  })

  test('shows both SQL texts of an object that PostgreSQL refused, and its message', () => {
    expect(page).toContain('CREATE VIEW top_posters AS SELECT')
    expect(page).toContain('create view public.top_posters as select')
    expect(page).toContain('column &quot;user_id&quot; does not exist')
  })

  test('every element that is opened is closed', () => {
    for (const tag of [
      'table',
      'thead',
      'tbody',
      'tr',
      'td',
      'section',
      'details',
      'summary',
      'dl',
      'dd',
      'pre',
      'div',
      'span',
      'p',
      'ul',
      'li',
    ]) {
      const opened = page.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length ?? 0
      const closed = page.match(new RegExp(`</${tag}\\s*>`, 'g'))?.length ?? 0
      expect({ tag, opened }).toEqual({ tag, opened: closed })
    }
  })

  test('lists at most 100 rejected rows and says how many there are', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({
      ...(sampleRejects[0] as (typeof sampleRejects)[0]),
      key: { id: index },
    }))
    const long = renderReportHtml(sampleReport({ totals: { ...sampleReport().totals, rejected: 5000 } }), {
      rejects: many,
      altered: [],
    })
    expect(long).toContain('The first 100 of 5,000.')
    expect(long.match(/DATA_MISFIT/g)).toHaveLength(100)
  })

  test('a failed transfer without tables is a page too', () => {
    const failed = sampleReport({
      status: 'failed',
      exitCode: 3,
      verdict: 'FAILED: The connection to <db> was lost.',
      tables: [],
      steps: [],
      objects: [],
      warnings: [],
      findings: [],
      failure: {
        code: 'CONNECT_TARGET_LOST',
        message: 'The connection to <db> was lost.',
        remedy: 'Give the same command again',
      },
    })
    const text = renderReportHtml(failed, { rejects: [], altered: [] })
    expect(text).toContain('FAILED: The connection to &lt;db&gt; was lost.')
    expect(text).toContain('Give the same command again')
  })
})
