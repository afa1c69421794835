#!/usr/bin/env node
// Only syntax that a very old Node understands: it must be able to say that it is too old.
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    'rowferry needs Node 24 or newer; this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '). Install it from https://nodejs.org and run the command again.\n',
  )
  process.exitCode = 2
} else {
  void Promise.all([
    import('node:module'),
    import('node:fs'),
    import('node:os'),
    import('node:path'),
    import('node:v8'),
  ]).then(function (modules) {
    keepCompiled(modules[0], modules[2], modules[3])
    // The nursery stays as small as it begins: a plan of a thousand tables filled it with 80 MB of garbage, in no less time.
    modules[4].setFlagsFromString('--semi-space-growth-factor=1')
    // A checkout runs its sources as they are; the published package has only the build.
    var source = new URL('../src/cli/main.ts', import.meta.url)
    return import((modules[1].existsSync(source) ? source : new URL('../dist/main.js', import.meta.url)).href)
  })
}

// Keeps what V8 made of the modules: 0.25 s of the 0.6 that a small transfer takes. Node's own place for it would be the
// common /tmp, where another user could lay down code for us to run. Where this folder cannot be written Node goes without.
function keepCompiled(module, os, path) {
  try {
    var caches = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || path.join(os.homedir(), '.cache')
    var folder = process.env.NODE_COMPILE_CACHE || path.join(caches, 'rowferry', 'compiled')
    // Worker threads look for it there.
    if (module.enableCompileCache(folder).directory) process.env.NODE_COMPILE_CACHE = folder
  } catch {
    // Without a home folder everything is compiled each time.
  }
}
