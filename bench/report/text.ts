/** A dash stands for what is not known or does not apply. */
export const none = '–'

/** Three significant figures at least: 0.123, 1.23, 12.3, 123. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return none
  return seconds.toFixed(seconds < 1 ? 3 : seconds < 10 ? 2 : seconds < 100 ? 1 : 0)
}

export function ratioText(ratio: number | null): string {
  return ratio === null ? none : ratio.toFixed(2)
}

export function countText(count: number): string {
  return Math.round(count).toLocaleString('en')
}

export function rowsText(rows: number): string {
  return `${countText(rows)} row${rows === 1 ? '' : 's'}`
}

export function megabytesText(bytes: number | null): string {
  return bytes === null ? none : `${countText(bytes / 1e6)} MB`
}

export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
