/** `"a"=>"1", "b"=>NULL`, in the order in which PostgreSQL prints the pairs. Null where a key occurs twice or the text is none. */
export type HstorePairs = ReadonlyMap<string, string | null>

export function hstoreText(pairs: HstorePairs): string {
  const bytes = (text: string): Buffer => Buffer.from(text)
  return [...pairs]
    .toSorted(([a], [b]) => bytes(a).length - bytes(b).length || Buffer.compare(bytes(a), bytes(b)))
    .map(([key, value]) => `${quoted(key)}=>${value === null ? 'NULL' : quoted(value)}`)
    .join(', ')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

// Each part is a run of ordinary characters between runs of special ones: nothing can be matched in two ways, so no text takes more than linear time.
const quotedText = /"([^"\\]*(?:\\.[^"\\]*)*)"/
const bareKey = /((?:[^\s"\\=,]|\\.|=(?!>))[^\s"\\=,]*(?:(?:\\.|=(?!>))[^\s"\\=,]*)*)/
const bareText = /((?:[^\s"\\,]|\\.)[^\s"\\,]*(?:\\.[^\s"\\,]*)*)/
const pair = new RegExp(
  `\\s*(?:${quotedText.source}|${bareKey.source})\\s*=>\\s*(?:${quotedText.source}|${bareText.source})\\s*(,|$)`,
  'sy',
)

export function parseHstore(text: string): HstorePairs | null {
  const pairs = new Map<string, string | null>()
  if (text.trim() === '') return pairs
  for (pair.lastIndex = 0; ;) {
    const found = pair.exec(text)
    if (found === null) return null
    const [, quotedKey, plainKey = '', quotedValue, bareValue = '', end] = found
    const key = unescaped(quotedKey ?? plainKey)
    if (pairs.has(key)) return null
    pairs.set(key, quotedValue === undefined ? bareOrNull(bareValue) : unescaped(quotedValue))
    if (end === '') return pairs
  }
}

function bareOrNull(text: string): string | null {
  return text.toUpperCase() === 'NULL' ? null : unescaped(text)
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1')
}

export function parseJsonObject(text: string): HstorePairs | null {
  if (!/^\s*\{/.test(text)) return null
  const pairs = new Map<string, string | null>()
  try {
    const parsed: unknown = JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    )
    for (const [key, value] of Object.entries(parsed as Record<string, string | boolean | object | null>)) {
      if (typeof value === 'object' && value !== null) return null
      pairs.set(key, value === null ? null : String(value))
    }
  } catch {
    return null // it is no JSON at all
  }
  return countKeys(text) === pairs.size ? pairs : null
}

/** `JSON.parse` keeps the last of equal keys without a word. */
function countKeys(text: string): number {
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '""').split(':').length - 1
}
