import { writeFileSync } from 'node:fs'
import { referencePages } from './reference/pages.ts'

// Writes the pages of docs/reference that are made from data. `test/docs` fails while they are out of date.
for (const [name, text] of Object.entries(referencePages())) {
  writeFileSync(new URL(`../docs/reference/${name}`, import.meta.url), text)
}
