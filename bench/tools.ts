import { execFileSync } from 'node:child_process'

/** Programs of others that contenders are made of, and the Debian package that brings each. */
const debianPackages = { pgloader: 'pgloader', sqlite3: 'sqlite3', psql: 'postgresql-client' } as const

export type ToolName = keyof typeof debianPackages

/** The version of each program that is there. */
export type Tools = { readonly [Name in ToolName]?: string }

export function findTools(): Tools {
  const found: { [Name in ToolName]?: string } = {}
  for (const name of Object.keys(debianPackages) as ToolName[]) {
    const version = versionOf(name)
    if (version !== null) found[name] = version
  }
  return found
}

/** Null when nothing of it is missing; otherwise what is, and how it is installed on Debian. */
export function missingTools(needed: readonly ToolName[], tools: Tools): string | null {
  const missing = needed.filter((name) => tools[name] === undefined)
  if (missing.length === 0) return null
  const packages = missing.map((name) => debianPackages[name]).join(' ')
  return `${missing.join(' and ')} not installed (Debian: apt install ${packages})`
}

function versionOf(program: ToolName): string | null {
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /\d+\.\d+[\w.~-]*/.exec(text)?.[0] ?? text.trim()
  } catch {
    return null
  }
}
