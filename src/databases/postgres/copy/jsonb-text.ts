import { viewOf } from './copy-buffer.ts'
import { withoutExponent } from './without-exponent.ts'

/**
 * JSON as PostgreSQL prints a jsonb value (JsonbToCString in jsonb.c), written from the JSON that was sent: what the hash
 * of a jsonb column is made of. Keys are ordered by length and then by bytes, of equal keys the last one stays; blanks
 * are gone but for one after each comma and colon; strings are unescaped as far as JSON allows; numbers keep the digits
 * after their point, but lose exponents and the sign of zero.
 *
 * Work is on bytes without building a tree: everything is copied over in reading order, and an object whose keys were
 * not in order is put in order when it closes.
 */
export class JsonbText {
  /** The text is the first `length` bytes; overwritten by the next `write`. */
  bytes = Buffer.allocUnsafeSlow(firstBytes)
  view: DataView = viewOf(this.bytes)
  length = 0
  #source: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  /** By depth; reused from document to document. */
  readonly #containers: Container[] = []
  #depth = 0
  #keys = Buffer.allocUnsafeSlow(256)
  #keysUsed = 0
  /** Whether the string that was copied last has escapes. */
  #escaped = false

  /** False, with a text of no meaning, when it is not JSON: PostgreSQL will refuse the row. UTF-8. */
  write(source: Uint8Array, from: number, to: number): boolean {
    this.#source = source
    this.#at = from
    this.#end = to
    this.#depth = 0
    this.#keysUsed = 0
    this.length = 0
    if (this.bytes.length > keptBytes && to - from < keptBytes / 4) this.#resize(firstBytes)
    this.#reserve(0)
    this.#skipBlanks()
    const valid = this.#isOpening() ? this.#containersHere() : this.#scalar()
    this.#skipBlanks()
    return valid && this.#at === this.#end
  }

  /** From the bracket that opens the outermost container to the one that closes it. */
  #containersHere(): boolean {
    let top = this.#open()
    for (;;) {
      this.#skipBlanks()
      const byte = this.#peek()
      if (byte === top.closing) {
        this.#at++
        this.#close(top)
        this.#depth--
        if (this.#depth === 0) return true
        top = this.#containers[this.#depth - 1] as Container
        continue
      }
      if (!top.empty) {
        if (byte !== comma) return false
        this.#at++
        this.#skipBlanks()
        endMember(top, this.length)
        this.#put(comma)
        this.#put(blank)
      }
      top.empty = false
      if (top.closing === closingBrace && !this.#key(top)) return false
      if (this.#isOpening()) top = this.#open()
      else if (!this.#scalar()) return false
    }
  }

  #open(): Container {
    const opening = this.#source[this.#at++] as number
    const container = (this.#containers[this.#depth] ??= newContainer())
    this.#depth++
    this.#put(opening)
    container.closing = opening + 2 // in ASCII, of braces and of brackets
    container.from = this.length
    container.empty = true
    container.ordered = true
    container.count = 0
    if (container.members.length > keptMembers) container.members.length = 0
    return container
  }

  #close(container: Container): void {
    endMember(container, this.length)
    if (!container.ordered) this.#orderMembers(container)
    this.#put(container.closing)
  }

  /** Copies a key and the colon after it, and notes where they stand. */
  #key(object: Container): boolean {
    const from = this.length
    if (this.#peek() !== quote || !this.#string()) return false
    const member = (object.members[object.count] ??= newMember())
    member.from = from
    this.#noteKey(member, from)
    if (object.ordered && object.count > 0) {
      object.ordered = this.#compareKeys(object.members[object.count - 1] as Member, member) < 0
    }
    object.count++
    this.#skipBlanks()
    if (this.#peek() !== colon) return false
    this.#at++
    this.#put(colon)
    this.#put(blank)
    this.#skipBlanks()
    return true
  }

  /** Keys compare without their escapes. */
  #noteKey(member: Member, from: number): void {
    const to = this.length
    member.escaped = this.#escaped
    member.keyFrom = from + 1
    member.keyLength = to - from - 2
    if (!member.escaped) return
    const key = JSON.parse(this.bytes.toString('utf8', from, to)) as string
    if (this.#keys.length - this.#keysUsed < to - from) this.#growKeys(to - from)
    member.keyFrom = this.#keysUsed
    member.keyLength = this.#keys.write(key, this.#keysUsed)
    this.#keysUsed += member.keyLength
  }

  #growKeys(length: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * (this.#keysUsed + length))
    this.#keys.copy(larger, 0, 0, this.#keysUsed)
    this.#keys = larger
  }

  #compareKeys(a: Member, b: Member): number {
    if (a.keyLength !== b.keyLength) return a.keyLength - b.keyLength
    const aBytes = a.escaped ? this.#keys : this.bytes
    const bBytes = b.escaped ? this.#keys : this.bytes
    for (let i = 0; i < a.keyLength; i++) {
      const difference = (aBytes[a.keyFrom + i] as number) - (bBytes[b.keyFrom + i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  #orderMembers(object: Container): void {
    const members = object.members.slice(0, object.count)
    // The sort is stable, and of equal keys the last one stays.
    members.sort((a, b) => this.#compareKeys(a, b))
    const kept = members.filter((member, i) => {
      const next = members[i + 1]
      return next === undefined || this.#compareKeys(member, next) !== 0
    })
    const unordered = Buffer.from(this.bytes.subarray(object.from, this.length))
    this.length = object.from
    for (const member of kept) {
      if (this.length > object.from) {
        this.#put(comma)
        this.#put(blank)
      }
      unordered.copy(this.bytes, this.length, member.from - object.from, member.to - object.from)
      this.length += member.to - member.from
    }
  }

  #scalar(): boolean {
    switch (this.#peek()) {
      case quote:
        return this.#string()
      case 0x74: // t
      case 0x6e: // n
        return this.#word(4)
      case 0x66: // f
        return this.#word(5)
      default:
        return this.#number()
    }
  }

  /** true, false or null. */
  #word(length: number): boolean {
    if (this.#at + length > this.#end) return false
    this.#copy(this.#at, this.#at + length)
    this.#at += length
    return true
  }

  #number(): boolean {
    const from = this.#at
    let exponent = false
    let zero = true
    let digits = 0
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#source[this.#at] as number
      if (byte >= 0x30 && byte <= 0x39) {
        digits++
        if (byte !== 0x30 && !exponent) zero = false
      } else if ((byte | 0x20) === 0x65) exponent = true
      else if (byte !== minus && byte !== 0x2b && byte !== 0x2e) break
    }
    if (digits === 0) return false
    if (exponent) return this.#exponentNumber(from)
    this.#copy(zero && this.#source[from] === minus ? from + 1 : from, this.#at)
    return true
  }

  #exponentNumber(from: number): boolean {
    const plain = withoutExponent(Buffer.from(this.#source.subarray(from, this.#at)).toString('latin1'))
    if (plain === null) return false
    this.#reserve(plain.length)
    this.length += this.bytes.write(plain, this.length, 'latin1')
    return true
  }

  /** Copies the string here, from quote to quote. */
  #string(): boolean {
    const source = this.#source
    const from = this.#at
    for (let at = from + 1; at < this.#end; at++) {
      const byte = source[at] as number
      if (byte === backslash) return this.#escapedString(from)
      if (byte === quote) {
        this.#at = at + 1
        this.#escaped = false
        this.#copy(from, at + 1)
        return true
      }
    }
    return false
  }

  /** PostgreSQL escapes exactly what JSON.stringify does: quote, backslash and control characters, in the same way. */
  #escapedString(from: number): boolean {
    const to = this.#endOfString(from + 1)
    if (to < 0) return false
    try {
      const text = JSON.parse(Buffer.from(this.#source.subarray(from, to)).toString()) as string
      this.length += this.bytes.write(JSON.stringify(text), this.length)
    } catch {
      return false // no JSON: PostgreSQL will say what is wrong with it
    }
    this.#at = to
    this.#escaped = true
    return true
  }

  #endOfString(from: number): number {
    for (let at = from; at < this.#end; at++) {
      const byte = this.#source[at]
      if (byte === backslash) at++
      else if (byte === quote) return at + 1
    }
    return -1
  }

  #peek(): number {
    return this.#at < this.#end ? (this.#source[this.#at] as number) : -1
  }

  #isOpening(): boolean {
    const byte = this.#peek()
    return byte === 0x7b || byte === 0x5b
  }

