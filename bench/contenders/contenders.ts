import type { Contender } from './contender.ts'
import { pgloader } from './pgloader.ts'
import { pipe, readyBinary, readyCsv } from './psql.ts'
import { type Executable, rowferry, rowferryLoad, rowferryMerge } from './rowferry.ts'

/**
 * In the order in which they run. rowferry is first: the others are compared with what it has verified. Those whose times are held against
 * its own follow at once: a machine may become slower within a round.
 */
export function contenders(executable: Executable): readonly Contender[] {
  return [
    rowferry(executable),
    rowferryLoad(executable),
    pipe,
    pgloader,
    readyCsv,
    readyBinary,
    rowferryMerge(executable),
  ]
}
