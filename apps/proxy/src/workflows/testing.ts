/**
 * What the tests of hooks and runs stand on, inside workerd.
 * @module
 */
import * as workers from 'cloudflare:workers'
import type { Env } from '../env.ts'
import app from '../index.ts'
import { workflowLedger } from './durable.ts'
import type { RunDetail } from './world.ts'

export const env = workers.env as unknown as Env

/** Asks the Worker, with these settings beside those that it has. */
export function ask(path: string, init: RequestInit, settings: object = {}): Promise<Response> {
  return Promise.resolve(app.fetch(new Request(`https://edge.example${path}`, init), { ...env, ...settings }))
}

/** The runs that are stored since this time, oldest first. */
export async function runsSince(at: number): Promise<RunDetail[]> {
  const runs = await workflowLedger(env).list({}, Number.MAX_SAFE_INTEGER, 1000)
  return runs.filter(({ created_at }) => created_at >= at).toReversed()
}

/** What a run is given. */
export async function inputOf(id = ''): Promise<unknown> {
  return JSON.parse((await workflowLedger(env).input(id))?.text ?? '')
}
