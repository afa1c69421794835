import type { OpenTarget } from '../databases/open-database.ts'
import { explainPostgresError } from '../databases/postgres/postgres-errors.ts'

/** For work that uses the target's session directly, as the store does: its errors come out as rowferry's own. */
export async function translateErrors<Result>(target: OpenTarget, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw explainPostgresError(error, { target: target.label })
  }
}
