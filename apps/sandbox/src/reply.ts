/**
 * What the local Heap answers, before faults.
 * @module
 */

/** An answer of Heap, and what is noted beside it. */
export interface Reply {
  status: number
  type: 'application/json' | 'text/plain' | 'text/html'
  body: string
  /** Header fields beside the type. */
  headers?: Record<string, string>
  /** Why nothing, or not all, was stored. */
  note?: string
  /** Whether the request counts against the limits. */
  passed?: boolean
}

/** What the Worker is to do: answer, later perhaps, or cut the connection. */
export interface Outcome {
  reply: Pick<Reply, 'status' | 'type' | 'body' | 'headers'> | 'cut'
  latencyMs: number
  retryAfter?: string
}

/** A JSON answer; `{}` is what Heap says most often, also where an explanation would help. */
export function json(status: number, value: object = {}, note?: string): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value), ...(note !== undefined && { note }) }
}

/** A text. */
export function text(status: number, body: string, note?: string): Reply {
  return { status, type: 'text/plain', body, ...(note !== undefined && { note }) }
}

/** 401: Heap's documents name the field of the reason in three ways (heap-api section 13, row 19). */
export function unauthorized(note: string, everyField = true): Reply {
  const err = { message: 'Unauthorized' }
  return json(401, everyField ? { err, error: 'Unauthorized', message: note } : { err }, note)
}
