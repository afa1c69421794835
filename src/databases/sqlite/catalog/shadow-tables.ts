import { foldName } from '../sqlite-identifiers.ts'

/**
 * Tables in which virtual tables keep their content. SQLite marks them itself, but only for modules that are compiled in;
 * those of loadable modules are known by their names: `<virtual table>_<suffix>`.
 */
const fts = /^(?:content|segments|segdir|docsize|stat)$/
const rtree = /^(?:node|rowid|parent)$/
const suffixes: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    fts1: fts,
    fts2: fts,
    fts3: fts,
    fts4: fts,
    fts5: /^(?:data|idx|content|docsize|config)$/,
    rtree,
    rtree_i32: rtree,
    geopoly: rtree,
    spellfix1: /^vocab$/,
    vec0: /^(?:chunks|rowids|info|auxiliary|(?:vector_|metadata)chunks\d+|metadatatext\d+)$/,
    vss0: /^(?:index|data)$/,
  }),
)

/** For each shadow table the virtual table it belongs to. */
export function findShadowTables(
  virtualTables: readonly { readonly name: string; readonly module: string }[],
  tables: readonly string[],
): Map<string, string> {
  const owners = new Map(virtualTables.map((table) => [foldName(table.name), table]))
  const found = new Map<string, string>()
  for (const table of tables) {
    for (const [prefix, suffix] of splits(table)) {
      const owner = owners.get(foldName(prefix))
      if (owner !== undefined && suffixes.get(owner.module)?.test(foldName(suffix)) === true)
        found.set(table, owner.name)
    }
  }
  return found
}

/** At each underscore: `a_b_c` gives `a`, `b_c` and `a_b`, `c`. */
function splits(name: string): [string, string][] {
  return [...name.matchAll(/_/g)].map(({ index }) => [name.slice(0, index), name.slice(index + 1)])
}
