import { runCommandLine } from './run-command-line.ts'

/**
 * The executable. This folder turns what was typed into calls of `transfer/` and its events and reports into text; it may
 * import everything above it and holds no transfer logic. The exit code is set here and nowhere else: it comes from the
 * report, or from `errors/policy.ts` where there is none.
 */
process.exitCode = await runCommandLine({
  arguments: process.argv.slice(2),
  environment: process.env,
  cwd: workingFolder(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})

/** A shell may stand in a folder that has been removed; its name is what shells go on using. */
function workingFolder(): string {
  try {
    return process.cwd()
  } catch {
    return process.env['PWD'] ?? '/'
  }
}
