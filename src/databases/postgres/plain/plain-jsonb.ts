/** JSON as PostgreSQL prints a jsonb value, by way of `JSON.parse`: `copy/jsonb-text.ts` does the same on bytes. */
export function plainJsonb(text: string): string {
  // Parsed numbers are printed as they were written only where they are short and whole.
  if (!/\d[.eE]|\d{16}|-0/.test(text)) return print(JSON.parse(text))
  const printed = JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value,
  ) as unknown
  return print(printed)
}

/** A number as it stands in the text. */
class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function print(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return String(value)
  if (value instanceof Digits) return printNumber(value.text)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return Array.isArray(value) ? `[${printItems(value)}]` : `{${printMembers(value)}}`
}

/** Loops, since documents may be 2,000 levels deep and each function between two levels takes room on the stack. */
function printItems(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += `${text === '' ? '' : ', '}${print(item)}`
  return text
}

function printMembers(object: object): string {
  let text = ''
  for (const [key, member] of Object.entries(object).toSorted(([a], [b]) => compareKeys(a, b)))
    text += `${text === '' ? '' : ', '}${JSON.stringify(key)}: ${print(member)}`
  return text
}

/** Shorter keys first, then by their bytes. */
function compareKeys(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** As `numeric` prints it: no exponent, the digits after the point as they were written, no sign of zero. */
function printNumber(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(1, point)
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const scale = Math.max(0, fraction.length - shift)
  const rest = padded.slice(at).padEnd(scale, '0').slice(0, scale)
  const number = rest === '' ? integer : `${integer}.${rest}`
  return /[1-9]/.test(number) ? sign + number : number
}
