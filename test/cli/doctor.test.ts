/**
 * `heap-edge doctor` with each setting wrong in turn: one sentence about it, and the exit code.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { Desk } from './command.ts'

interface Finding {
  about: string
  state: string
  says: string
}

let local: Local
let desk: Desk
const other = createServer((_, response) => response.end('<html>Welcome</html>'))
let otherUrl = ''

beforeAll(async () => {
  local = await startLocal({ HEAP_EXTRA_APP_IDS: '555' })
  desk = new Desk()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
})
afterAll(async () => {
  other.close()
  desk.remove()
  await local.stop()
})

/** fetch refuses the ports that are known for something else, and few listen so high. */
const NOBODY = 'http://127.0.0.1:65431'
/** Where settings name a server of this test. */
const filled = (env: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.replace('PROXY', local.proxy).replace('SANDBOX', local.sandbox).replace('OTHER', otherUrl),
    ]),
  )
const HEAP = { HEAP_APP_ID: '123456789', HEAP_API_KEY: 'local-api-key', HEAP_BASE_URL: 'SANDBOX' }
const PROXY = { HEAP_APP_ID: '123456789', HEAP_ENDPOINT: 'PROXY', HEAP_ADMIN_TOKEN: 'local-admin-token' }

it.each([
  ['Heap', HEAP, ['appId', 'baseUrl', 'apiKey']],
  ['the proxy', PROXY, ['appId', 'endpoint', 'adminToken']],
  ['Heap without a key', { ...HEAP, HEAP_API_KEY: '' }, ['appId', 'baseUrl']],
  ['the proxy without anything', { HEAP_ENDPOINT: 'PROXY' }, ['endpoint']],
])('is content with the settings of %s', async (_, env, well) => {
  const { code, findings } = await desk.json<{ findings: Finding[] }>(['doctor'], { env: filled(env) })
  expect(code).toBe(0)
  expect(findings.filter(({ state }) => state === 'well').map(({ about }) => about)).toEqual(well)
})

it.each([
  [{ ...HEAP, HEAP_APP_ID: '' }, 2, 'appId', 'The environment id is not set: put HEAP_APP_ID into .env'],
  [{ ...HEAP, HEAP_APP_ID: 'main' }, 2, 'appId', 'HEAP_APP_ID must be digits'],
  [{ ...HEAP, HEAP_APP_ID: '987654321' }, 2, 'apiKey', 'HEAP_APP_ID is not of Main Production'],
  [{ ...HEAP, HEAP_API_KEY: 'wrong-key' }, 2, 'apiKey', 'Heap refuses HEAP_API_KEY'],
  [{ ...HEAP, HEAP_REGION: 'mars' }, 2, 'region', 'HEAP_REGION must be us or eu'],
  [{ ...HEAP, HEAP_BASE_URL: 'heap' }, 2, 'baseUrl', 'HEAP_BASE_URL must be an http or https address'],
  [{ ...HEAP, HEAP_BASE_URL: NOBODY }, 1, 'baseUrl', 'does not answer (ECONNREFUSED): look at HEAP_BASE_URL'],
  [{ ...PROXY, HEAP_ENDPOINT: 'proxy.example' }, 2, 'endpoint', 'HEAP_ENDPOINT must be an http or https address'],
  [{ ...PROXY, HEAP_ENDPOINT: NOBODY }, 1, 'endpoint', 'does not answer (ECONNREFUSED): look at HEAP_ENDPOINT'],
  [{ ...PROXY, HEAP_ENDPOINT: 'OTHER' }, 2, 'endpoint', 'is no heap-edge proxy'],
  [{ ...PROXY, HEAP_ENDPOINT: 'SANDBOX' }, 2, 'endpoint', 'is no heap-edge proxy'],
  [{ ...PROXY, HEAP_ENDPOINT: 'PROXY/admin' }, 2, 'endpoint', 'look at HEAP_ENDPOINT, and leave out /admin.'],
  [{ ...PROXY, HEAP_ADMIN_TOKEN: 'wrong-token' }, 2, 'adminToken', 'The proxy refuses HEAP_ADMIN_TOKEN'],
  [{ ...PROXY, HEAP_APP_ID: '987654321' }, 2, 'appId', 'HEAP_APP_ID is no environment that the proxy writes to'],
  [{ ...HEAP, HEAP_BASE_URL: 'SANDBOX/api' }, 2, 'baseUrl', "is not Heap's API (404): look at HEAP_BASE_URL"],
  [{ ...HEAP, HEAP_API_KEY: '', HEAP_BASE_URL: 'SANDBOX/api' }, 2, 'baseUrl', "is not Heap's API (404)"],
  [{ ...HEAP, HEAP_BASE_URL: 'OTHER' }, 2, 'baseUrl', "is not Heap's API (200)"],
])('says what is wrong with %j', async (env, wanted, about, told) => {
  const { code, findings } = await desk.json<{ findings: Finding[] }>(['doctor'], { env: filled(env) })
  const wrong = findings.filter(({ state }) => state === 'wrong' || state === 'unreachable')
  expect(wrong).toMatchObject([{ about, says: expect.stringContaining(told) as string }])
  expect(code).toBe(wanted)
})

it.each([
  [{ ...PROXY, HEAP_APP_ID: '555' }, 'it writes there, and deletes nobody'],
  [{ ...PROXY, HEAP_APP_ID: '42', HEAP_ADMIN_TOKEN: '' }, 'app_id 42: the proxy tells with HEAP_ADMIN_TOKEN only'],
])('only notes what is no fault of %j', async (env, told) => {
  const { code, findings } = await desk.json<{ findings: Finding[] }>(['doctor'], { env: filled(env) })
  expect(findings).toContainEqual({ about: 'appId', state: 'note', says: expect.stringContaining(told) as string })
  expect(code).toBe(0)
})

it('says that Heap does not tell whether an environment is there', async () => {
  const args = ['doctor', '--app-id', '42', '--base-url', local.sandbox]
  const { code, stdout } = await desk.run(args)
  expect([code, stdout]).toEqual([0, expect.stringContaining('! app_id 42: Heap takes events for any number')])
})

it('takes flags before variables before .env, and tells which', async () => {
  desk.write('.env', `# ours\nHEAP_APP_ID=1\nHEAP_API_KEY="local-api-key"\nHEAP_BASE_URL=${local.sandbox}\n`)
  const from = async (args: string[], env = {}) => (await desk.run(['doctor', ...args], { env })).stdout.split('\n')[0]
  expect(await from([])).toBe('✓ The environment id is 1, from HEAP_APP_ID in .env.')
  expect(await from([], { HEAP_APP_ID: '2' })).toBe('✓ The environment id is 2, from HEAP_APP_ID.')
  expect(await from(['--app-id', '3'], { HEAP_APP_ID: '2' })).toBe('✓ The environment id is 3, from --app-id.')
  desk.write('other.env', 'HEAP_APP_ID=4')
  expect(await from(['--env', 'other.env'])).toBe('✓ The environment id is 4, from HEAP_APP_ID in other.env.')
})
