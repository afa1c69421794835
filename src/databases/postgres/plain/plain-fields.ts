import type { PostgresValue, WireType } from '../../../model/batch.ts'
import { JsonbText } from '../copy/jsonb-text.ts'
import { plainJsonb } from './plain-jsonb.ts'

/**
 * One value of a binary COPY stream and the bytes whose hash PostgreSQL computes of it, made the plain way: a buffer per value, by
 * Node's own functions. The second reading and the comparison of rows encode with this and share nothing with `copy/field-writers.ts` and `assembly/encode.ts`.
 */
export type PlainField = { readonly sent: Uint8Array; readonly hashed: Uint8Array }

type Value = Exclude<PostgresValue, null>

/** A value that cannot stand in a text: the row is rejected, as the load rejects it. */
export class UnwritableValue extends Error {}

export const plainFields = {
  bool: (value) => word(Number(value), Buffer.of(value === true ? 1 : 0)),
  int2: (value) => word(Number(value), int16(Number(value))),
  int4: (value) => word(Number(value), int32(Number(value))),
  int8: (value) => same(int64(value)),
  float4: (value) => same(written(4, (bytes) => bytes.writeFloatBE(Number(value)))),
  float8: (value) => same(written(8, (bytes) => bytes.writeDoubleBE(Number(value)))),
  numeric: (value) => decimal(String(value)),
  date: (value) => word(Number(value), int32(Number(value))),
  time: (value) => same(int64(value)),
  timestamp: (value) => same(int64(value)),
  timestamptz: (value) => same(int64(value)),
  text: (value) => same(textBytes(value)),
  json: (value) => same(textBytes(value)),
  jsonb,
  bytea: (value) => same(textBytes(value)),
  uuid: (value) => same(typeof value === 'string' ? Buffer.from(value.replaceAll('-', ''), 'hex') : textBytes(value)),
} as const satisfies Record<WireType, (value: Value) => PlainField>

/** For char(n), whose trailing blanks mean nothing. */
export function plainBlankPadded(value: Value): PlainField {
  return same(Buffer.from(Buffer.from(textBytes(value)).toString('utf8').replace(/ +$/, '')))
}

function same(bytes: Uint8Array): PlainField {
  return { sent: bytes, hashed: bytes }
}

/** Small integers are hashed as four bytes, the lowest first, whatever their length. */
function word(number: number, sent: Uint8Array): PlainField {
  return { sent, hashed: written(4, (bytes) => bytes.writeInt32LE(number)) }
}

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  write(bytes)
  return bytes
}

function int16(number: number): Buffer {
  return written(2, (bytes) => bytes.writeInt16BE(number))
}

function int32(number: number): Buffer {
  return written(4, (bytes) => bytes.writeInt32BE(number))
}

function int64(value: Value): Buffer {
  return written(8, (bytes) => bytes.writeBigInt64BE(BigInt(value as bigint | number)))
}

function textBytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value
  const text = String(value)
  if (!text.isWellFormed()) throw new UnwritableValue('the text is not well-formed')
  return Buffer.from(text)
}

/** Version 1, then the text; what comes back is PostgreSQL's own text. */
function jsonb(value: Value): PlainField {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)
  const versioned = (json: string): Buffer => Buffer.concat([Buffer.of(1), Buffer.from(json)])
  if (!text.isWellFormed()) throw new UnwritableValue('the text is not well-formed')
  return { sent: versioned(text), hashed: deepJsonb(text) ?? versioned(plainJsonb(text)) }
}

/** Deeper documents would not fit on the stack: there the encoder's own text has to do. Null for all others. */
function deepJsonb(text: string): Uint8Array | null {
  if (text.length <= 2 * deepestPlain || depthOf(text) <= deepestPlain) return null
  const bytes = Buffer.from(text)
  const deep = new JsonbText()
  deep.write(bytes, 0, bytes.length)
  return deep.bytes.subarray(0, deep.length)
}

const deepestPlain = 500

/** Of JSON: brackets in strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, isString] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) isString = !isString
    else if (code === 0x5c) at++
    else if (isString) continue
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth--
  }
  return deepest
}

/** Groups of four digits around the point. The hash leaves out zeros at the end (`trim_scale`). */
function decimal(text: string): PlainField {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(text) ?? []
  const left = whole.replace(/^0+/, '')
  const right = fraction.replace(/0+$/, '')
  const groups = (digits: string): number[] => (digits.match(/\d{4}/g) ?? []).map(Number)
  const all = groups(left.padStart(4 * Math.ceil(left.length / 4), '0'))
  let weight = all.length - 1
  all.push(...groups(right.padEnd(4 * Math.ceil(right.length / 4), '0')))
  while (all[0] === 0) {
    all.shift()
    weight--
  }
  while (all.at(-1) === 0) all.pop()
  if (all.length === 0) weight = 0
  const isNegative = sign === '-' && all.length > 0
  const withScale = (scale: number): Buffer =>
    written(2 * (4 + all.length), (bytes) => {
      for (const [place, number] of [all.length, weight, isNegative ? 0x4000 : 0, scale, ...all].entries())
        bytes.writeInt16BE(number, 2 * place)
    })
  return { sent: withScale(fraction.length), hashed: withScale(right.length) }
}
