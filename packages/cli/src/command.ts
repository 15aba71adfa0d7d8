/**
 * What all commands have in common: their settings, strict flags, and an end in one sentence.
 * @module
 */
import { parseArgs } from 'node:util'
import { type ArgsDef, type CommandDef, defineCommand } from 'citty'
import { asFailure, type ExitCode, Failure } from './failure.ts'
import { createOutput, type Output } from './output.ts'
import { checkSettings, readSettings, type Settings, settingFlags, settingsWithoutFile } from './settings.ts'
import { checkFlags } from './strict.ts'

/** What a command is given. */
export interface Given {
  /** What stands without a flag, by its name. */
  text: (name: string) => string | undefined
  /** Whether a switch is on. */
  on: (name: string) => boolean
  /** All values of a flag that may be repeated. */
  all: (name: string) => string[]
  /** The value of a flag as a number of at least this much. */
  number: (name: string, least: number) => number | undefined
  /** The same without a fraction. */
  wholeNumber: (name: string, least: number) => number | undefined
  settings: Settings
  output: Output
}

/** A command by its flags and what it does. */
export function command(
  meta: { name: string; description: string },
  args: ArgsDef,
  run: (given: Given) => Promise<ExitCode>,
): CommandDef {
  const flags: ArgsDef = { ...args, ...settingFlags }
  return defineCommand({
    meta,
    args: flags,
    async run({ args, rawArgs }) {
      // Also where it was taken for the value of another flag.
      const json = args.json === true || rawArgs.includes('--json')
      process.exitCode = await ending({ ...args, json }, (output) => {
        checkFlags(rawArgs, args, flags)
        return run({
          text: (name) => textOf(args[name]),
          on: (name) => args[name] === true,
          all: (name) => repeated(rawArgs, name),
          number: (name, least) => numberOf(name, textOf(args[name]), least),
          wholeNumber: (name, least) => wholeNumberOf(name, textOf(args[name]), least),
          settings: checkSettings(readSettings(args)),
          output,
        })
      })
    },
  })
}

/** Runs something, and tells how it failed where it does. */
async function ending(args: Record<string, unknown>, run: (output: Output) => Promise<ExitCode>): Promise<ExitCode> {
  const output = createOutput(args.json === true, secretsOf(args))
  try {
    return await run(output)
  } catch (thrown) {
    return tell(thrown, output, isForProxy(args))
  }
}

/**
 * Tells in a sentence how something failed.
 *
 * @param proxy whether it went through one
 */
export function tell(thrown: unknown, output: Output, proxy = false): ExitCode {
  const { message, exitCode, problems, more } = asFailure(thrown, proxy)
  if (output.json) output.result({ error: message, exitCode, problems, ...more }, '')
  output.note(message)
  return exitCode
}

/** Every secret that the settings may hold, whatever is wrong with them. */
export function secretsOf(args: Record<string, unknown>): (string | undefined)[] {
  const { apiKey, adminToken, appId } = whateverIsSet(args)
  // As they go over the wire for a token.
  const basic = [apiKey, adminToken].flatMap((key) => (key ? [Buffer.from(`${appId}:${key}`).toString('base64')] : []))
  return [...basic, apiKey, adminToken]
}

function isForProxy(args: Record<string, unknown>): boolean {
  return whateverIsSet(args).endpoint !== undefined
}

/** The settings, without those of a file that cannot be read. */
function whateverIsSet(args: Record<string, unknown>): Settings {
  try {
    return readSettings(args)
  } catch {
    return settingsWithoutFile(args)
  }
}

function repeated(rawArgs: string[], name: string): string[] {
  const options = { [name]: { type: 'string' as const, multiple: true } }
  const { values } = parseArgs({ args: rawArgs, options, strict: false, allowPositionals: true })
  return ((values[name] ?? []) as (string | boolean)[]).filter((value) => typeof value === 'string')
}

function numberOf(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value
  throw new Failure(`--${name} must be a number, ${least} or more.`)
}

function wholeNumberOf(name: string, text: string | undefined, least: number): number | undefined {
  const value = numberOf(name, text, least)
  if (value === undefined || Number.isSafeInteger(value)) return value
  throw new Failure(`--${name} must be a whole number.`)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
