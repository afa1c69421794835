import { maskUrl } from '../util/secrets.ts'

/**
 * The same plain data with every text freed of passwords and big integers as decimal text. Text by text: masking whole lines
 * of JSON would run over the quotes between a URL in one text and an `@` in the next.
 */
export function maskTexts(value: unknown): unknown {
  if (typeof value === 'string') return maskUrl(value)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(maskTexts)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskTexts(inner)]))
  }
  return value
}
