import type { Random } from './random-rows.ts'

/** A JSON text of any shape, with odd blanks, escapes, numbers and repeated keys: nothing that jsonb refuses. */
export function randomJson(random: Random, depth = 3): string {
  const gap = (): string => pick(random, gaps)
  const several = (makeOne: () => string): string =>
    Array.from({ length: Math.floor(random() * pick(random, sizes)) }, () => gap() + makeOne() + gap()).join(',')
  const kind = depth === 0 ? 1 : random()
  if (kind < 0.3) return `[${gap()}${several(() => randomJson(random, depth - 1))}]`
  if (kind < 0.7) {
    return `{${gap()}${several(() => `${randomString(random)}${gap()}:${gap()}${randomJson(random, depth - 1)}`)}}`
  }
  return pick(random, [() => randomString(random), () => pick(random, words), () => randomNumber(random)])()
}

/** The text with up to three characters put in, taken out or exchanged: rarely JSON any more. */
export function brokenJson(random: Random, json: string): string {
  let broken = json
  for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--) {
    const at = Math.floor(random() * (broken.length + 1))
    const from = random() < 0.5 ? at : at + 1
    broken = broken.slice(0, at) + (random() < 0.3 ? '' : pick(random, debris)) + broken.slice(from)
  }
  return broken.toWellFormed()
}

function randomString(random: Random): string {
  const length = Math.floor(random() * pick(random, [2, 4, 30]))
  return `"${Array.from({ length }, () => pick(random, stringParts)).join('')}"`
}

function randomNumber(random: Random): string {
  const digits = (count: number): string => String(Math.floor(random() * 10 ** Math.ceil(random() * count)))
  const fraction = random() < 0.4 ? `.${pick(random, ['', '0', '00'])}${digits(6)}` : ''
  const exponent = random() < 0.2 ? pick(random, ['e', 'E', 'e+', 'E-', 'e-']) + digits(2) : ''
  return pick(random, ['', '-']) + pick(random, ['0', digits(15)]) + fraction + exponent
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T
}

const gaps = ['', '', '', ' ', '\n', '\t', '\r\n', '   ']
const sizes = [2, 3, 4, 4, 4, 4, 4, 6, 30]
const words = ['true', 'false', 'null']
const stringParts = [
  ['a', 'b', 'c', 'key', ' ', '/', '[', '}', ',', ':', '0', '\u007f', 'é', 'ß', '日', '🚢', '\u2028', '\uFEFF'],
  ['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0001', '\\u001F', '\\u0022', '\\u005c'],
  ['\\u0061', '\\u007f', '\\u00e9', '\\u07FF', '\\u0800', '\\uffff', '\\ud83d\\udea2', '\\uDBFF\\uDFFF'],
].flat()
const debris = [
  ['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '-', '+', '.', 'e', 'E', '0', '1', '00', 'u', 'n', 'true'],
  ['nul', "'", '\u0000', '\u0001', '\u001f', '\u007f', '\u00a0', '\uFEFF', 'é', '🚢', '\\u', '\\u00', '\\ud83d'],
  ['\\udea2', '\\u0000', '/', '//', '/*', '\\x', 'NaN', '1e5', '1e9999', '-0', '"a":', '{}', '[]'],
].flat()
