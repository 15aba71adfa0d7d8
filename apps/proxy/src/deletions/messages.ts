/**
 * What people, and their programs, are told about a deletion. Pure.
 * @module
 */
import type { Channel, DeletionRow } from './sql.ts'

/** What is told about. `overdue` is no state: the deletion goes on. */
export type NoticeEvent = 'complete' | 'overdue' | 'timed_out' | 'failed'

/** Slack cuts a text of more than 40,000 characters; api.slack.com/methods/chat.postMessage */
const MOST_CHARACTERS = 30_000

/** The body of a notification, as JSON. */
export function messageOf(
  channel: Channel,
  event: NoticeEvent,
  row: DeletionRow,
  names: readonly string[],
  now: number,
): string {
  return JSON.stringify(
    channel === 'slack' ? { text: textOf(event, row, names, now) } : payloadOf(event, row, names, now),
  )
}

/** For Slack: its three special characters are escaped, so that no name can mention a channel or become a link. */
function textOf(event: NoticeEvent, row: DeletionRow, names: readonly string[], now: number): string {
  const whom = joined(names.map(escaped)) || (row.users === 1 ? '1 user' : `${row.users} users`)
  const reason = row.problem ? ` ${escaped(row.problem)}.` : ''
  const hours = Math.round((now - row.accepted_at) / 3_600_000)
  switch (event) {
    case 'complete':
      return `Deleted from Heap: ${whom}`
    case 'overdue':
      return `Not yet deleted from Heap after ${hours} hours: ${whom}.${reason} Heap is still asked (deletion ${row.id}).`
    case 'timed_out':
      return `Not deleted from Heap after ${hours} hours, and Heap is not asked any more: ${whom}.${reason} Look at deletion ${row.id}.`
    case 'failed':
      return `Heap refuses to delete: ${whom}.${reason} ${row.suppressed_until === 0 ? 'Nothing was deleted' : 'Look whether they are deleted'} (deletion ${row.id}).`
  }
}

/** As Standard Webhooks recommends: type, timestamp, data. */
function payloadOf(event: NoticeEvent, row: DeletionRow, names: readonly string[], now: number): object {
  return {
    type: `deletion.${event}`,
    timestamp: new Date(now).toISOString(),
    data: {
      id: row.id,
      state: row.state,
      users: row.users,
      ...(names.length > 0 && { user_names: fitting(names) }),
      accepted_at: new Date(row.accepted_at).toISOString(),
      ended_at: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
      problem: row.problem,
    },
  }
}

/** As many names as fit. */
function fitting(names: readonly string[]): string[] {
  let room = MOST_CHARACTERS
  const end = names.findIndex((name) => (room -= name.length + 2) < 0)
  return end === -1 ? [...names] : names.slice(0, end)
}

function joined(names: readonly string[]): string {
  const shown = fitting(names)
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
