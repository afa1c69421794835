/** Digits after the point that a numeric can have (NUMERIC_DSCALE_MASK). */
const maxScale = 0x3fff
/** Groups of four digits before the point, less one: a numeric has up to 131,072 digits there. */
const maxWeight = 0x7fff
/** Exponents beyond this are out of range anyway; the bound keeps the arithmetic exact. */
const exponentBound = 100_000_000

/**
 * A decimal number as PostgreSQL's numeric keeps it: groups of four digits (base 10,000), of which the first has the
 * value `digit * 10000^weight`. One object is read into again and again.
 */
export class Decimal {
  negative = false
  /** Power of 10,000 of the first group; 0 for zero. */
  weight = 0
  /** Digits after the point as written: numeric's display scale. */
  scale = 0
  /** Groups without zero groups at either end; 0 for zero. */
  count = 0
  #first = 0
  #groups = new DataView(new ArrayBuffer(128))

  /** Reads ASCII digits with optional sign, point and exponent from `bytes`. False when it is no number. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    let at = from
    this.negative = bytes[at] === 0x2d
    if (this.negative || bytes[at] === 0x2b) at++
    const digitsFrom = at
    at = afterDigits(bytes, at, to)
    const whole = at - digitsFrom
    let fraction = 0
    if (at < to && bytes[at] === 0x2e) {
      const end = afterDigits(bytes, at + 1, to)
      fraction = end - at - 1
      at = end
    }
    const digitsTo = at
    let exponent = 0
    if (at < to && ((bytes[at] as number) | 0x20) === 0x65) {
      exponent = readExponent(bytes, at + 1, to)
      at = to
    }
    if (at !== to || whole + fraction === 0 || Number.isNaN(exponent)) return false
    this.scale = Math.max(0, fraction - exponent)
    this.#group(bytes, digitsFrom, digitsTo, whole - 1 + exponent)
    return true
  }

  /** Whether numeric can hold it. */
  get inRange(): boolean {
    return this.weight <= maxWeight && this.scale <= maxScale
  }

  /** Bytes that `write` needs. */
  get byteLength(): number {
    return 8 + 2 * this.count
  }

  /** Digits after the point without zeros at the end, as `trim_scale` leaves them. */
  get trimmedScale(): number {
    const fractionGroups = this.count - 1 - this.weight
    if (this.count === 0 || fractionGroups <= 0) return 0
    const last = this.#groups.getUint16(2 * (this.#first + this.count - 1), true)
    const zeros = last % 10 !== 0 ? 0 : last % 100 !== 0 ? 1 : last % 1000 !== 0 ? 2 : 3
    return 4 * fractionGroups - zeros
  }

  /** The form of `numeric_recv` and `numeric_send`: count, weight, sign, scale, groups; 16 bits each. */
  write(view: DataView, at: number, scale: number): void {
    view.setUint16(at, this.count)
    view.setInt16(at + 2, this.weight)
    view.setUint16(at + 4, this.negative && this.count > 0 ? 0x4000 : 0)
    this.writeScale(view, at, scale)
    for (let i = 0; i < this.count; i++) {
      view.setUint16(at + 8 + 2 * i, this.#groups.getUint16(2 * (this.#first + i), true))
    }
  }

  /** Puts another scale into what `write` wrote. */
  writeScale(view: DataView, at: number, scale: number): void {
    view.setUint16(at + 6, scale)
  }

  /** `leading` is the power of ten of the first digit. */
  #group(bytes: Uint8Array, from: number, to: number, leading: number): void {
    let weight = Math.floor(leading / 4)
    let filled = (weight + 1) * 4 - (leading + 1)
    this.#ensureGroups((to - from + filled + 3) >> 2)
    const groups = this.#groups
    let group = 0
    let count = 0
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] as number) - 0x30
      if (digit < 0) continue // the point
      group = group * 10 + digit
      if (++filled === 4) {
        groups.setUint16(2 * count++, group, true)
        group = 0
        filled = 0
      }
    }
    if (group > 0) {
      for (; filled < 4; filled++) group *= 10
      groups.setUint16(2 * count++, group, true)
    }
    let first = 0
    for (; first < count && groups.getUint16(2 * first, true) === 0; first++) weight--
    while (count > first && groups.getUint16(2 * count - 2, true) === 0) count--
    this.#first = first
    this.count = count - first
    this.weight = this.count === 0 ? 0 : weight
  }

  #ensureGroups(count: number): void {
    if (this.#groups.byteLength < 2 * count) this.#groups = new DataView(new ArrayBuffer(4 * count))
  }
}

function afterDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && isDigit(bytes[at] as number)) at++
  return at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** NaN when there is none. */
function readExponent(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  const negative = bytes[at] === 0x2d
  if (negative || bytes[at] === 0x2b) at++
  if (at >= to) return NaN
  let exponent = 0
  for (; at < to; at++) {
    if (!isDigit(bytes[at] as number)) return NaN
    exponent = Math.min(exponentBound, exponent * 10 + (bytes[at] as number) - 0x30)
  }
  return negative ? -exponent : exponent
}
