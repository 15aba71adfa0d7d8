/**
 * The React example of the client's README: it type-checks, it is rendered on a server, and from a page each event arrives once, in
 * development too, where React runs effects twice.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../scripts/workers.ts'
import { chromium } from './browsers.ts'
import { type Local, startLocal } from './local.ts'
import { makeReactProject, type Mode, type ReactProject } from './react-project.ts'

interface Held {
  events: { event: string; user_id?: string; identity?: string }[]
  users: { identity: string; user_ids: string[] }[]
}

let project: ReactProject
let local: Local
let browser: Browser
/** The page and its script, by their path. */
const files: Record<string, { type: string; body: string }> = {}
const shop = createServer(({ url = '' }, response) => {
  const { type = 'text/plain', body } = files[url] ?? {}
  response.writeHead(body ? 200 : 404, { 'Content-Type': type }).end(body)
})
const shopUrl = () => `http://localhost:${(shop.address() as AddressInfo).port}`

beforeAll(async () => {
  await once(shop.listen(0, '127.0.0.1'), 'listening')
  ;[project, local, browser] = await Promise.all([
    makeReactProject(),
    startLocal({ ALLOWED_ORIGINS: shopUrl() }),
    chromium.launch(),
  ])
})
afterAll(async () => {
  project.remove()
  await Promise.all([browser.close(), local.stop()])
  shop.close()
})
beforeEach(() => fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' }))

it('is the one in the README', () => {
  const [, block] = /^```tsx\n(.*?)^```$/ms.exec(readFileSync(join(root, 'packages/client/README.md'), 'utf8')) ?? []
  expect(block).toBe(readFileSync(join(root, 'test/fixtures/react/pricing.tsx'), 'utf8'))
})

it('type-checks', async () => {
  expect(await project.typeCheck()).toBe('')
})

describe.each<[Mode, runsOfAnEffect: number]>([
  ['development', 2],
  ['production', 1],
])('in %s', (mode, runsOfAnEffect) => {
  it('is rendered on a server, which sends nothing, and sends each event of the page once', async () => {
    const { stdout, stderr } = await project.render(mode, local.proxy)
    const { html, tracked } = JSON.parse(stdout) as { html: string; tracked: object }
    expect(stderr).toBe('')
    expect(tracked).toEqual({ outcome: 'ignored' })
    expect(await local.held('stats')).toMatchObject({ requests: 0 })

    const body = `<!doctype html><link rel="icon" href="data:,"><main>${html}</main><script type="module" src="/shop.js"></script>`
    files['/'] = { type: 'text/html', body }
    files['/shop.js'] = { type: 'text/javascript', body: await project.page(mode, local.proxy) }
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(shopUrl())
    for (const name of ['Sign up', 'Log in', 'Log out', 'Sign up']) await page.getByRole('button', { name }).click()

    expect(await page.evaluate('effects.count')).toBe(runsOfAnEffect)
    expect(await page.evaluate('heap.flush()')).toEqual({ sent: 4, rejected: 0, dropped: 0, waiting: 0 })
    await page.close()

    const { events } = await local.held<Pick<Held, 'events'>>('events')
    const { users } = await local.held<Pick<Held, 'users'>>('users')
    const alice = users.find(({ identity }) => identity === 'alice@example.com')
    const [before = ''] = alice?.user_ids ?? []
    expect(alice?.user_ids).toHaveLength(1)
    expect(events.toReversed()).toMatchObject([
      { event: 'Viewed pricing', user_id: before },
      { event: 'Signup', user_id: before },
      { event: 'Signup', user_id: expect.not.stringMatching(before) },
    ])
    expect(errors).toEqual([])
  })
})
