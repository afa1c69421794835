/** The module that threads carry shards with; apart, because it is asked for before anything else is loaded. */
export const shardWorker = new URL(`./shard-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
