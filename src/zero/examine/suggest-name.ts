import { maxIdentifierBytes } from '../../databases/postgres/identifiers.ts'
import { legalForZero } from '../../plan/zero-names.ts'
import { asciiLower } from '../../util/ascii-lower.ts'

/** The nearest name that Zero takes and that is free, whatever the case. It is added to `taken` (lower case). */
export function suggestName(name: string, kind: 'table' | 'column' | 'other', taken: Set<string>): string {
  const legal = legalForZero(name, kind).name
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`
    const candidate = legal.slice(0, maxIdentifierBytes - suffix.length) + suffix
    if (taken.has(asciiLower(candidate))) continue
    taken.add(asciiLower(candidate))
    return candidate
  }
}
