import type { PostgresValue, WireType } from '../../src/model/batch.ts'

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export type Random = () => number

export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A row with one value of each type; every eighth is NULL. */
export function randomRow(random: Random, types: readonly WireType[]): PostgresValue[] {
  return types.map((type) => (random() < 0.125 ? null : randomValues[type](random)))
}

const randomValues = {
  bool: (random) => random() < 0.5,
  int2: (random) => integer(random, 16),
  int4: (random) => integer(random, 32),
  int8: (random) => (random() < 0.5 ? BigInt.asIntN(64, bigInteger(random)) : integer(random, 53)),
  float4: (random) => Math.fround((random() - 0.5) * 2 ** integer(random, 6)),
  float8: (random) => (random() - 0.5) * 2 ** integer(random, 10),
  numeric: (random) => (random() < 0.3 ? bigInteger(random) : decimal(random)),
  date: (random) => integer(random, 20),
  time: (random) => Math.floor(random() * 86_400_000_001),
  timestamp: (random) => integer(random, 53),
  timestamptz: (random) => integer(random, 53),
  text: (random) => text(random),
  json: (random) => json(random, 3),
  jsonb: (random) => json(random, 4),
  bytea: (random) => Uint8Array.from({ length: below(random, 60) }, () => below(random, 256)),
  uuid: (random) => Uint8Array.from({ length: 16 }, () => below(random, 256)),
} satisfies Record<WireType, (random: Random) => PostgresValue>

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

/** A signed integer of up to so many bits; small ones as likely as large ones. */
function integer(random: Random, bits: number): number {
  const limit = 2 ** below(random, bits)
  return random() < 0.5 ? below(random, limit) : -1 - below(random, limit)
}

function bigInteger(random: Random): bigint {
  return (BigInt(integer(random, 53)) << 40n) ^ BigInt(integer(random, 40))
}

function decimal(random: Random): string {
  const digits = (): string =>
    Array.from({ length: below(random, 30) }, () => (random() < 0.3 ? 0 : below(random, 10))).join('')
  const fraction = digits()
  return `${random() < 0.5 ? '-' : ''}${digits()}0${fraction === '' ? '' : `.${fraction}`}`
}

const alphabet = ['a', 'b', 'Z', ' ', '0', '"', '\\', '\n', 'ü', 'ß', '€', '東', '🚢', '\u{10ffff}', 'abcdefghijkl']

function text(random: Random): string {
  return Array.from({ length: below(random, 40) }, () => alphabet[below(random, alphabet.length)]).join('')
}

/** JSON as people and programs write it: blanks, escapes, repeated keys, keys that differ in length only. */
function json(random: Random, depth: number): string {
  const kind = below(random, depth === 0 ? 6 : 10)
  const blank = random() < 0.1 ? ' \n\t' : ''
  if (kind === 0) return 'null'
  if (kind === 1) return 'true'
  if (kind === 2) return 'false'
  if (kind === 3) return `${blank}${jsonNumber(random)}${blank}`
  if (kind < 6) return jsonString(random, text(random))
  const parts = Array.from({ length: below(random, 6) }, () => json(random, depth - 1))
  if (kind < 8) return `[${blank}${parts.join(`,${blank}`)}]`
  const members = parts.map((part) => `${jsonString(random, key(random))}${blank}:${blank}${part}`)
  return `{${members.join(`${blank},`)}${blank}}`
}

function jsonNumber(random: Random): string {
  const exponent = random() < 0.3 ? `${random() < 0.5 ? 'e' : 'E+'}${below(random, 12)}` : ''
  const fraction = random() < 0.5 ? `.${below(random, 1e6)}` : ''
  return `${random() < 0.3 ? '-' : ''}${below(random, 1e9)}${fraction}${random() < 0.1 ? `e-${below(random, 40)}` : exponent}`
}

function jsonString(random: Random, value: string): string {
  const quoted = JSON.stringify(value)
  if (random() < 0.8) return quoted
  // Everything but ASCII as \uXXXX.
  return quoted.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function key(random: Random): string {
  return ['a', 'b', 'aa', 'ab', 'ü', 'id', 'name', 'ключ', '🚢', ''][below(random, 10)] ?? ''
}
