import type { Issue } from '../../../model/batch.ts'
import type { BatchCheckpoint } from '../../databases.ts'

/** The batch's issues without the alterations of refused rows: a value that is not in the target was not altered. */
export function issuesWithout(
  { issues, rowOfIssue }: Pick<BatchCheckpoint, 'issues' | 'rowOfIssue'>,
  refused: readonly { readonly index: number }[],
): readonly Issue[] {
  if (refused.length === 0 || rowOfIssue.size === 0) return issues
  const rows = new Set(refused.map(({ index }) => index))
  return issues.filter((issue) => !rows.has(rowOfIssue.get(issue) ?? -1))
}
