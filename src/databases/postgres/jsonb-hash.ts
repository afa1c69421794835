import { digest, hashBytes } from './hash-bytes.ts'
import { Decimal } from './numeric-binary.ts'

/**
 * PostgreSQL's `jsonb_hash_extended` with seed 0 (jsonb_op.c, jsonb_util.c), computed from JSON text.
 *
 * The hash walks the stored form: keys ordered by length and then by bytes, of equal keys the last. Every container
 * contributes a flag, every scalar and key rotates both halves by one bit and is XORed in. Rotation and XOR are linear,
 * so a sub-tree is fully described by how often it rotates and by its own hash: no tree needs to be built, and the
 * members of an object are put in order after they were hashed.
 */

const arrayFlag = 0x4000_0000
const objectFlag = 0x2000_0000

/** How a part of the document changes the hash: `rotate` times, then XOR with high and low. */
type Part = { rotate: number; high: number; low: number }

type Member = Part & {
  /** In the text, or in the scratch buffer when the key has escapes. */
  readonly keyFrom: number
  readonly keyLength: number
  readonly keyEscaped: boolean
  readonly keyHigh: number
  readonly keyLow: number
  readonly order: number
}

type Container = Part & {
  /** Null for an array. */
  readonly members: Member[] | null
  /** True while each key came after the one before it in stored order. */
  ordered: boolean
  empty: boolean
}

export class JsonbHasher {
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  #end = 0
  readonly #stack: Container[] = []
  readonly #decimal = new Decimal()
  #scratch = Buffer.allocUnsafeSlow(1024)
  #scratchView: DataView = viewOf(this.#scratch)
  #scratchUsed = 0
  /** Where the string that was read last stands. */
  #stringFrom = 0
  #stringLength = 0
  #stringEscaped = false

  /**
   * Hashes the JSON text in `bytes` (UTF-8) into `digest`. False, with a hash of 0, when it is not JSON: PostgreSQL will
   * refuse it, and a hash of 0 could never vouch for it.
   */
  hash(bytes: Uint8Array, view: DataView, from: number, to: number): boolean {
    this.#bytes = bytes
    this.#view = view
    this.#at = from
    this.#end = to
    this.#scratchUsed = 0
    this.#stack.length = 0
    const valid = this.#document()
    if (!valid) setDigest(0, 0)
    return valid
  }

