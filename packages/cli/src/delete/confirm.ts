/**
 * The question before a deletion.
 * @module
 */
import { stripVTControlCharacters } from 'node:util'
import { confirm } from '@clack/prompts'
import type { DeletableUser } from 'heap-edge/admin'
import { Failure } from '../failure.ts'
import { count } from '../output.ts'

/** So many are named. */
const NAMED = 3

/** Whether somebody at a terminal says yes. */
export async function isConfirmed(users: readonly DeletableUser[]): Promise<boolean> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new Failure('Deleting is for good: give --yes where nobody can be asked.')
  }
  const left = new AbortController()
  // The prompt does not end at Ctrl-D, and shows the other answer at Esc.
  const onKey = (_: unknown, key?: { name?: string; ctrl?: boolean }) => {
    if (key?.name === 'escape' || (key?.ctrl && key.name === 'd')) left.abort()
  }
  stdin.on('keypress', onKey)
  try {
    const message = question(users)
    return (await confirm({ message, initialValue: false, output: stderr, signal: left.signal })) === true
  } finally {
    stdin.off('keypress', onKey)
  }
}

function question(users: readonly DeletableUser[]): string {
  const named = users.slice(0, NAMED).map(nameOf)
  const names = [...named, ...(users.length > NAMED ? ['…'] : [])].join(', ')
  return `Heap deletes ${count(users.length, 'user')} for good, in every environment: ${names}. Go on?`
}

/** As a terminal may show it. */
function nameOf({ identity, user_id }: DeletableUser): string {
  return identity === undefined ? `user_id ${user_id}` : stripVTControlCharacters(identity).replaceAll(/\p{C}/gu, '')
}
