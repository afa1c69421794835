import { mkdirSync, writeFileSync } from 'node:fs'
import { publishedSchemas } from './reference/schemas.ts'

// Writes the published JSON Schemas. `test/docs` fails while they are out of date.
mkdirSync(new URL('../schemas/', import.meta.url), { recursive: true })
for (const [name, text] of Object.entries(publishedSchemas())) {
  writeFileSync(new URL(`../schemas/${name}`, import.meta.url), text)
}
