import { isJsonNote } from '../mapping/sqlite-to-postgres/expression-json.ts'
import type { SchemaObject } from '../model/plan.ts'

/** IS JSON came with this version: https://www.postgresql.org/docs/16/release-16.html */
const isJsonSince = 16

/**
 * The translation of an expression is written for the newest server. Where the target's lacks something, an equivalent takes its place, or the object is named as not
 * carried, before the start.
 */
export function fitToServer(objects: readonly SchemaObject[], version: string): SchemaObject[] {
  const major = Number.parseInt(version, 10)
  return objects.map((object) => {
    const notes = object.note?.split('; ') ?? []
    if (object.sql === null || !notes.includes(isJsonNote)) return object
    const others = notes.filter((note) => note !== isJsonNote)
    if (major >= isJsonSince) return { ...object, note: noteOf(others) }
    const sql = object.kind === 'check' ? withCast(object.sql) : null
    if (sql !== null) return { ...object, sql, note: noteOf([...others, castNote]) }
    return { ...object, sql: null, note: `it uses ${isJsonNote}, and the target is ${major}` }
  })
}

const castNote = 'json_valid() is a cast: a text that is no JSON is refused with the error of the cast'

/** A CHECK only has to refuse: the cast raises an error where the condition would be false. Null where more than a column is asked. */
function withCast(sql: string): string | null {
  const replaced = sql.replaceAll(/("(?:[^"]|"")+") is json\b/g, '($1::json is not null)')
  return / is json\b/.test(replaced) ? null : replaced
}

function noteOf(notes: readonly string[]): string | null {
  return notes.length === 0 ? null : notes.join('; ')
}
