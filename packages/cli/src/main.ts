#!/usr/bin/env node
/**
 * The command `heap-edge`.
 * @module
 */
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty'
import { secretsOf, tell } from './command.ts'
import { deleteCommand } from './commands/delete.ts'
import { deletionCommand } from './commands/deletion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { identifyCommand } from './commands/identify.ts'
import { importCommand } from './commands/import.ts'
import { rawCommand } from './commands/raw.ts'
import { trackCommand } from './commands/track.ts'
import { EXIT } from './failure.ts'
import { createOutput } from './output.ts'
import { reasonOf } from './settings.ts'
import { checkFront } from './strict.ts'

/** Put in place by the build; the sources themselves have no version. */
declare const HEAP_EDGE_CLI_VERSION: string | undefined

const version = typeof HEAP_EDGE_CLI_VERSION === 'string' ? HEAP_EDGE_CLI_VERSION : '0.0.0'

const HELP = `
EXIT CODES

    0  all done
    1  something failed that may go well another time: network, time, limits. An import goes on with --resume
    2  what was given is wrong: a flag, a file, a column, a row, a key
  130  interrupted, or not confirmed

Secrets are better put into the environment or into .env than into flags: HEAP_API_KEY, HEAP_ADMIN_TOKEN.
`

/** Without a prototype: `constructor` is no command. */
const commands: Record<string, CommandDef> = {
  __proto__: null as never,
  import: importCommand,
  track: trackCommand,
  identify: identifyCommand,
  delete: deleteCommand,
  deletion: deletionCommand,
  raw: rawCommand,
  doctor: doctorCommand,
}

const main = defineCommand({
  meta: { name: 'heap-edge', version, description: 'Send users, accounts and events to Heap; delete users' },
  subCommands: commands,
})

/** The command that the arguments name, as far as they name one. */
function named(args: readonly string[]): [command: CommandDef, parent?: CommandDef] {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  const command = commands[first ?? '']
  if (!command) return [main]
  const inner = (command.subCommands as Record<string, CommandDef> | undefined)?.[second ?? '']
  return inner ? [inner, main] : [command, main]
}

// Whoever reads may have enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  console.error(`Standard output cannot be written: ${reasonOf(error)}.`)
  process.exit(EXIT.again)
})
// An import goes on where nobody is left to be told how far it is.
process.stderr.on('error', () => {})

const args = process.argv.slice(2)
const before = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
const asked = before[0] === 'help' ? before.slice(1) : before
if (asked !== before || asked.includes('--help') || asked.includes('-h') || args.length === 0) {
  const usage = await renderUsage(...named(asked))
  console.log((process.stdout.isTTY ? usage : stripVTControlCharacters(usage)) + HELP)
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  console.log(version)
} else {
  try {
    checkFront(args, commands)
    await runCommand(main, { rawArgs: args })
  } catch (thrown) {
    // The parser's own complaints come before a command has begun.
    process.exitCode = tell(thrown, createOutput(args.includes('--json'), secretsOf({})))
  }
}
