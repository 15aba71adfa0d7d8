/**
 * A deletion, from Heap's side.
 * @module
 */
import { expect } from 'vitest'
import type { Local } from '../local.ts'
import { admin } from './runs.ts'

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
  await expect.poll(() => requested(local), { timeout: 20_000 }).toHaveLength(1)
  const [first] = await requested(local)
  return first as Requested
}

/** Heap is done with the first deletion, and the proxy asks it: what the proxy knows of it then. */
export async function completed(local: Local): Promise<{ id: string; state: string }> {
  const { deletion_request_id } = await firstRequested(local)
  await fetch(`${local.sandbox}/_sandbox/deletions/${deletion_request_id}/complete`, { method: 'POST' })
  const { deletions } = JSON.parse(await admin(local, 'deletions')) as { deletions: [{ id: string }] }
  return JSON.parse(await admin(local, `deletions/${deletions[0].id}/poll`, {})) as { id: string; state: string }
}
