/**
 * A deletion, as Heap and the proxy have it.
 * @module
 */
import { expect } from 'vitest'
import type { Local } from './local.ts'
import { admin } from './workflows/runs.ts'

/** A deletion as the sandbox holds it. */
export interface Requested {
  deletion_request_id: string
  users: object[]
}

/** The deletions that Heap was asked for. */
export async function requested(local: Local): Promise<Requested[]> {
  return (await local.held<{ deletions: Requested[] }>('deletions')).deletions
}

/** Waits until Heap is asked for the first deletion. It is submitted when what was let through before must have arrived. */
export async function firstRequested(local: Local): Promise<Requested> {
  await expect.poll(() => requested(local)).toHaveLength(1)
  const [first] = await requested(local)
  return first as Requested
}

/** Heap is done with the newest deletion, and the proxy asks it: what the proxy knows of it then. */
export async function completed(local: Pick<Local, 'proxy' | 'sandbox'>): Promise<{ id: string; state: string }> {
  let deletion: { id: string; requests: { deletion_request_id: string }[] } | undefined
  const look = async () => {
    const { deletions } = JSON.parse(await admin(local, 'deletions')) as { deletions: { id: string }[] }
    deletion = JSON.parse(await admin(local, `deletions/${deletions[0]?.id}`)) as typeof deletion
    return deletion?.requests.length
  }
  // The proxy asks once a minute at most, and only about what it knows the id of.
  await expect.poll(look).toBe(1)
  const { id = '', requests: [request] = [] } = deletion ?? {}
  await fetch(`${local.sandbox}/_sandbox/deletions/${request?.deletion_request_id}/complete`, { method: 'POST' })
  return JSON.parse(await admin(local, `deletions/${id}/poll`, {})) as { id: string; state: string }
}
