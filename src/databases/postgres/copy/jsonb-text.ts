import {
  endOfColon,
  endOfNumber,
  endOfWord,
  endsPlain,
  escapedCodePoint,
  escapeLength,
  isOpening,
  isRefusedCodePoint,
  skipBlanks,
} from '../../../util/json-bytes.ts'
import { maxJsonDepth } from '../../../util/json-bytes.ts'
import { viewOf } from './copy-buffer.ts'
import { withoutExponent } from './without-exponent.ts'

/**
 * JSON as PostgreSQL prints a jsonb value (JsonbToCString in jsonb.c), written from the JSON that was sent: what the hash
 * of a jsonb column is made of. Keys are ordered by length and then by bytes, of equal keys the last one stays; blanks
 * are gone but for one after each comma and colon; strings are unescaped as far as JSON allows; numbers keep the digits
 * after their point, but lose exponents and the sign of zero.
 *
 * Work is on bytes without building a tree: everything is copied over in reading order, and an object whose keys were
 * not in order is put in order when it closes. Small documents allocate nothing.
 */
export class JsonbText {
  /** What `jsonb_send` gives: its version, then the text, together `length` bytes; overwritten by the next `write`. */
  bytes = Buffer.allocUnsafeSlow(firstBytes)
  view: DataView = viewOf(this.bytes)
  length = 0
  #source: Uint8Array = new Uint8Array(0)
  #end = 0
  /** By depth; reused from document to document. */
  readonly #containers: Container[] = []
  #depth = 0
  /** Of all objects that are open, the outermost first; the first `memberCount` are in use. */
  readonly #members: Member[] = []
  #memberCount = 0
  /** The members of an object that is put in order. */
  #ordered: DataView = viewOf(Buffer.allocUnsafeSlow(firstBytes))
  /** Keys without their escapes. */
  #keys = Buffer.allocUnsafeSlow(256)
  #keysUsed = 0
  /** Whether the string that was written last has escapes in the text. */
  #escaped = false

  /** False, with a text of no meaning, when it is not JSON, by RFC 8259: PostgreSQL will refuse the row. UTF-8. */
  write(source: Uint8Array, from: number, to: number): boolean {
    this.#source = source
    this.#end = to
    this.#giveBack(to - from)
    this.#depth = 0
    this.#memberCount = 0
    this.#keysUsed = 0
    this.length = 0
    this.#reserve(1, from)
    this.#put(jsonbVersion)
    const end = this.#value(skipBlanks(source, from, to))
    return end !== none && skipBlanks(source, end, to) === to
  }

  /** From a value's first byte to its end, as all functions here that return a number. */
  #value(from: number): number {
    const source = this.#source
    const end = this.#end
    const first = from < end ? (source[from] as number) : 0
    if (!isOpening(first)) return this.#scalar(from, first)
    let top = this.#open(first)
    let at = skipBlanks(source, from + 1, end)
    for (;;) {
      if (at >= end) return none
      const byte = source[at] as number
      if (byte === top.closing) {
        at++
        this.#close(top)
        if (this.#depth === 0) return at
        top = this.#containers[this.#depth - 1] as Container
        at = skipBlanks(source, at, end)
        continue
      }
      if (top.empty) top.empty = false
      else {
        if (byte !== comma) return none
        this.#endMember(top)
        this.#put(comma)
        this.#put(blank)
        at = skipBlanks(source, at + 1, end)
      }
      if (top.closing === closingBrace) at = this.#key(top, at)
      if (at === none || at >= end) return none
      const start = source[at] as number
      if (isOpening(start)) {
        top = this.#open(start)
        at++
      } else at = this.#scalar(at, start)
      if (at === none) return none
      at = skipBlanks(source, at, end)
    }
  }

  #open(opening: number): Container {
    const container = (this.#containers[this.#depth] ??= newContainer())
    this.#depth++
    this.#put(opening)
    container.closing = opening + 2 // in ASCII, of braces and of brackets
    container.from = this.length
    container.firstMember = this.#memberCount
    container.empty = true
    container.ordered = true
    return container
  }

