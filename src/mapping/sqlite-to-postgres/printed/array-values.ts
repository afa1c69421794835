import type { PrintedType } from '../../../model/plan.ts'
import type { Cell } from '../../mapping.ts'
import { MISFIT } from '../../mapping.ts'
import { refuse } from '../misfits.ts'
import { type ArrayItem, mostDimensions, parseArrayText, parseJsonArray, printArray } from './array-text.ts'
import type { PrintedWriter } from './printed-writer.ts'
import { withoutDetail } from './quiet-cell.ts'

/**
 * Arrays from PostgreSQL's own form (`{1,2}`), from JSON (`[1,2]`), and, where the configuration names a separator, from separated text. Every element is
 * converted as in a column of its type, so no word (`now`) reaches PostgreSQL's parser.
 */
export function arrayWriter(
  { element, separator }: Extract<PrintedType, { kind: 'array' }>,
  write: PrintedWriter,
): PrintedWriter {
  const isJson = element.kind === 'wire' && (element.wireType === 'json' || element.wireType === 'jsonb')
  return (value, cell) => {
    const items = typeof value === 'string' ? itemsOf(value, { separator, isJson }) : null
    if (items === null) return refuse(value, separator === null ? 'an array ({…} or JSON)' : 'an array', cell)
    const inner = withoutDetail(cell)
    const printed = printItems(items, write, inner.cell)
    if (printed === MISFIT) return MISFIT
    const text = printArray(printed)
    if (inner.altered !== null) cell.altered(inner.altered.rule, value, text, inner.altered.declared)
    return text
  }
}

function itemsOf(
  text: string,
  { separator, isJson }: { readonly separator: string | null; readonly isJson: boolean },
): readonly ArrayItem[] | null {
  if (separator !== null) return text === '' ? [] : text.split(separator)
  const json = parseJsonArray(text)
  return json === null ? parseArrayText(text) : fromJsonItems(json, isJson, 1)
}

function fromJsonItems(items: readonly unknown[], isJson: boolean, depth: number): readonly ArrayItem[] | null {
  if (depth > mostDimensions) return null
  const read: ArrayItem[] = []
  for (const item of items) {
    const isArray = Array.isArray(item) && !isJson
    const one = isArray ? fromJsonItems(item, isJson, depth + 1) : fromJson(item, isJson)
    if (one === null && isArray) return null
    read.push(one)
  }
  return read
}

/** Strings and numbers as their text; where the element is JSON itself, every element stays JSON. */
function fromJson(item: unknown, isJson: boolean): string | null {
  if (item === null) return null
  return typeof item === 'string' && !isJson ? item : JSON.stringify(item)
}

function printItems(items: readonly ArrayItem[], write: PrintedWriter, cell: Cell): ArrayItem[] | typeof MISFIT {
  const printed: ArrayItem[] = []
  for (const item of items) {
    const one = item === null ? null : typeof item === 'string' ? write(item, cell) : printItems(item, write, cell)
    if (one === MISFIT) return MISFIT
    printed.push(one)
  }
  return printed
}
