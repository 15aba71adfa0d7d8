/**
 * Arguments that citty would pass over: what is sent or deleted must not hang on a flag that was taken for nothing.
 * @module
 */
import { parseArgs } from 'node:util'
import type { ArgsDef, CommandDef } from 'citty'
import { Failure } from './failure.ts'

/** Commands by their names. */
export type Commands = Readonly<Record<string, CommandDef>>

/**
 * Looks at what stands in front of the last word of a command, as `import users`.
 *
 * @throws Failure where that is a flag
 */
export function checkFront(args: readonly string[], commands: Commands): void {
  const words: string[] = []
  for (let inner: Commands | undefined = commands; inner;) {
    const word: string | undefined = args[words.length]
    // A word that is no command is told by the parser.
    if (word === undefined) return
    // Without its value, which may be a secret.
    if (word.startsWith('-')) throw new Failure(misplaced(word.replace(/=.*/s, ''), words))
    inner = inner[word]?.subCommands as Commands | undefined
    words.push(word)
  }
}

function misplaced(flag: string, words: readonly string[]): string {
  const where = ['heap-edge', ...words, '…'].join(' ')
  return `${flag} stands in front of the command: flags go after its last word, as in ${where} ${flag}.`
}

/**
 * Looks at the arguments of a command.
 *
 * @param args the same as citty has parsed them
 * @throws Failure where one is not known, lacks its value, or has one that it cannot have
 */
export function checkFlags(rawArgs: string[], args: Readonly<Record<string, unknown>>, flags: ArgsDef): void {
  const types = new Map(Object.entries(flags).map(([name, { type }]) => [name, type]))
  for (const { name, value, inline } of flagsOf(rawArgs, types)) {
    const type = types.get(name)
    const isNegation = name.startsWith('no-') && types.get(name.slice(3)) === 'boolean' && value === undefined
    if (isNegation) continue
    if (type === 'boolean') {
      // What it came to is another thing, too, where it is given twice.
      if ((value ?? 'true') === String(args[name])) continue
      throw new Failure(`--${name} takes no value but true and false, and one of them only.`)
    }
    if (type !== 'string') throw new Failure(`There is no flag --${name}; --help shows those there are.`)
    if (!value) throw new Failure(`--${name} needs a value.`)
    if (!inline && value.length > 1 && value.startsWith('-')) {
      throw new Failure(`--${name} needs a value; one that begins with a dash is given as --${name}=….`)
    }
  }
  const positional = [...types.values()].filter((type) => type === 'positional').length
  if ((args._ as string[]).length > positional) {
    throw new Failure('There are more arguments than this command takes; put what has blanks in it into quotes.')
  }
}

/** The flags as they stand there; `inline` where the value comes after an equals sign. */
function flagsOf(rawArgs: string[], types: ReadonlyMap<string, unknown>) {
  const options = Object.fromEntries(
    [...types].flatMap(([name, type]) => (type === 'boolean' || type === 'string' ? [[name, { type }] as const] : [])),
  )
  const { tokens } = parseArgs({ args: rawArgs, options, strict: false, allowPositionals: true, tokens: true })
  return tokens.flatMap((token) =>
    token.kind === 'option' ? [{ name: token.name, value: token.value, inline: token.inlineValue === true }] : [],
  )
}