  #close(container: Container): void {
    this.#endMember(container)
    if (!container.ordered) this.#orderMembers(container)
    this.#memberCount = container.firstMember
    this.#put(container.closing)
    this.#depth--
  }

  /** Writes a key and the colon after it, and notes where they stand. */
  #key(object: Container, at: number): number {
    if (at >= this.#end || this.#source[at] !== quote) return none
    const from = this.length
    const end = this.#string(at)
    if (end === none) return none
    const index = this.#memberCount++
    const member = (this.#members[index] ??= newMember())
    member.from = from
    this.#noteKey(member, from)
    if (object.ordered && index > object.firstMember) {
      object.ordered = this.#compareKeys(this.#members[index - 1] as Member, member) < 0
    }
    this.#put(colon)
    this.#put(blank)
    return endOfColon(this.#source, end, this.#end)
  }

  /** Keys compare without their escapes, which are of ASCII here unless jsonb refuses them. */
  #noteKey(member: Member, from: number): void {
    const to = this.length
    member.escaped = this.#escaped
    member.keyFrom = from + 1
    member.keyLength = to - from - 2
    if (!member.escaped) return
    if (this.#keys.length - this.#keysUsed < to - from) this.#growKeys(to - from)
    member.keyFrom = this.#keysUsed
    for (let at = from + 1; at < to - 1;) {
      const byte = this.bytes[at] as number
      const codePoint = byte === backslash ? escapedCodePoint(this.bytes, at, to) : byte
      this.#keys[this.#keysUsed++] = codePoint
      at += byte === backslash ? escapeLength(this.bytes, at, codePoint) : 1
    }
    member.keyLength = this.#keysUsed - member.keyFrom
  }

  #growKeys(length: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * (this.#keysUsed + length))
    this.#keys.copy(larger, 0, 0, this.#keysUsed)
    this.#keys = larger
  }

  #endMember(container: Container): void {
    if (this.#memberCount > container.firstMember) {
      ;(this.#members[this.#memberCount - 1] as Member).to = this.length
    }
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
    const members = this.#members
    const end = this.#memberCount
    this.#sortMembers(object.firstMember, end)
    let first = object.firstMember
    let from = object.from
    while ((members[first] as Member).from === from && !this.#isRepeated(first)) {
      from = (members[first++] as Member).to + 2
    }
    if (this.#ordered.byteLength < this.bytes.length) this.#ordered = viewOf(Buffer.allocUnsafeSlow(this.bytes.length))
    const ordered = this.#ordered
    let length = 0
    for (let i = first; i < end; i++) {
      if (this.#isRepeated(i)) continue
      if (length > 0) {
        ordered.setUint16(length, commaBlank)
        length += 2
      }
      const member = members[i] as Member
      copyWords(this.view, member.from, member.to, ordered, length)
      length += member.to - member.from
    }
    copyWords(ordered, 0, length, this.view, from)
    this.length = from + length
  }

  /** Of equal keys the last one stays. */
  #isRepeated(index: number): boolean {
    const next = index + 1
    return (
      next < this.#memberCount && this.#compareKeys(this.#members[index] as Member, this.#members[next] as Member) === 0
    )
  }

  /** Equal keys stay as they came. */
  #sortMembers(from: number, to: number): void {
    const members = this.#members
    if (to - from > fewMembers) {
      const sorted = members.slice(from, to).sort((a, b) => this.#compareKeys(a, b))
      for (let i = from; i < to; i++) members[i] = sorted[i - from] as Member
      return
    }
    for (let i = from + 1; i < to; i++) {
      const member = members[i] as Member
      let at = i
      for (; at > from; at--) {
        const before = members[at - 1] as Member
        if (this.#compareKeys(before, member) <= 0) break
        members[at] = before
      }
      members[at] = member
    }
  }

  #scalar(at: number, first: number): number {
    if (first === quote) return this.#string(at)
    if (first <= 0x39) return this.#number(at)
    const end = endOfWord(this.#source, at, this.#end)
    if (end !== none) this.#copy(at, end)
    return end
  }

  #number(from: number): number {
    const end = endOfNumber(this.#source, from, this.#end)
    if (end < 0) return this.#exponentNumber(from, -end)
    if (end === none) return none
    this.#copy(this.#source[from] === minus && isZero(this.#source, from, end) ? from + 1 : from, end)
    return end
  }

  #exponentNumber(from: number, end: number): number {
    const text = withoutExponent(Buffer.from(this.#source.subarray(from, end)).toString('latin1'))
    if (text === null) return none
    this.#reserve(text.length, end)
    this.length += this.bytes.write(text, this.length, 'latin1')
    return end
  }

  /** From quote to quote. */
  #string(from: number): number {
    const source = this.#source
    const end = this.#end
    this.#put(quote)
    this.#escaped = false
    let at = this.#plainBytes(from + 1)
    while (at < end && source[at] === backslash) {
      const codePoint = escapedCodePoint(source, at, end)
      if (codePoint < 0) return none
      this.#codePoint(codePoint)
      at = this.#plainBytes(at + escapeLength(source, at, codePoint))
    }
    if (at >= end || source[at] !== quote) return none
    this.#put(quote)
    return at + 1
  }

  /** Copies to the quote, backslash or control character that ends a run of plain bytes in a string. */
  #plainBytes(from: number): number {
    const source = this.#source
    const end = this.#end
    const bytes = this.bytes
    let length = this.length
    let at = from
    for (; at < end; at++) {
      const byte = source[at] as number
      if (endsPlain[byte] !== 0) break
      bytes[length++] = byte
    }
    this.length = length
    return at
  }

  /** Of a string that had it escaped: quote, backslash and control characters stay so, as JSON.stringify does it. */
  #codePoint(codePoint: number): void {
    if (isRefusedCodePoint(codePoint)) this.#unicodeEscape(codePoint)
    else if (codePoint < 0x80) {
      if (endsPlain[codePoint] === 0) this.#put(codePoint)
      else this.#escape(codePoint)
    } else if (codePoint < 0x800) {
      this.#put(0xc0 | (codePoint >> 6))
      this.#put(0x80 | (codePoint & 0x3f))
    } else {
      if (codePoint < 0x10000) this.#put(0xe0 | (codePoint >> 12))
      else {
        this.#put(0xf0 | (codePoint >> 18))
        this.#put(0x80 | ((codePoint >> 12) & 0x3f))
      }
      this.#put(0x80 | ((codePoint >> 6) & 0x3f))
      this.#put(0x80 | (codePoint & 0x3f))
    }
  }

  #escape(code: number): void {
    const letter = escapeLetters[code] as number
    if (letter === 0) return this.#unicodeEscape(code)
    this.#put(backslash)
    this.#put(letter)
    this.#escaped = true
  }

  #unicodeEscape(unit: number): void {
    this.length += this.bytes.write(`\\u${unit.toString(16).padStart(4, '0')}`, this.length, 'latin1')
    this.#escaped = true
  }

  #put(byte: number): void {
    this.bytes[this.length++] = byte
  }

  #copy(from: number, to: number): void {
    const source = this.#source
    const bytes = this.bytes
    let length = this.length
    for (let at = from; at < to; at++) bytes[length++] = source[at] as number
    this.length = length
  }

  /**
   * Makes room for `extra` bytes and what can become of the source from `at` on. Nothing but a number with exponent
   * becomes more than twice as long: a comma and a colon are the worst.
   */
  #reserve(extra: number, at: number): void {
    const needed = this.length + extra + 2 * (this.#end - at) + 16
    if (needed > this.bytes.length) this.#resize(Math.max(needed, 2 * this.bytes.length))
  }

  #resize(length: number): void {
    const resized = Buffer.allocUnsafeSlow(length)
    this.bytes.copy(resized, 0, 0, this.length)
    this.bytes = resized
    this.view = viewOf(resized)
  }

  /** Before a document of `length` bytes: what only larger ones need. */
  #giveBack(length: number): void {
    if (length > keptBytes / 4) return
    if (this.bytes.length > keptBytes) this.#resize(firstBytes)
    if (this.#ordered.byteLength > keptBytes) this.#ordered = viewOf(Buffer.allocUnsafeSlow(firstBytes))
    if (this.#keys.length > keptBytes) this.#keys = Buffer.allocUnsafeSlow(firstBytes)
    if (this.#members.length > keptMembers) this.#members.length = keptMembers
    if (this.#containers.length > maxJsonDepth) this.#containers.length = maxJsonDepth
  }
}

/** Of the binary form, before the text. */
export const jsonbVersion = 1

/** No end: what should stand here does not. No index can be an end and 0. */
const none = 0
const firstBytes = 4096
/** More memory than this is given back after a large document. */
const keptBytes = 4 * 1024 * 1024
const keptMembers = 10_000
/** So many are put in order without the engine's sort and what it allocates. */
const fewMembers = 24

const blank = 0x20
const quote = 0x22
const comma = 0x2c
const commaBlank = 0x2c20
const minus = 0x2d
const colon = 0x3a
const backslash = 0x5c
const closingBrace = 0x7d

/** By ASCII code: what stands behind the backslash when the character is escaped, 0 for a number. */
const escapeLetters = new Uint8Array(0x80)
for (const character of ['\b', '\f', '\n', '\r', '\t', '"', '\\']) {
  escapeLetters[character.charCodeAt(0)] = JSON.stringify(character).charCodeAt(2)
}

type Container = {
  closing: number
  /** Where its first element stands in the text. */
  from: number
  /** Index of an object's first member. */
  firstMember: number
  empty: boolean
  /** True while each key came after the one before it. */
  ordered: boolean
}

/** `"key": value`, from..to-1 in the text; the key without quotes there, or among the keys that have escapes. */
type Member = { from: number; to: number; keyFrom: number; keyLength: number; escaped: boolean }

function newContainer(): Container {
  return { closing: 0, from: 0, firstMember: 0, empty: true, ordered: true }
}

function newMember(): Member {
  return { from: 0, to: 0, keyFrom: 0, keyLength: 0, escaped: false }
}

/** Of a number without exponent. */
function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte > 0x30 && byte <= 0x39) return false
  }
  return true
}

/** Four at a time: up to three bytes behind the last one are overwritten. */
function copyWords(source: DataView, from: number, to: number, target: DataView, at: number): void {
  for (let i = from, j = at; i < to; i += 4, j += 4) target.setInt32(j, source.getInt32(i))
}