  #document(): boolean {
    this.#skipBlanks()
    const first = this.#peek()
    if (first !== 0x7b && first !== 0x5b) {
      if (!this.#scalar()) return false
      // A scalar at the top is kept as an array of one element.
      const flag = (arrayFlag << 1) | (arrayFlag >>> 31)
      setDigest(flag ^ digest.high, flag ^ digest.low)
    } else if (!this.#containers()) return false
    this.#skipBlanks()
    return this.#at === this.#end
  }

  /** From the bracket that opens the outermost container to the one that closes it. */
  #containers(): boolean {
    const stack = this.#stack
    let top = this.#open()
    for (;;) {
      this.#skipBlanks()
      const byte = this.#peek()
      if (byte === (top.members === null ? 0x5d : 0x7d)) {
        this.#at++
        if (top.members !== null) this.#joinMembers(top, top.members)
        stack.pop()
        const parent = stack.at(-1)
        if (parent === undefined) {
          if (top.empty) setDigest(0, 0)
          else setDigest(top.high, top.low)
          return true
        }
        addTo(parent, top.rotate, top.high, top.low)
        top = parent
        continue
      }
      if (!top.empty) {
        if (byte !== 0x2c) return false
        this.#at++
        this.#skipBlanks()
      }
      top.empty = false
      if (top.members !== null && !this.#key(top, top.members)) return false
      const next = this.#peek()
      if (next === 0x7b || next === 0x5b) {
        top = this.#open()
        continue
      }
      if (!this.#scalar()) return false
      addTo(top, 1, digest.high, digest.low)
    }
  }

  #open(): Container {
    const object = this.#bytes[this.#at++] === 0x7b
    const flag = object ? objectFlag : arrayFlag
    const container: Container = {
      rotate: 0,
      high: flag,
      low: flag,
      members: object ? [] : null,
      ordered: true,
      empty: true,
    }
    this.#stack.push(container)
    return container
  }

  #key(object: Container, members: Member[]): boolean {
    if (this.#peek() !== 0x22 || !this.#string()) return false
    const member: Member = {
      rotate: 0,
      high: 0,
      low: 0,
      keyFrom: this.#stringFrom,
      keyLength: this.#stringLength,
      keyEscaped: this.#stringEscaped,
      keyHigh: digest.high,
      keyLow: digest.low,
      order: members.length,
    }
    const last = members.at(-1)
    if (last !== undefined && object.ordered) object.ordered = this.#compareKeys(last, member) < 0
    members.push(member)
    this.#skipBlanks()
    if (this.#peek() !== 0x3a) return false
    this.#at++
    this.#skipBlanks()
    return true
  }

  #joinMembers(object: Container, members: Member[]): void {
    if (!object.ordered) members.sort((a, b) => this.#compareKeys(a, b) || a.order - b.order)
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member
      const next = members[i + 1]
      // Of equal keys the last one stays.
      if (!object.ordered && next !== undefined && this.#compareKeys(member, next) === 0) continue
      append(object, 1, member.keyHigh, member.keyLow)
      append(object, member.rotate, member.high, member.low)
    }
  }

  #compareKeys(a: Member, b: Member): number {
    if (a.keyLength !== b.keyLength) return a.keyLength - b.keyLength
    const aBytes = a.keyEscaped ? this.#scratch : this.#bytes
    const bBytes = b.keyEscaped ? this.#scratch : this.#bytes
    for (let i = 0; i < a.keyLength; i++) {
      const difference = (aBytes[a.keyFrom + i] as number) - (bBytes[b.keyFrom + i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  #peek(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] as number) : -1
  }

  #skipBlanks(): void {
    for (;;) {
      const byte = this.#peek()
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  /** Hashes the scalar here into `digest` (JsonbHashScalarValueExtended). */
  #scalar(): boolean {
    switch (this.#peek()) {
      case 0x22:
        return this.#string()
      case 0x6e: // null
        setDigest(0, 1)
        return this.#word(0x6e, 0x75, 0x6c, 0x6c)
      case 0x74: // true
        setDigest(0, 2)
        return this.#word(0x74, 0x72, 0x75, 0x65)
      case 0x66: // false
        setDigest(0, 4)
        this.#at++
        return this.#word(0x61, 0x6c, 0x73, 0x65)
      default:
        return this.#number()
    }
  }

  #word(a: number, b: number, c: number, d: number): boolean {
    const bytes = this.#bytes
    const at = this.#at
    this.#at += 4
    return this.#at <= this.#end && bytes[at] === a && bytes[at + 1] === b && bytes[at + 2] === c && bytes[at + 3] === d
  }

  #number(): boolean {
    const from = this.#at
    while (isNumberByte(this.#peek())) this.#at++
    if (!this.#decimal.read(this.#bytes, from, this.#at)) return false
    this.#decimal.hash()
    return true
  }

  /** Reads the string here, hashes it into `digest`, and notes where it stands. */
  #string(): boolean {
    const bytes = this.#bytes
    const from = ++this.#at
    for (; this.#at < this.#end; this.#at++) {
      const byte = bytes[this.#at] as number
      if (byte === 0x5c) return this.#escapedString(from)
      if (byte === 0x22) {
        this.#stringFrom = from
        this.#stringLength = this.#at++ - from
        this.#stringEscaped = false
        hashBytes(this.#view, from, this.#stringLength)
        return true
      }
    }
    return false
  }

  /** Unescapes into the scratch buffer; what stands there stays until the document ends. */
  #escapedString(from: number): boolean {
    const end = this.#endOfString()
    if (end < 0) return false
    this.#ensureScratch(end - from)
    let text: unknown
    try {
      // Rare enough to leave the rules of escapes to the engine.
      text = JSON.parse(Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from - 1, end - from + 2).toString())
    } catch {
      return false
    }
    this.#at = end + 1
    this.#stringFrom = this.#scratchUsed
    this.#stringLength = this.#scratch.write(text as string, this.#scratchUsed, 'utf8')
    this.#stringEscaped = true
    this.#scratchUsed += this.#stringLength
    hashBytes(this.#scratchView, this.#stringFrom, this.#stringLength)
    return true
  }

  #endOfString(): number {
    for (let at = this.#at; at < this.#end; at++) {
      const byte = this.#bytes[at]
      if (byte === 0x5c) at++
      else if (byte === 0x22) return at
    }
    return -1
  }

  /** An unescaped string is never longer than its escaped form. */
  #ensureScratch(length: number): void {
    if (this.#scratchUsed + length <= this.#scratch.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#scratchUsed + length))
    this.#scratch.copy(larger, 0, 0, this.#scratchUsed)
    this.#scratch = larger
    this.#scratchView = viewOf(larger)
  }
}

/** A value of the container: of an array the next element, of an object that of the last key. */
function addTo(container: Container, rotate: number, high: number, low: number): void {
  const member = container.members?.at(-1)
  if (member === undefined) append(container, rotate, high, low)
  else {
    member.rotate = rotate
    member.high = high
    member.low = low
  }
}

function append(part: Part, rotate: number, high: number, low: number): void {
  part.rotate += rotate
  part.high = ((part.high << rotate) | (part.high >>> (32 - rotate))) ^ high
  part.low = ((part.low << rotate) | (part.low >>> (32 - rotate))) ^ low
}

/** Digits, signs, point, e and E: what a JSON number is made of. */
function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65
}

function setDigest(high: number, low: number): void {
  digest.high = high
  digest.low = low
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
