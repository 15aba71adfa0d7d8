/**
 * What the tests inside workerd share: the Worker as it is called from outside.
 * @module
 */
import * as workers from 'cloudflare:workers'
import type { Env } from './env.ts'
import type {
  Fault,
  SandboxAccount,
  SandboxDeletion,
  SandboxEvent,
  SandboxRequest,
  SandboxUser,
  Stats,
} from './types.ts'

export const env = workers.env as unknown as Env
const { default: sandbox } = workers.exports as unknown as { default: Fetcher }

export const APP = '123456789'
export const OTHER_APP = '987654321'

interface Lists {
  events: SandboxEvent[]
  users: SandboxUser[]
  accounts: SandboxAccount[]
  deletions: SandboxDeletion[]
  requests: SandboxRequest[]
}

/** Any request. */
export function call(path: string, init?: RequestInit): Promise<Response> {
  return sandbox.fetch(new Request(`http://sandbox.test${path}`, init))
}

/** A POST of JSON, or of a text as it is. */
export function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** Status and body of an answer, together. */
export async function told(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer
  return [response.status, await response.text()]
}

/** A POST to `/api/track`; the app_id can be left out. */
export function track(body: object): Promise<Response> {
  return post('/api/track', { app_id: APP, ...body })
}

/** One of the lists. */
export async function list<Name extends keyof Lists>(name: Name, query = ''): Promise<Lists[Name]> {
  const lists = await (await call(`/_sandbox/${name}${query}`)).json<Lists>()
  return lists[name]
}

export async function stats(): Promise<Stats> {
  return (await call('/_sandbox/stats')).json()
}

/** Why the last request was not stored, or not all of it. */
export async function lastNote(): Promise<string | undefined> {
  return (await list('requests', '?limit=1'))[0]?.note
}

export async function advance(advanceMs: number): Promise<void> {
  await post('/_sandbox/clock', { advanceMs })
}

export async function reset(): Promise<void> {
  await call('/_sandbox/reset', { method: 'POST' })
}

export async function addFault(fault: Omit<Fault, 'drop'> & { drop?: string | boolean }): Promise<void> {
  await post('/_sandbox/faults', fault)
}
