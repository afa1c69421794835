/** JSON as PostgreSQL prints a jsonb value, by way of `JSON.parse`: `copy/jsonb-text.ts` does the same on bytes. */
export function plainJsonb(text: string): string {
  const printed = JSON.parse(text, function (
    this: unknown,
    _key: string,
    value: unknown,
    context?: { source?: string },
  ) {
    return new Printed(print(value, context?.source))
  } as (key: string, value: unknown) => unknown) as Printed
  return printed.text
}

/** A value that is printed already. Values come from the inside out. */
class Printed {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function print(value: unknown, source: string | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => (item as Printed).text).join(', ')}]`
  if (typeof value === 'object' && value !== null) return printObject(Object.entries(value as Record<string, Printed>))
  return typeof value === 'number' ? printNumber(source ?? String(value)) : JSON.stringify(value)
}

/** Shorter keys first, then by their bytes. */
function printObject(members: readonly (readonly [string, Printed])[]): string {
  const ordered = members
    .map(([key, { text }]) => ({ key, bytes: Buffer.from(key), text }))
    .toSorted((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
  return `{${ordered.map(({ key, text }) => `${JSON.stringify(key)}: ${text}`).join(', ')}}`
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
