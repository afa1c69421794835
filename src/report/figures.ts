/**
 * What is left of a transfer for people and programs: the page `report.html`, the files of the transfer's folder, and how
 * figures are written. This folder imports model, errors and util; the command line prints with the same figures.
 */

/** `1204331` → `1,204,331`. Not by `Intl.NumberFormat`, whose first one takes 20 ms to make, before anything else can begin. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 row`, `2 rows`, `1,204 rows` */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `512 B`, `1.2 MB`: decimal units, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `0.4 s`, `12 s`, `2 min 10 s`, `3 h 05 min` */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Rows per second; null for times too short to say anything. */
export function rowsPerSecond(rows: number, seconds: number): number | null {
  return seconds < 0.001 || rows === 0 ? null : Math.round(rows / seconds)
}

/** Never 100 % before everything is done, never above it. */
export function formatPercent(done: number, total: number): string {
  if (total <= 0 || done >= total) return '100 %'
  return `${Math.min(99, Math.floor((done / total) * 100))} %`
}
