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
  // A checkout runs its sources as they are; the published package has only the build.
  void import('node:fs').then(function (fs) {
    var source = new URL('../src/cli/main.ts', import.meta.url)
    return import((fs.existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url)).href)
  })
}
