import {
  containerBytes,
  containersAt,
  jsonAt,
  memberBytes,
  membersAt,
  mostContainers,
  mostJsonBytes,
  mostMembers,
  orderedAt,
} from './layout'
import { endOfNumber, endOfWord, isOpening, isShortEscape, none, plainBytesOf, skipBlanks } from './json-scan'

/**
 * JSON as PostgreSQL prints a jsonb value, as `copy/jsonb-text.ts` writes it, which explains the rules. Only ordinary documents are
 * taken: up to 64 kB, without `\u` escapes, escapes in keys, exponents, numbers of many digits, or deep nesting.
 *
 * Everything is copied over in reading order; an object whose keys were not in order is put in order when it closes.
 */

/** Of the binary form, before the text. */
export const jsonbVersion: u8 = 1

/** Length of what was written last, from `jsonAt` on: version and text, as `jsonb_send` gives them. */
export let jsonLength: i32 = 0

/** End of the document, and where the next byte of the text goes. */
let end: i32 = 0
let out: i32 = 0
let depth: i32 = 0
let members: i32 = 0

/** So many are put in order by insertion. */
const fewMembers: i32 = 100

const quote: u8 = 0x22
const comma: u8 = 0x2c
const minus: u8 = 0x2d
const colon: u8 = 0x3a
const backslash: u8 = 0x5c

/** An open container: its closing bracket, first element in the text, first member, and whether its keys came in order. */
@unmanaged
class Container {
  closing: u8
  empty: bool
  ordered: bool
  from: i32
  firstMember: i32
}

/** `"key": value`, from..to-1 in the text, and its key without quotes. */
@unmanaged
class Member {
  from: i32
  to: i32
  keyFrom: i32
  keyLength: i32
}

function containerAt(index: i32): Container {
  return changetype<Container>(containersAt + index * containerBytes)
}

function memberAt(index: i32): Member {
  return changetype<Member>(membersAt + index * memberBytes)
}

/** False when it is not an ordinary document. `from..from+length-1` is valid UTF-8. */
export function writeJsonb(from: i32, length: i32): bool {
  if (length > mostJsonBytes) return false
  end = from + length
  store<u8>(jsonAt, jsonbVersion)
  out = jsonAt + 1
  depth = 0
  members = 0
  const last = value(skipBlanks(from, end))
  jsonLength = out - jsonAt
  return last !== none && skipBlanks(last, end) === end
}

/** From a value's first byte to its end, as all functions here that return an offset. */
function value(from: i32): i32 {
  const first = from < end ? load<u8>(from) : 0
  if (!isOpening(first)) return scalar(from, first)
  if (!open(first)) return none
  let at = skipBlanks(from + 1, end)
  while (true) {
    if (at >= end) return none
    const top = containerAt(depth - 1)
    const byte = load<u8>(at)
    if (byte === top.closing) {
      at++
      if (!close(top)) return none
      if (depth === 0) return at
      at = skipBlanks(at, end)
      continue
    }
    if (top.empty) top.empty = false
    else {
      if (byte !== comma) return none
      endMember(top)
      store<u16>(out, 0x202c)
      out += 2
      at = skipBlanks(at + 1, end)
    }
    if (top.closing === 0x7d) at = key(top, at)
    if (at === none || at >= end) return none
    const start = load<u8>(at)
    if (isOpening(start)) {
      if (!open(start)) return none
      at++
    } else at = scalar(at, start)
    if (at === none) return none
    at = skipBlanks(at, end)
  }
}

function open(opening: u8): bool {
  if (depth === mostContainers) return false
  const container = containerAt(depth++)
  put(opening)
  container.closing = opening + 2 // in ASCII, of braces and of brackets
  container.empty = true
  container.ordered = true
  container.from = out
  container.firstMember = members
  return true
}

function close(container: Container): bool {
  endMember(container)
  if (!container.ordered && !orderMembers(container)) return false
  members = container.firstMember
  put(container.closing)
  depth--
  return true
}

