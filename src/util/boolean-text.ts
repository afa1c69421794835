const words: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  true: true,
  y: true,
  yes: true,
  on: true,
  '0': false,
  f: false,
  false: false,
  n: false,
  no: false,
  off: false,
}

/** `t f true false yes no y n on off 1 0` in any case, nothing around them; null for every other text. */
export function parseBooleanText(text: string): boolean | null {
  if (text.length > 5) return null
  return words[text] ?? words[text.toLowerCase()] ?? null
}
