import { isIPv4, isIPv6 } from 'node:net'
import { refuse } from '../misfits.ts'
import type { PrintedWriter } from './printed-writer.ts'

/** Addresses as PostgreSQL casts them to text: with the length of the network, in lower case, IPv6 shortened. */

export const inetWriter: PrintedWriter = (value, cell) => {
  const found = typeof value === 'string' ? parseAddress(value) : null
  return found === null ? refuse(value, 'an IP address', cell) : `${found.address}/${found.length ?? found.most}`
}

/** Inside an array, PostgreSQL leaves the length of a single host out. */
export const inetElementWriter: PrintedWriter = (value, cell) => {
  const found = typeof value === 'string' ? parseAddress(value) : null
  if (found === null) return refuse(value, 'an IP address', cell)
  const { address, length, most } = found
  return length === null || length === most ? address : `${address}/${length}`
}

/** Bits behind the network's length are refused by PostgreSQL, so its rows are listed. */
export const cidrWriter: PrintedWriter = (value, cell) => {
  const found = typeof value === 'string' ? parseAddress(value) : null
  return found === null ? refuse(value, 'an IP network', cell) : `${found.address}/${found.length ?? found.most}`
}

type Address = { readonly address: string; readonly length: number | null; readonly most: 32 | 128 }

function parseAddress(text: string): Address | null {
  const [, address = '', digits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text.trim()) ?? []
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : null
  const length = digits === undefined ? null : Number(digits)
  if (most === null || (length !== null && length > most)) return null
  return { address: most === 32 ? address : shortened(address), length, most }
}

/** The URL standard and PostgreSQL shorten alike, but for addresses that hold one of IPv4. */
function shortened(address: string): string {
  const lower = address.toLowerCase()
  if (lower.includes('.')) return lower
  return new URL(`http://[${lower}]`).hostname.slice(1, -1)
}

/** `08:00:2b:01:02:03` from any of the spellings with `:`, `-`, `.` or none. `macaddr8` takes six bytes as EUI-48. */
export function macaddrWriter(bytes: 6 | 8): PrintedWriter {
  return (value, cell) => {
    const hex = typeof value === 'string' && isMacaddr(value) ? value.toLowerCase().replaceAll(/[^0-9a-f]/g, '') : ''
    const wide = bytes === 8 && hex.length === 12 ? `${hex.slice(0, 6)}fffe${hex.slice(6)}` : hex
    if (wide.length !== bytes * 2) return refuse(value, 'a MAC address', cell)
    return wide.match(/../g)?.join(':') ?? wide
  }
}

function isMacaddr(text: string): boolean {
  return /^[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1)+[0-9a-f]{2}$|^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2,3}$|^[0-9a-f]{6}[:-][0-9a-f]{6}$/i.test(
    text,
  )
}
