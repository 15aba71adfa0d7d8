/**
 * Clients that others wrote for Heap talk to the sandbox and to the proxy as if these were Heap.
 */
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Local, startLocal } from './local.ts'

interface HeapApi {
  new (appId: string): {
    track(event: string, identity: string | number, properties?: object): Promise<true>
    addUserProperties(identity: string | number, properties: object): Promise<true>
  }
}
type HeapServer = new (appId: string) => { push(data: object, done: (failed: boolean, body?: unknown) => void): void }
type Send = (options: { url: string }, done: (...args: unknown[]) => void) => unknown

const require = createRequire(import.meta.url)

/** Loads a client whose requests go to `origin`: both have Heap's address built in, and send by the package `request`. */
function clientOf<T>(name: string, origin: string): T {
  const entry = require.resolve(name)
  const path = createRequire(entry).resolve('request')
  const send = require(path) as Send
  const module = require.cache[path]
  if (!module) throw new Error('request is not loaded')
  const redirected: Send = (options, done) =>
    send({ ...options, url: options.url.replace('https://heapanalytics.com', origin) }, done)
  module.exports = redirected
  for (const file of Object.keys(require.cache)) if (file.includes(`node_modules/${name}/`)) delete require.cache[file]
  try {
    return require(name) as T
  } finally {
    module.exports = send
  }
}

let local: Local
beforeAll(async () => {
  local = await startLocal()
})
afterAll(() => local.stop())
beforeEach(() => fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' }))

describe.each(['sandbox', 'proxy'] as const)('%s', (app) => {
  it('serves heap-api 1.0.1, the client of Heap itself', async () => {
    const Client = clientOf<{ Client: HeapApi }>('heap-api', local[app]).Client
    const heap = new Client('123456789')
    expect(await heap.track('Send Transactional Email', 'alice@example.com', { subject: 'Welcome', sent: 1 })).toBe(
      true,
    )
    expect(await heap.track('Log in', 310068)).toBe(true)
    expect(await heap.addUserProperties('alice@example.com', { plan: 'pro', seats: 5 })).toBe(true)
    await expect(new Client('not-a-number').track('e', 'a')).rejects.toMatchObject({ name: 'heap.ApiError' })

    const { events } = await local.held<{ events: object[] }>('events')
    expect(events).toMatchObject([
      { event: 'Log in', identity: '310068' },
      { event: 'Send Transactional Email', identity: 'alice@example.com', properties: { subject: 'Welcome', sent: 1 } },
    ])
    const { users } = await local.held<{ users: object[] }>('users?identity=alice@example.com')
    expect(users).toMatchObject([{ identity: 'alice@example.com', properties: { plan: 'pro', seats: 5 } }])
  })

  it('serves heap-server 1.0.2', async () => {
    const Heap = clientOf<HeapServer>('heap-server', local[app])
    const heap = new Heap('123456789')
    const push = promisify((data: object, done: (error: unknown, body?: unknown) => void) =>
      heap.push(data, (failed, body) => done(failed || null, body)),
    )
    expect(await push({ event: 'Signup', identity: 'bob@example.com', properties: { source: 'ad' } })).toEqual({})
    // It logs what it gets instead of an error.
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await expect(push({ event: 'Signup' })).rejects.toBe(true)
    log.mockRestore()
    const { events } = await local.held<{ events: object[] }>('events')
    expect(events).toMatchObject([{ event: 'Signup', identity: 'bob@example.com', properties: { source: 'ad' } }])
  })
})
