/** Names as words: split, joined in another style, made singular and plural. English, where it matters at all. */

/** `blog_posts`, `BlogPosts`, `blog-posts` → `['blog', 'posts']`; `HTTPServer2` → `['http', 'server2']`. Lower case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())
}

export function camelCase(words: readonly string[]): string {
  return words.map((word, index) => (index === 0 ? word : capitalized(word))).join('')
}

export function pascalCase(words: readonly string[]): string {
  return words.map(capitalized).join('')
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** The same words with the last one in the singular: `blog posts` → `blog post`. */
export function singular(words: readonly string[]): string[] {
  return [...words.slice(0, -1), ...words.slice(-1).map(singularWord)]
}

/** The same words with the last one in the plural; as they are when it is one already. */
export function plural(words: readonly string[]): string[] {
  return [...words.slice(0, -1), ...words.slice(-1).map(pluralWord)]
}

const irregular: ReadonlyMap<string, string> = new Map([
  ['person', 'people'],
  ['child', 'children'],
  ['man', 'men'],
  ['woman', 'women'],
  ['foot', 'feet'],
  ['mouse', 'mice'],
  ['movie', 'movies'],
  ['cookie', 'cookies'],
  ['tie', 'ties'],
  ['cache', 'caches'],
  ['shoe', 'shoes'],
  ['alias', 'aliases'],
  ['bus', 'buses'],
  ['house', 'houses'],
  ['cause', 'causes'],
  ['clause', 'clauses'],
  ['use', 'uses'],
  ['analysis', 'analyses'],
])
const irregularSingulars = new Map([...irregular].map(([one, many]) => [many, one]))

/** The same in the singular and the plural. */
const unchanging = new Set(
  'data media metadata news series species info information equipment staff feedback'.split(' '),
)

function singularWord(word: string): string {
  const known = irregularSingulars.get(word)
  if (known !== undefined) return known
  if (unchanging.has(word) || irregular.has(word) || /(ss|us|is)$/.test(word)) return word
  if (/[^aeiou]ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(ss|sh|ch|x|zz|us|o)es$/.test(word)) return word.slice(0, -2)
  return /[^s]s$/.test(word) && word.length > 2 ? word.slice(0, -1) : word
}

function pluralWord(word: string): string {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (unchanging.has(word) || singularWord(word) !== word) return word
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : /[\p{L}]$/u.test(word) ? `${word}s` : word
}
