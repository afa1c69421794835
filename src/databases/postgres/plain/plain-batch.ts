import type { PostgresValue } from '../../../model/batch.ts'
import type { EncodedBatch } from '../../databases.ts'
import type { EncoderShape } from '../copy/copy-binary.ts'
import { maxRowBytes } from '../copy/field-errors.ts'
import { plainBlankPadded, type PlainField, plainFields, UnwritableValue } from './plain-fields.ts'
import { plainHash } from './plain-hash.ts'

/** Rows that were encoded and hashed the plain way, to be compared with what the fast way and PostgreSQL made of them. */
export class PlainBatch implements EncodedBatch {
  rows = 0
  bytes = 0
  readonly #shape: EncoderShape
  /** Null where only the hash is wanted. */
  readonly #sent: Uint8Array[] | null
  readonly #hashes: bigint[] = []
  #sum = 0n

  constructor(shape: EncoderShape, { keepsRows }: { readonly keepsRows: boolean }) {
    this.#shape = shape
    this.#sent = keepsRows ? [] : null
  }

  /** Throws UnwritableValue for a row that cannot be sent; it is then not in the batch. */
  add(values: readonly PostgresValue[]): void {
    const fields = values.map((value, column) => this.#fieldOf(value, column))
    const length = fields.reduce((sum, field) => sum + 4 + (field?.sent.length ?? 0), 2)
    if (length > maxRowBytes) throw new UnwritableValue('the row is too long')
    const hash = rowHash(fields, this.#shape.rowHash)
    this.#sum = BigInt.asUintN(64, this.#sum + hash)
    this.rows++
    this.bytes += length
    if (this.#sent === null) return
    this.#hashes.push(hash)
    this.#sent.push(rowBytes(fields))
  }

  #fieldOf(value: PostgresValue, column: number): PlainField | null {
    if (value === null) return null
    if (this.#shape.blankPadded?.includes(column)) return plainBlankPadded(value)
    return plainFields[this.#shape.wireTypes[column] ?? 'text'](value)
  }

  *copyStream(from: number, to: number): Generator<Uint8Array> {
    yield Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
    for (const row of this.#sent?.slice(from, to) ?? []) yield row
    yield Buffer.from([0xff, 0xff])
  }

  hash(from: number, to: number): bigint {
    if (from === 0 && to === this.rows) return this.#sum
    return this.#hashes.slice(from, to).reduce((sum, hash) => BigInt.asUintN(64, sum + hash), 0n)
  }
}

/** The two forms of `docs/design/verification.md`, in numbers of 64 bits. */
function rowHash(fields: readonly (PlainField | null)[], form: EncoderShape['rowHash']): bigint {
  let [high, low, chained] = [0, 0, 0n]
  for (const [column, field] of fields.entries()) {
    if (form === 'chained') {
      const hash = field === null ? { high: 0, low: 0 } : plainHash(field.hashed, 0)
      chained = BigInt.asUintN(64, chained * 31n + ((BigInt(hash.high) << 32n) | BigInt(hash.low)))
    } else if (field !== null) {
      const hash = plainHash(field.hashed, column + 1)
      high ^= hash.high
      low ^= hash.low
    }
  }
  const seeded = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const number = Number(BigInt.asIntN(64, form === 'chained' ? chained : seeded))
  if (number === 0) return 0n
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(number)
  const last = plainHash(bytes, 0)
  return (BigInt(last.high) << 32n) | BigInt(last.low)
}

function rowBytes(fields: readonly (PlainField | null)[]): Uint8Array {
  const parts: Uint8Array[] = []
  const length = (bytes: number, value: number): void => {
    const buffer = Buffer.allocUnsafe(bytes)
    buffer.writeIntBE(value, 0, bytes)
    parts.push(buffer)
  }
  length(2, fields.length)
  for (const field of fields) {
    length(4, field?.sent.length ?? -1)
    if (field !== null) parts.push(field.sent)
  }
  return Buffer.concat(parts)
}
