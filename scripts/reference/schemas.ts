import { z } from 'zod'
import { ConfigFile } from '../../src/config/config.ts'
import { ReportSchema } from '../../src/report/report-schema.ts'

/** The JSON Schemas that are published with the package, by file name. Draft 7 is what editors understand best. */
export function publishedSchemas(): Readonly<Record<string, string>> {
  return {
    'config.schema.json': toText(z.toJSONSchema(ConfigFile, { io: 'input', target: 'draft-07' })),
    'report.schema.json': toText(z.toJSONSchema(ReportSchema, { io: 'output', target: 'draft-07' })),
  }
}

function toText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}
