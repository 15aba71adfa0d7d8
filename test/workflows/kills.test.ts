/**
 * Runs of workflows over crashes: the proxy in a process of its own, which is killed and started again on what it had stored.
 */
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { reviveRuns } from '../../scripts/revive.ts'
import { root } from '../../scripts/workers.ts'
import { proxyProcess } from '../faults/processes.ts'
import type { WorkerProcess } from '../faults/worker-process.ts'
import { type StandIn, standIn } from '../stand-ins/index.ts'
import { ended, push, retry, runs } from './runs.ts'

const RETRY_MS = 250

let folder: string
/** Where the steps post. */
let receiver: StandIn
/** Called when a step has posted, before it is answered. */
let onPost = (_step: string) => {}
let proxy: WorkerProcess

/** A proxy that is started on what is stored. */
async function started(settings: Record<string, string> = {}): Promise<WorkerProcess> {
  const more = { STEPS_URL: receiver.url, WORKFLOW_RETRY_MS: String(RETRY_MS), ...settings }
  const heapConfig = join(root, 'test/fixtures/workflows/interrupted.config.ts')
  const started = proxyProcess(folder, 'http://127.0.0.1:1', (error) => console.error(error), more, heapConfig)
  await started.start()
  return started
}

/** Kills the proxy, and starts it as `npm start` does. @param meanwhile what happens to what it had stored */
async function restart(meanwhile: () => unknown = () => {}): Promise<void> {
  await proxy.kill()
  meanwhile()
  await proxy.start()
  await reviveRuns(proxy.url, 'local-admin-token')
}

/** What the ledger has stored, or what is made of it while the proxy is down. */
function inLedger(query: string, ...values: string[]): Record<string, unknown>[] {
  const [file = ''] = globSync('storage/do/proxy-WorkflowLedger/[0-9a-f]*.sqlite', { cwd: folder })
  const ledger = new DatabaseSync(join(folder, file))
  try {
    return ledger.prepare(query).all(...values)
  } finally {
    ledger.close()
  }
}

const here = () => ({ proxy: proxy.url })

interface Posted {
  run: string
  step: string
}

/** The steps that a run has posted. */
function posted(id: string): string[] {
  const all = receiver.requests.map(({ text }) => JSON.parse(text) as Posted)
  return all.filter(({ run }) => run === id).map(({ step }) => step)
}

let records = 0
const unlike = () => [{ n: records++ }]
const trigger = (records: object[]) => push(here(), 'run/two-steps/local-hook-token', records)

/** Starts a run, and gives its id. */
async function begin(records = unlike()): Promise<string> {
  const { status, ids } = await trigger(records)
  expect(status).toBe(202)
  return ids[0] ?? ''
}

const stepsOf = async (id: string) => (await runs(here())).find((run) => run.id === id)?.steps

