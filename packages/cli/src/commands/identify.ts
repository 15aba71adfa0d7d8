/**
 * `heap-edge identify --user-id … --identity …`
 * @module
 */
import type { CommandDef } from 'citty'
import { command } from '../command.ts'
import { EXIT } from '../failure.ts'
import { heapOf, targetOf, tellingFetch } from '../heap.ts'
import { WHERE } from './track.ts'

export const identifyCommand: CommandDef = command(
  { name: 'identify', description: 'Join an anonymous user to an identity, for ever' },
  {
    'user-id': {
      type: 'string',
      valueHint: 'digits',
      description: "Heap's own id of the anonymous user",
      required: true,
    },
    identity: { type: 'string', valueHint: 'identity', description: 'Whom that user turned out to be', required: true },
  },
  async ({ text, settings, output }) => {
    const result = await heapOf(settings, { fetch: tellingFetch(output.note) }).identify({
      user_id: text('user-id') ?? '',
      identity: text('identity') ?? '',
    })
    output.result(result, `The join is ${WHERE[result.outcome]} ${targetOf(settings).name}.`)
    return EXIT.ok
  },
)
