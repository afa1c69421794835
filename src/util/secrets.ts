/** A connection URL (or a text that holds one) without its password. */
export function maskUrl(text: string): string {
  // Plans and reports have many thousand texts, hardly one of which could hold a password.
  if (!text.includes('@') && !text.includes('=')) return text
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@:]*):([^\s/?#]*)@/gi, '$1$2@')
    .replace(/([?&](?:password|sslpassword|passfile)=)[^&\s]*/gi, '$1***')
}