describe.skipIf(process.platform === 'win32')('a run', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'heap-edge-workflows-'))
    receiver = await standIn(({ text }) => {
      onPost((JSON.parse(text) as Posted).step)
      return { status: 200 }
    })
    proxy = await started()
  })
  afterEach(() => {
    onPost = () => {}
  })
  afterAll(async () => {
    await proxy.kill()
    await receiver.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  it('whose second step is cut goes on with that one, and what triggered it starts nothing more', async () => {
    onPost = (step) => step === 'one' && receiver.hangNext(1)
    const same = unlike()
    const id = await begin(same)
    await expect.poll(() => posted(id)).toEqual(['one', 'two'])
    await restart()
    const { steps } = await ended(here(), id)
    expect(steps).toMatchObject([
      { name: 'one', state: 'complete', attempts: 1 },
      { name: 'two', state: 'complete' },
    ])
    expect(await trigger(same)).toEqual({ status: 200, ids: [id] })
    expect(posted(id)).toEqual(['one', 'two', 'two'])
  })

  it('that waits for its next try, each time twice as long, has it after the crash', async () => {
    onPost = (step) => step === 'one' && receiver.failNext(4, 503)
    const id = await begin()
    await expect.poll(() => stepsOf(id)).toMatchObject([{}, { name: 'two', state: 'failed', attempts: 4 }])
    const [first = 0, fourth = 0] = [-4, -1].map((place) => receiver.requests.at(place)?.at)
    expect(fourth - first).toBeGreaterThanOrEqual((1 + 2 + 4) * RETRY_MS - 5)
    expect(fourth - first).toBeLessThan(20 * RETRY_MS)
    await restart()
    await ended(here(), id)
    expect(posted(id)).toEqual(['one', ...Array<string>(5).fill('two')])
  })

  it('that failed goes on at the step that did, after a crash as well', async () => {
    onPost = (step) => step === 'one' && receiver.failNext(1, 400)
    const id = await begin()
    await ended(here(), id, 'errored')
    await restart()
    expect(await ended(here(), id, 'errored')).toMatchObject({ problem: 'two: was answered 400' })
    await retry(here(), id)
    await ended(here(), id)
    expect(posted(id)).toEqual(['one', 'two', 'two'])
  })

  it('that was accepted is complete once, however early the crash comes', async () => {
    const inputs = Array.from({ length: 30 }, unlike)
    const ids = new Map<object[], string>()
    const pushing = inputs.map(async (input) => {
      const { ids: started } = await trigger(input)
      ids.set(input, started[0] ?? '')
    })
    await Promise.all(pushing.slice(0, 10))
    await Promise.all([restart(), Promise.allSettled(pushing)])
    for (const [input, id] of ids) {
      await ended(here(), id)
      expect(await trigger(input)).toEqual({ status: 200, ids: [id] })
      // What was on its way when it was killed comes again, and nothing else.
      expect([...new Set(posted(id))]).toEqual(['one', 'two'])
      expect(posted(id).length).toBeLessThan(4)
    }
  })

  it('that the platform has not stored begins anew', async () => {
    receiver.hangNext(1)
    const id = await begin()
    await expect.poll(() => posted(id)).toEqual(['one'])
    await restart(() => rmSync(join(folder, 'storage/workflows'), { recursive: true }))
    await ended(here(), id)
    expect(posted(id)).toEqual(['one', 'one', 'two'])
  })

  it('that the platform has stored, and the ledger not, goes on where it was', async () => {
    onPost = (step) => step === 'one' && receiver.hangNext(1)
    const id = await begin()
    await expect.poll(() => posted(id)).toEqual(['one', 'two'])
    await restart(() => inLedger("UPDATE runs SET state = 'received' WHERE id = ?", id))
    await retry(here(), id)
    await ended(here(), id)
    expect(posted(id)).toEqual(['one', 'two', 'two'])
  })

  it('that is paused has not failed, and goes on when it is told to', async () => {
    onPost = (step) => step === 'one' && receiver.failNext(4, 503)
    const id = await begin()
    await expect.poll(() => posted(id)).toHaveLength(5)
    const { ids } = await push(here(), 'run/pause/local-hook-token', [{ id }])
    await ended(here(), ids[0])
    expect((await runs(here())).find((run) => run.id === id)).toMatchObject({ state: 'running', problem: null })
    await retry(here(), id)
    await ended(here(), id)
    expect(posted(id)).toHaveLength(6)
  })

  it('that was accepted waits while the settings are wrong', async () => {
    const pushed = await Promise.all(Array.from({ length: 30 }, () => begin()))
    await proxy.kill()
    proxy = await started({ HOOK_TOKEN: 'short' })
    const waiting = () => inLedger("SELECT problem FROM runs WHERE state = 'received'").map(({ problem }) => problem)
    await expect.poll(waiting).not.toContain(null)
    for (const problem of waiting()) expect(problem).toMatch(/^Not started: [^]*HOOK_TOKEN/)
    await proxy.kill()

    proxy = await started()
    await reviveRuns(proxy.url, 'local-admin-token')
    for (const id of pushed) {
      if ((await runs(here())).find((run) => run.id === id)?.state === 'received') await retry(here(), id)
      await ended(here(), id)
      expect([...new Set(posted(id))]).toEqual(['one', 'two'])
    }
  })

  it('that failed between its steps goes on there, with other code', async () => {
    await proxy.kill()
    proxy = await started({ MISTAKE: 'oops' })
    const id = await begin()
    const { problem, steps } = await ended(here(), id, 'errored')
    expect([problem, steps]).toMatchObject(['oops', [{ name: 'one', state: 'complete' }]])
    await proxy.kill()

    proxy = await started()
    await retry(here(), id)
    await ended(here(), id)
    expect(posted(id)).toEqual(['one', 'two'])
  })
})
