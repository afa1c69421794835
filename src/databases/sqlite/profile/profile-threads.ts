/** The module that threads profile with; apart, because it is asked for before anything else is loaded. */
export const profileWorker = new URL(
  `./profile-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)

/** Below this size of file a thread costs more (some 60 ms to start) than it saves. */
export const worthThreads = 2 * 1024 * 1024