  #skipBlanks(): void {
    for (;;) {
      const byte = this.#peek()
      if (byte !== blank && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #put(byte: number): void {
    this.bytes[this.length++] = byte
  }

  #copy(from: number, to: number): void {
    const source = this.#source
    const bytes = this.bytes
    let length = this.length
    if (to - from > 100) {
      bytes.set(source.subarray(from, to), length)
      length += to - from
    } else for (let at = from; at < to; at++) bytes[length++] = source[at] as number
    this.length = length
  }

  /**
   * Makes room for `extra` bytes and the rest of the document. Nothing but a number with exponent becomes more than
   * twice as long: a comma, a colon and a lone surrogate (which PostgreSQL refuses) are the worst.
   */
  #reserve(extra: number): void {
    const needed = this.length + extra + 2 * (this.#end - this.#at) + 16
    if (needed > this.bytes.length) this.#resize(Math.max(needed, 2 * this.bytes.length))
  }

  #resize(length: number): void {
    const resized = Buffer.allocUnsafeSlow(length)
    this.bytes.copy(resized, 0, 0, this.length)
    this.bytes = resized
    this.view = viewOf(resized)
  }
}

const firstBytes = 4096
/** More memory than this is given back after a large document. */
const keptBytes = 4 * 1024 * 1024
const keptMembers = 1024

const blank = 0x20
const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const colon = 0x3a
const backslash = 0x5c
const closingBrace = 0x7d

type Container = {
  closing: number
  /** Where its first element stands in the text. */
  from: number
  empty: boolean
  /** True while each key came after the one before it. */
  ordered: boolean
  /** Of an object; the first `count` are in use. */
  readonly members: Member[]
  count: number
}

/** `"key": value`, from..to-1 in the text; the key without quotes there, or among the keys that have escapes. */
type Member = { from: number; to: number; keyFrom: number; keyLength: number; escaped: boolean }

function newContainer(): Container {
  return { closing: 0, from: 0, empty: true, ordered: true, members: [], count: 0 }
}

function newMember(): Member {
  return { from: 0, to: 0, keyFrom: 0, keyLength: 0, escaped: false }
}

function endMember(container: Container, at: number): void {
  if (container.count > 0) (container.members[container.count - 1] as Member).to = at
}
