/** What index builds sort in altogether, in megabytes, and the most and the least of each. */
const memory = { altogether: 512, most: 256, least: 64 } as const

/**
 * For sessions that make indexes, so many as `width`; the server's own memory stays where it is greater. Thousands of small
 * transactions need not wait for the disk each: the note that the step is done waits for all.
 */
export function indexSettings(width: number): string {
  const { altogether, most, least } = memory
  const megabytes = Math.max(least, Math.min(most, Math.floor(altogether / width)))
  return `set synchronous_commit = off; ${setMemory(megabytes, '<', 'false')}; ${readAtOnce}`
}

/**
 * A database of which two would fit into what the server counts on as disk cache (`effective_cache_size`) is still there when it has
 * just been loaded. To read it ahead, PostgreSQL 18 hands each read to another process first: statistics take 1.3 to 1.6 times the
 * processor's time then, a scan or an index 1.1 times.
 */
const readAtOnce = `select set_config(name, '0', false)
  from unnest(array['effective_io_concurrency', 'maintenance_io_concurrency']) as setting (name)
  where 2 * pg_database_size(current_database()) <= pg_size_bytes(current_setting('effective_cache_size'))`

/** Undoes `indexSettings`. */
export const resetIndexSettings = `reset synchronous_commit; reset maintenance_work_mem;
  reset effective_io_concurrency; reset maintenance_io_concurrency`

/** Bytes of sort memory per row that leave some 15 sorted runs to merge: in an index build a row takes 50 or more. */
const bytesPerRow = 4
const leastOfRows = 8

/**
 * For the transaction that makes an index while every other session has something to do as well. PostgreSQL's parallel workers
 * would only take the processor from them, and without those the rows are sorted soonest in runs that stay in the processor's
 * cache: 2 million with 8 MB instead of 256, in 0.85 of the time if integers and in 0.6 if texts; 10 million with 32 MB, in 0.95.
 */
export function crowdedSettings(rows: number | undefined): string {
  const megabytes = rows && Math.max(leastOfRows, Math.ceil((rows * bytesPerRow) / 1024 ** 2))
  return `set local max_parallel_maintenance_workers = 0; ${megabytes ? `${setMemory(megabytes, '>', 'true')};` : ''}`
}

/** Where what is set is less, or more. */
function setMemory(megabytes: number, where: '<' | '>', local: 'true' | 'false'): string {
  return `select set_config('maintenance_work_mem', '${megabytes}MB', ${local})
    where pg_size_bytes(current_setting('maintenance_work_mem')) ${where} pg_size_bytes('${megabytes}MB')`
}
