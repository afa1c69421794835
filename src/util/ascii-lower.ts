/** Small letters for A to Z and nothing else: SQLite folds no other letter. */
export function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
