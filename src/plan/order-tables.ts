/** `parents(name)`: the names that `name` must come after. Names outside `names` are ignored. */
export type Dependencies = (name: string) => Iterable<string>

/**
 * Waves of names: each stands in a later wave than its parents. Tables that refer to each other in a circle (or to
 * themselves) cannot be ordered; they come together in one wave and are named in `cycles`.
 */
export function orderTables(
  names: readonly string[],
  parents: Dependencies,
): { readonly waves: readonly (readonly string[])[]; readonly cycles: readonly (readonly string[])[] } {
  const known = new Set(names)
  const components = stronglyConnected(names, (name) => [...parents(name)].filter((parent) => known.has(parent)))
  const waveOf = new Map<string, number>()
  const waves: string[][] = []
  const cycles: (readonly string[])[] = []
  for (const component of components) {
    let wave = 0
    for (const name of component) {
      for (const parent of parents(name)) {
        const parentWave = component.includes(parent) ? undefined : waveOf.get(parent)
        if (parentWave !== undefined) wave = Math.max(wave, parentWave + 1)
      }
    }
    for (const name of component) waveOf.set(name, wave)
    const members = (waves[wave] ??= [])
    members.push(...component)
    if (component.length > 1 || isOwnParent(component[0], parents)) cycles.push(component)
  }
  return { waves, cycles }
}

function isOwnParent(name: string | undefined, parents: Dependencies): boolean {
  return name !== undefined && [...parents(name)].includes(name)
}

/** Tarjan's algorithm, without recursion; components come out parents first. */
function stronglyConnected(names: readonly string[], edges: (name: string) => readonly string[]): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const onStack = new Set<string>()
  const stack: string[] = []
  const components: string[][] = []

  for (const root of names) {
    if (index.has(root)) continue
    const work: { name: string; edges: readonly string[]; next: number }[] = []
    const enter = (name: string): void => {
      index.set(name, index.size)
      low.set(name, index.size - 1)
      stack.push(name)
      onStack.add(name)
      work.push({ name, edges: edges(name), next: 0 })
    }
    enter(root)
    for (let frame = work.at(-1); frame; frame = work.at(-1)) {
      const { name } = frame
      const child = frame.edges[frame.next++]
      if (child !== undefined) {
        if (!index.has(child)) enter(child)
        else if (onStack.has(child)) lower(low, name, index.get(child) ?? 0)
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent) lower(low, parent.name, low.get(name) ?? 0)
      if (low.get(name) === index.get(name)) components.push(popComponent(stack, onStack, name))
    }
  }
  return components
}

function lower(low: Map<string, number>, name: string, value: number): void {
  low.set(name, Math.min(low.get(name) ?? value, value))
}

function popComponent(stack: string[], onStack: Set<string>, root: string): string[] {
  const component: string[] = []
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    onStack.delete(name)
    component.unshift(name)
    if (name === root) break
  }
  return component
}
