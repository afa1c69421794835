import { mixedTables, tinyTables } from './many-tables.ts'
import { mixed, upsert } from './mixed.ts'
import { blobs, growth, narrow, smallest, wideText } from './one-table.ts'
import type { Shape, ShapeName } from './shape.ts'

export const shapes: { readonly [Name in ShapeName]: Shape } = {
  mixed,
  narrow,
  'wide-text': wideText,
  blobs,
  'tiny-tables': tinyTables,
  'mixed-tables': mixedTables,
  upsert,
  growth,
  smallest,
}
