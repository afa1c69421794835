import { copyFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDemoDatabase } from '../../../src/cli/demo/make-demo-database.ts'

/** Real databases that must sync through Zero with all their rows. They lie beside the repository, where there are any. */
export const provedDatabases = {
  demo: null,
  chinook: 'chinook.sqlite',
  northwind: 'northwind-efcore.db',
  formula_1: 'formula_1-de.sqlite',
  'wirechat (Laravel)': 'wirechat-laravel.sqlite',
  'spree (Rails)': 'spree-rails.sqlite3',
  'wagtail (Django)': 'wagtaildemo.db',
} satisfies Readonly<Record<string, string | null>>

export type ProvedDatabase = keyof typeof provedDatabases

const samples = resolve(fileURLToPath(new URL('../../../../', import.meta.url)), 'shared', 'data', 'sqlite')

/** A copy of its own in the folder; null where the file is not on this machine. */
export function copySource(name: ProvedDatabase, folder: string): string | null {
  const target = join(folder, 'source.db')
  const file = provedDatabases[name]
  if (file === null) {
    makeDemoDatabase(target)
    return target
  }
  const sample = join(samples, file)
  if (!existsSync(sample)) return null
  copyFileSync(sample, target)
  return target
}
