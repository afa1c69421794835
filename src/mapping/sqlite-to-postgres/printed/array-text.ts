/** Arrays as PostgreSQL writes them, `{1,NULL,"a b"}`, and as JSON. */
export type ArrayItem = string | null | readonly ArrayItem[]

/** What an array of PostgreSQL can have. */
export const mostDimensions = 6

/** Null when the text is no array of PostgreSQL's. Explicit bounds (`[0:1]={…}`) are none either. */
export function parseArrayText(text: string, delimiter = ','): readonly ArrayItem[] | null {
  const reader = { text: text.trim(), at: 0, delimiter, depth: 0 }
  const items = reader.text.startsWith('{') ? readArray(reader) : null
  return items !== null && reader.at === reader.text.length ? items : null
}

type Reader = { readonly text: string; at: number; readonly delimiter: string; depth: number }

function readArray(reader: Reader): ArrayItem[] | null {
  if (reader.depth === mostDimensions) return null
  reader.depth++
  const items = readItems(reader)
  reader.depth--
  return items
}

function readItems(reader: Reader): ArrayItem[] | null {
  const items: ArrayItem[] = []
  reader.at++
  skipBlanks(reader)
  if (reader.text[reader.at] === '}') {
    reader.at++
    return items
  }
  for (;;) {
    const item = readItem(reader)
    if (item === undefined) return null
    items.push(item)
    skipBlanks(reader)
    const next = reader.text[reader.at++]
    if (next === '}') return items
    if (next !== reader.delimiter) return null
    skipBlanks(reader)
  }
}

/** Undefined: there is none. */
function readItem(reader: Reader): ArrayItem | undefined {
  const first = reader.text[reader.at]
  if (first === '{') return readArray(reader) ?? undefined
  if (first === '"') return readQuoted(reader)
  let item = ''
  for (; reader.at < reader.text.length; reader.at++) {
    const character = reader.text[reader.at] as string
    if (character === reader.delimiter || character === '}') break
    if (character === '{' || character === '"') return undefined
    if (character === '\\') reader.at++
    item += reader.text[reader.at] ?? ''
  }
  const trimmed = item.trim()
  if (trimmed === '') return undefined
  return trimmed.toUpperCase() === 'NULL' ? null : trimmed
}

function readQuoted(reader: Reader): string | undefined {
  let item = ''
  for (reader.at++; reader.at < reader.text.length; reader.at++) {
    const character = reader.text[reader.at] as string
    if (character === '"') {
      reader.at++
      return item
    }
    if (character === '\\') reader.at++
    item += reader.text[reader.at] ?? ''
  }
  return undefined
}

function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++
}

/** The items of a JSON array with their digits as they stand; null when the text is none. Objects stay JSON text. */
export function parseJsonArray(text: string): readonly JsonItem[] | null {
  try {
    // Numbers keep all their digits: a double would lose some.
    const parsed: unknown = JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? JSON.rawJSON(context?.source ?? String(value)) : value,
    )
    if (!Array.isArray(parsed)) return null
    // Equal keys and keys that are numbers do not come back as they stand: such elements are refused.
    return text.includes('{') && JSON.stringify(parsed) !== compact(text) ? null : (parsed as JsonItem[])
  } catch {
    return null // it is no JSON at all
  }
}

/** Without blanks between its tokens, and with strings as `JSON.stringify` writes them. */
function compact(json: string): string {
  return json.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g, (token) =>
    token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : '',
  )
}

declare global {
  // Node 24 has it, TypeScript's library not yet: https://github.com/tc39/proposal-json-parse-with-source
  interface JSON {
    rawJSON(text: string): object
  }
}

export type JsonItem = string | boolean | null | object | readonly JsonItem[]

/** As PostgreSQL prints it. */
export function printArray(items: readonly ArrayItem[], delimiter = ','): string {
  const printed = items.map((item) =>
    item === null ? 'NULL' : typeof item === 'string' ? quoted(item, delimiter) : printArray(item, delimiter),
  )
  return `{${printed.join(delimiter)}}`
}

function quoted(item: string, delimiter: string): string {
  const isPlain = item !== '' && !/[\s{}"\\]/.test(item) && !item.includes(delimiter) && item.toUpperCase() !== 'NULL'
  return isPlain ? item : `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
