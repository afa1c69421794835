/**
 * A double as the text that SQLite's `CAST(x AS TEXT)` gives since 3.51: `1.5`, `10.0`, `1.0e+100`. Always the shortest digits that
 * read back as the same double; SQLite itself wrote 15 digits before, and writes 17 where fewer are not found.
 */
export function sqliteRealText(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-4 && magnitude < 1e17) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : 'Inf'
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const digits = mantissa.includes('.') ? mantissa : `${mantissa}.0`
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`
}
