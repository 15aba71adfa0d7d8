/**
 * Structured logs: one line of JSON for each thing that somebody may want to know of. No line holds a property value, an
 * identity, a token or a path as it was sent.
 * @module
 */

/** Characters of what an error says of itself. */
const MOST_CHARACTERS = 2000

/** Between what it says and where it comes from, in a stack. */
const CALL = '\n    at '

export function logLine(level: 'info' | 'warn' | 'error', message: string, fields: object = {}): void {
  const line = JSON.stringify({ level, message, at: new Date().toISOString(), ...fields })
  if (level === 'info') console.log(line)
  else console[level](line)
}

/**
 * An error that nobody expected. What it quotes is left out, from the first quote to the last one: `JSON.parse` quotes what it was
 * given, in which there are quotes as well.
 *
 * @param where the part of the Worker
 */
export function logError(where: string, error: unknown, fields: object = {}): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : 'Something else than an error was thrown'
  const [said = '', ...calls] = stack.split(CALL)
  const shown = [said.replace(/["“][^]*["”]/, '"…"'), ...calls].join(CALL).slice(0, MOST_CHARACTERS)
  logLine('error', 'unexpected error', { where, error: shown, ...fields })
}
