/**
 * Runs of workflows, as those see them who trigger them and those who operate the proxy.
 * @module
 */
import { expect } from 'vitest'
import type { Local as Whole } from '../local.ts'

/** As much of it as is asked here. */
type Local = Pick<Whole, 'proxy'>

export interface Run {
  id: string
  workflow: string
  state: string
  problem: string | null
  input: unknown
  steps: { name: string; state: string; attempts: number; problem: string | null }[]
}

const AUTHORIZED = { Authorization: 'Bearer local-admin-token' }

/** What `/admin/<path>` answers, as text; a body is sent as JSON. */
export async function admin({ proxy }: Local, path: string, body?: object): Promise<string> {
  const post = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${proxy}/admin/${path}`, { headers: AUTHORIZED, ...post })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} was answered ${response.status} ${text}`)
  return text
}

/** Newest first. */
export async function runs(local: Local): Promise<Run[]> {
  return (JSON.parse(await admin(local, 'workflows')) as { runs: Run[] }).runs
}

/** Posts to a hook: the status of the answer, and the runs that it names. */
export async function push({ proxy }: Local, path: string, body: object): Promise<{ status: number; ids: string[] }> {
  const response = await fetch(`${proxy}/hooks/${path}`, { method: 'POST', body: JSON.stringify(body) })
  const { runs } = await response.json<{ runs: { id: string }[] }>()
  return { status: response.status, ids: runs.map(({ id }) => id) }
}

/** Has a schedule run now. */
export async function startNow(local: Local, workflow: string): Promise<string> {
  return (JSON.parse(await admin(local, 'workflows', { workflow })) as { runs: [{ id: string }] }).runs[0].id
}

/** Has a run that failed go on. */
export async function retry(local: Local, id: string): Promise<void> {
  await admin(local, `workflows/${id}/retry`, {})
}

/** Waits until a run is over. */
export async function ended(local: Local, id = '', state = 'complete', timeout = 30_000): Promise<Run> {
  let text = ''
  const look = async () => JSON.parse((text = await admin(local, `workflows/${id}`))) as Run
  await expect.poll(look, { timeout, interval: 100 }).toMatchObject({ state })
  return JSON.parse(text) as Run
}
