import type { Shard } from '../model/plan.ts'
import type { TableProfile } from '../model/profile.ts'

/**
 * Cuts a table into ranges of rowids of about the same size, at rowids that the profile met on its way: ids may be sparse or
 * near 2^63, so that arithmetic on the range would give empty or endless shards.
 */
export function splitShards(
  profile: TableProfile,
  { parallel, shardBytes }: { readonly parallel: number; readonly shardBytes: number },
): Shard[] {
  if (profile.rowidRange === null) return [{ number: 0, by: 'ordinal', lower: null, upper: null }]
  const bySize = Math.ceil(profile.bytes / shardBytes)
  const wanted = Math.max(bySize, bySize < 2 ? 1 : parallel * 2, shardsToEndTogether(profile.bytes, parallel))
  const cuts = evenCuts(profile.rowidSamples, Math.min(wanted, profile.rowidSamples.length + 1))
  return [...cuts, null].map((upper, number) => ({
    number,
    by: 'rowid',
    lower: number === 0 ? null : (cuts[number - 1] ?? null),
    upper,
  }))
}

/** Workers take shard after shard, and whoever has none left waits for the last one: it should be short. */
function shardsToEndTogether(bytes: number, parallel: number): number {
  return Math.min(parallel * 8, Math.floor(bytes / shortBytes))
}
/** Each costs a commit that waits for the disk. */
const shortBytes = 12 * 1024 * 1024

/** `parts - 1` of the samples, evenly spread and ascending. */
function evenCuts(samples: readonly string[], parts: number): string[] {
  const cuts = new Set<string>()
  for (let part = 1; part < parts; part++) {
    const cut = samples[Math.floor((part * samples.length) / parts)]
    if (cut !== undefined) cuts.add(cut)
  }
  return [...cuts]
}
