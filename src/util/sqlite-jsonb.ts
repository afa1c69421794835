import { isUtf8 } from 'node:buffer'

/**
 * SQLite's binary JSON (a BLOB since 3.45) as JSON text. Each element: a header whose low four bits are the type and whose high
 * four bits are the payload's size, or say in how many bytes the size follows. https://sqlite.org/jsonb.html
 */

const maxDepth = 1000

/** The JSON text; null when the bytes are not one complete, valid element. Numbers and strings in JSON5's forms become plain JSON. */
export function decodeJsonb(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null
  const reader = { buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  const element = readElement(reader.buffer, 0, bytes.length, 0)
  return element !== null && element.end === bytes.length ? element.json : null
}

type Element = { readonly json: string; readonly end: number; readonly isText: boolean }

function readElement(buffer: Buffer, at: number, limit: number, depth: number): Element | null {
  const header = readHeader(buffer, at, limit)
  if (header === null || depth > maxDepth) return null
  const { type, start, end } = header
  const payload = (): string => buffer.toString('latin1', start, end)
  switch (type) {
    case 0:
      return word('null', start, end)
    case 1:
      return word('true', start, end)
    case 2:
      return word('false', start, end)
    case 3:
      return number(/^-?(0|[1-9]\d*)$/.test(payload()) ? payload() : null, end)
    case 4:
      return number(plainHexadecimal(payload()), end)
    case 5:
      return number(/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(payload()) ? payload() : null, end)
    case 6:
      return number(plainFloat(payload()), end)
    case 7:
    case 8:
    case 9:
    case 10:
      return text(buffer, type, start, end)
    case 11:
      return list(buffer, start, end, depth)
    case 12:
      return object(buffer, start, end, depth)
    default:
      return null
  }
}

/** Payload sizes up to 11 stand in the header; 12 to 15 mean that 1, 2, 4 or 8 bytes with the size follow. */
function readHeader(buffer: Buffer, at: number, limit: number): { type: number; start: number; end: number } | null {
  const first = buffer[at]
  if (first === undefined || at >= limit) return null
  const short = first >> 4
  const sizeBytes = short < 12 ? 0 : 2 ** (short - 12)
  const start = at + 1 + sizeBytes
  if (start > limit) return null
  const size =
    sizeBytes === 0
      ? short
      : sizeBytes === 8
        ? Number(buffer.readBigUInt64BE(at + 1))
        : buffer.readUIntBE(at + 1, sizeBytes)
  const end = start + size
  return end <= limit ? { type: first & 15, start, end } : null
}

function word(json: string, start: number, end: number): Element | null {
  return start === end ? { json, end, isText: false } : null
}

function number(json: string | null, end: number): Element | null {
  return json === null ? null : { json, end, isText: false }
}

function plainHexadecimal(payload: string): string | null {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+)$/.exec(payload)
  return match ? `${match[1] === '-' ? '-' : ''}${BigInt(match[2] ?? '0')}` : null
}

function plainFloat(payload: string): string | null {
  const match = /^([+-]?)(\d*)\.?(\d*)([eE][+-]?\d+)?$/.exec(payload)
  if (!match || (match[2] === '' && match[3] === '')) return null
  const integer = (match[2] ?? '').replace(/^0+(?=\d)/, '')
  return `${match[1] === '-' ? '-' : ''}${integer || '0'}${match[3] ? `.${match[3]}` : ''}${match[4] ?? ''}`
}

/** 7: no escapes needed. 8: JSON's escapes. 9: JSON5's escapes. 10: raw text that may need escapes. */
function text(buffer: Buffer, type: number, start: number, end: number): Element | null {
  const bytes = buffer.subarray(start, end)
  if (!isUtf8(bytes)) return null
  const content = bytes.toString('utf8')
  const json = type === 10 ? JSON.stringify(content) : type === 9 ? plainString(content) : `"${content}"`
  if (json === null) return null
  return type === 10 || isJsonString(json) ? { json, end, isText: true } : null
}

function isJsonString(json: string): boolean {
  try {
    return typeof JSON.parse(json) === 'string'
  } catch {
    return false
  }
}

/** JSON5 allows `\'`, `\v`, `\0`, `\xHH` and escaped line ends. */
function plainString(content: string): string {
  const escapes = /\\(?:x([0-9a-fA-F]{2})|(\r\n|[\n\r\u2028\u2029])|(.))|["\p{Cc}]/gsu
  const plain = content.replaceAll(escapes, (found, hex, lineEnd, char) => {
    if (hex !== undefined) return `\\u00${hex}`
    if (lineEnd !== undefined) return ''
    if (char === undefined) return JSON.stringify(found).slice(1, -1)
    if (char === "'") return "'"
    if (char === 'v') return '\\u000b'
    if (char === '0') return '\\u0000'
    return '"\\/bfnrtu'.includes(char) ? found : char
  })
  return `"${plain}"`
}

function list(buffer: Buffer, start: number, end: number, depth: number): Element | null {
  const parts: string[] = []
  for (let at = start; at < end;) {
    const element = readElement(buffer, at, end, depth + 1)
    if (element === null) return null
    parts.push(element.json)
    at = element.end
  }
  return { json: `[${parts.join(',')}]`, end, isText: false }
}

function object(buffer: Buffer, start: number, end: number, depth: number): Element | null {
  const parts: string[] = []
  for (let at = start; at < end;) {
    const label = readElement(buffer, at, end, depth + 1)
    if (label === null || !label.isText) return null
    const value = readElement(buffer, label.end, end, depth + 1)
    if (value === null) return null
    parts.push(`${label.json}:${value.json}`)
    at = value.end
  }
  return { json: `{${parts.join(',')}}`, end, isText: false }
}
