/**
 * Deletions through the real proxy and the real sandbox: a long list, a proxy that is killed, and secrets that stay secret.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHeapAdmin } from 'heap-edge/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proxyProcess, sandboxProcess } from './faults/processes.ts'
import type { WorkerProcess } from './faults/worker-process.ts'
import { type Local, startLocal } from './local.ts'

const APP_ID = '123456789'
const ADMIN = { Authorization: 'Bearer local-admin-token', 'Content-Type': 'application/json' }

/** `DELETION_USERS=10000` is the long form: a Durable Object for each of them takes its time on a laptop. */
const USERS = Number(process.env.DELETION_USERS ?? 50)

interface Deletion {
  id: string
  state: string
  users: number
  requests: { deletion_request_id: string; status: string }[]
}

async function call<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    headers: ADMIN,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${url} was answered ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** Waits until a deletion is in a state. */
async function untilState(proxy: () => string, id: string, state: string): Promise<Deletion> {
  for (;;) {
    const deletion = await call<Deletion>(`${proxy()}/admin/deletions/${id}`).catch(() => undefined)
    if (deletion?.state === state) return deletion
    await sleep(50)
  }
}

describe('a long list', () => {
  let local: Local
  beforeAll(async () => {
    // A deletion is submitted when what was let through before has arrived or timed out.
    local = await startLocal({ HEAP_TIMEOUT_MS: '2000' })
  })
  afterAll(() => local.stop())

  it(
    `goes from one call of Heap's own route to the end, with ${USERS} users`,
    { timeout: 60_000 + USERS * 60 },
    async () => {
      const identity = (n: number) => `listed-${n}@example.com`
      const send = (event: object) =>
        fetch(`${local.proxy}/api/track`, { method: 'POST', headers: ADMIN, body: JSON.stringify(event) })
      const outcome = async (n: number) =>
        (await send({ event: 'e', identity: identity(n) })).headers.get('Heap-Edge-Outcome')
      expect(await outcome(0)).toBe('delivered')

      // Only host and key differ from what one would write for Heap.
      const admin = createHeapAdmin({
        appId: APP_ID,
        apiKey: 'local-admin-token',
        endpoint: local.proxy,
        timeout: 300_000,
      })
      const users = Array.from({ length: USERS }, (_, n) => ({ identity: identity(n) }))
      const [request] = await admin.deleteUsers(users)
      const id = request?.deletion_request_id ?? ''
      expect(request).toEqual({ deletion_request_id: id, status: 'pending', users: USERS })

      const { requests } = await untilState(() => local.proxy, id, 'pending')
      expect(requests).toHaveLength(1)
      expect(await Promise.all([outcome(0), outcome(USERS - 1)])).toEqual(['suppressed', 'suppressed'])
      expect(await outcome(USERS)).toBe('delivered')
      await call(`${local.sandbox}/_sandbox/deletions/${requests[0]?.deletion_request_id}/complete`, {})
      await call(`${local.proxy}/admin/deletions/${id}/poll`, {})
      await admin.waitForDeletion(id, { every: 50 })

      const { events } = await local.held<{ events: { identity: string }[] }>('events')
      expect(events.map((event) => event.identity)).toEqual([identity(USERS)])
      expect(await local.held('deletions')).toMatchObject({ deletions: [{ status: 'complete' }] })
    },
  )
})

describe.skipIf(process.platform === 'win32')('a proxy that is killed', () => {
  let folder: string
  let sandbox: WorkerProcess
  let proxy: WorkerProcess
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'heap-edge-deletions-'))
    const onEnd = (error: Error) => console.error(error)
    sandbox = sandboxProcess(folder, onEnd)
    await sandbox.start()
    proxy = proxyProcess(folder, sandbox.url, onEnd)
    await proxy.start()
  })
  afterAll(async () => {
    await proxy.kill()
    await sandbox.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  it.each([
    ['before Heap has it', { drop: 'before' }],
    ['while Heap has it and has not answered', { latencyMs: 3000 }],
  ])('submits again what it was submitting: %s', async (_, fault) => {
    await call(`${sandbox.url}/_sandbox/faults`, { path: '/api/public/v0/user_deletion', times: 1, ...fault })
    const { id } = await call<Deletion>(`${proxy.url}/admin/deletions`, { users: [{ identity: 'alice@example.com' }] })
    await untilState(() => proxy.url, id, 'submitting')
    await proxy.kill()
    await proxy.start()
    // It would wait for a minute and a half. Where it has come to submit it by now, this asks Heap about it.
    await call(`${proxy.url}/admin/deletions/${id}/poll`, {})
    const { requests } = await untilState(() => proxy.url, id, 'pending')
    expect(requests).toHaveLength(1)
    const { deletions } = await call<{ deletions: object[] }>(`${sandbox.url}/_sandbox/deletions`)
    expect(deletions).toContainEqual(
      expect.objectContaining({
        deletion_request_id: requests[0]?.deletion_request_id,
        users: [{ identity: 'alice@example.com' }],
      }),
    )
  })
})