/** Writes a key and the colon after it, and notes where they stand. */
function key(object: Container, at: i32): i32 {
  if (at >= end || load<u8>(at) !== quote || members === mostMembers) return none
  const member = memberAt(members)
  member.from = out
  put(quote)
  const last = plainBytes(at + 1)
  if (last >= end || load<u8>(last) !== quote) return none
  put(quote)
  member.keyFrom = member.from + 1
  member.keyLength = last - at - 1
  if (object.ordered && members > object.firstMember) {
    object.ordered = compareKeys(memberAt(members - 1), member) < 0
  }
  members++
  store<u16>(out, 0x203a)
  out += 2
  const after = skipBlanks(last + 1, end)
  return after < end && load<u8>(after) === colon ? skipBlanks(after + 1, end) : none
}

function endMember(container: Container): void {
  if (members > container.firstMember) memberAt(members - 1).to = out
}

function compareKeys(a: Member, b: Member): i32 {
  if (a.keyLength !== b.keyLength) return a.keyLength - b.keyLength
  for (let i = 0; i < a.keyLength; i++) {
    const difference = <i32>load<u8>(a.keyFrom + i) - <i32>load<u8>(b.keyFrom + i)
    if (difference !== 0) return difference
  }
  return 0
}

function orderMembers(object: Container): bool {
  let first = object.firstMember
  if (members - first > fewMembers) return false
  sortMembers(first)
  let from = object.from
  while (memberAt(first).from === from && !isRepeated(first)) from = memberAt(first++).to + 2
  let length = 0
  for (let i = first; i < members; i++) {
    if (isRepeated(i)) continue
    if (length > 0) {
      store<u16>(orderedAt + length, 0x202c)
      length += 2
    }
    const member = memberAt(i)
    copyWords(member.from, orderedAt + length, member.to - member.from)
    length += member.to - member.from
  }
  copyWords(orderedAt, from, length)
  out = from + length
  return true
}

/** Of equal keys the last one stays. */
function isRepeated(index: i32): bool {
  return index + 1 < members && compareKeys(memberAt(index), memberAt(index + 1)) === 0
}

/** By insertion; equal keys stay as they came. */
function sortMembers(first: i32): void {
  for (let i = first + 1; i < members; i++) {
    const moved = memberAt(i)
    let at = i
    while (at > first && compareKeys(memberAt(at - 1), moved) > 0) at--
    if (at === i) continue
    const low = load<u64>(changetype<usize>(moved))
    const high = load<u64>(changetype<usize>(moved), 8)
    const place = changetype<usize>(memberAt(at))
    memory.copy(place + memberBytes, place, (i - at) * memberBytes)
    store<u64>(place, low)
    store<u64>(place, high, 8)
  }
}

function scalar(at: i32, first: u8): i32 {
  if (first === quote) return string(at)
  if (first <= 0x39) return number(at)
  const to = endOfWord(at, end)
  if (to !== none) copyTo(at, to)
  return to
}

function number(from: i32): i32 {
  const to = endOfNumber(from, end)
  if (to !== none) copyTo(load<u8>(from) === minus && isZero(from + 1, to) ? from + 1 : from, to)
  return to
}

function copyTo(from: i32, to: i32): void {
  copyWords(from, out, to - from)
  out += to - from
}

function isZero(at: i32, to: i32): bool {
  for (; at < to; at++) if (load<u8>(at) > 0x30) return false
  return true
}

/** From quote to quote. */
function string(from: i32): i32 {
  put(quote)
  let at = plainBytes(from + 1)
  while (at < end && load<u8>(at) === backslash) {
    const escape = at + 1 < end ? load<u8>(at, 1) : 0
    if (escape === 0x2f) put(escape)
    else if (isShortEscape(escape)) {
      put(backslash)
      put(escape)
    } else return none
    at = plainBytes(at + 2)
  }
  if (at >= end || load<u8>(at) !== quote) return none
  put(quote)
  return at + 1
}

/**
 * Copies to the quote, backslash or control character that ends a run of plain bytes in a string, eight at a time: what is copied beyond
 * is overwritten.
 */
function plainBytes(from: i32): i32 {
  let at = from
  let to = out
  while (true) {
    const word = load<u64>(at)
    const plain = plainBytesOf(word)
    store<u64>(to, word)
    at += plain
    to += plain
    if (plain < 8 || at >= end) break
  }
  out = to
  return at
}

function put(byte: u8): void {
  store<u8>(out++, byte)
}

/** Eight at a time: up to seven bytes behind the last one are overwritten. */
function copyWords(from: i32, to: i32, length: i32): void {
  for (let i = 0; i < length; i += 8) store<u64>(to + i, load<u64>(from + i))
}
