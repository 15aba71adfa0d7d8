/**
 * `heap-edge track EVENT --identity …`
 * @module
 */
import type { InputProperties, InputSubject, TrackRecord } from 'heap-edge'
import type { CommandDef } from 'citty'
import { command, type Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import { heapOf, targetOf, tellingFetch } from '../heap.ts'
import { parseTyped } from '../rows/number.ts'

export const trackCommand: CommandDef = command(
  { name: 'track', description: 'Send one event' },
  {
    event: { type: 'positional', description: 'The name of the event', required: true },
    identity: { type: 'string', valueHint: 'identity', description: 'Whose it is' },
    'user-id': { type: 'string', valueHint: 'digits', description: "The same by Heap's own id" },
    property: { type: 'string', valueHint: 'name=value', description: 'A property with a text; repeat it' },
    properties: { type: 'string', valueHint: 'json', description: 'Properties as a JSON object, with numbers too' },
    timestamp: { type: 'string', valueHint: 'time', description: 'ISO 8601 (now)' },
    'idempotency-key': {
      type: 'string',
      valueHint: 'key',
      description: 'Heap takes one event of each key (a new one)',
    },
  },
  async (given) => {
    const result = await heapOf(given.settings, { fetch: tellingFetch(given.output.note) }).track({
      event: given.text('event') ?? '',
      ...subjectOf(given),
      ...(given.text('timestamp') !== undefined && { timestamp: given.text('timestamp') }),
      ...(given.text('idempotency-key') !== undefined && { idempotency_key: given.text('idempotency-key') }),
      properties: propertiesOf(given),
    } as TrackRecord)
    const { name } = targetOf(given.settings)
    given.output.result(
      result,
      `The event is ${WHERE[result.outcome]} ${name}; its idempotency key is ${result.idempotency_key}.`,
    )
    for (const { pointer, detail } of result.warnings ?? []) given.output.note(`${pointer} ${detail}.`)
    return EXIT.ok
  },
)

/** Where a record is, in words. */
export const WHERE = {
  delivered: 'delivered to',
  queued: 'safe in the outbox of',
  suppressed: 'dropped, as its user is being deleted, by',
} as const

/** Whom it is about. The client says what is wrong where that is not exactly one. */
function subjectOf(given: Given): InputSubject {
  const [identity, user_id] = [given.text('identity'), given.text('user-id')]
  return {
    ...(identity !== undefined && { identity }),
    ...(user_id !== undefined && { user_id }),
  } as unknown as InputSubject
}

function propertiesOf(given: Given): InputProperties {
  const json = given.text('properties')
  const texts = given.all('property').map((text): [string, string] => {
    const at = text.indexOf('=')
    if (at < 1) throw new Failure('--property must be name=value.')
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return { ...(json === undefined ? {} : jsonObject(json, '--properties')), ...Object.fromEntries(texts) }
}

function jsonObject(text: string, flag: string): InputProperties {
  try {
    const value = parseTyped(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as InputProperties
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(`${flag}: ${error.message}.`)
  }
  throw new Failure(`${flag} must be a JSON object, such as '{"amount":25}'.`)
}
