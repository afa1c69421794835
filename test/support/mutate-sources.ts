import { registerHooks } from 'node:module'

/** Loaded with `--import`, in every thread: puts one fault into one file of the sources as it is loaded. */
type Fault = { readonly file: string; readonly find: string; readonly replace: string }

const fault = JSON.parse(process.env['ROWFERRY_MUTANT'] ?? 'null') as Fault | null

if (fault !== null)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${fault.file}`)) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      if (!source.includes(fault.find)) throw new Error(`${fault.file} does not have ${fault.find}`)
      return { ...loaded, source: source.replace(fault.find, () => fault.replace) }
    },
  })
