/**
 * An environment of Heap is connected by OAuth, as a browser does it: with cookies, redirect after redirect.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Local, startLocal } from './local.ts'

let local: Local
beforeAll(async () => {
  local = await startLocal()
})
afterAll(() => local.stop())

interface Connections {
  connections: { id_token: string; connected_at: string; metadata: object }[]
}

function admin(path = '', method = 'GET'): Promise<Response> {
  const headers = { Authorization: 'Bearer local-admin-token' }
  return fetch(`${local.proxy}/admin/connections${path}`, { method, headers })
}

const connections = async () => (await (await admin()).json<Connections>()).connections

/** The link that an operator gets. */
const link = async () => (await (await admin('', 'POST')).json<{ url: string }>()).url

afterEach(async () => {
  for (const { id_token } of await connections()) await admin(`/${id_token}`, 'DELETE')
})

/** A browser with the cookies that it was given; it follows no redirect by itself. */
class Browser {
  readonly #cookies = new Map<string, string>()

  async open(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url)
    const response = await fetch(url, {
      ...init,
      headers: { Cookie: this.#cookies.get(origin) ?? '' },
      redirect: 'manual',
    })
    const [cookie] = response.headers.getSetCookie()
    if (cookie !== undefined) this.#cookies.set(origin, cookie.split(';')[0] ?? '')
    return response
  }

  /** Goes where a redirect leads. */
  async follow(from: string, init?: RequestInit): Promise<string> {
    const response = await this.open(from, init)
    const location = response.headers.get('Location')
    if (response.status !== 302 || location === null) throw new Error(`${from} led nowhere: ${response.status}`)
    return location
  }

  /** Opens a link, decides on Heap's page, and gives the address that leads back. */
  async decide(decision: 'allow' | 'deny', url?: string): Promise<string> {
    const question = await this.follow(url ?? (await link()))
    const page = await (await this.open(question)).text()
    if (!page.includes('<form method="post">')) throw new Error(`Heap asks nothing: ${page}`)
    return this.follow(question, { method: 'POST', body: new URLSearchParams({ decision }) })
  }
}

/** The status of an answer and, where it is a problem, its kind. */
async function told(answer: Promise<Response>): Promise<[status: number, kind?: string]> {
  const response = await answer
  const kind = /"type":"\/docs#([\w-]+)"/.exec(await response.text())?.[1]
  return kind === undefined ? [response.status] : [response.status, kind]
}

describe('whoever opens the link', () => {
  it('comes to Heap, allows it, comes back, and is connected until somebody disconnects', async () => {
    const browser = new Browser()
    const url = await link()
    expect(url).toMatch(`${local.proxy}/connect/heap?ticket=`)
    const begun = await browser.open(url)
    expect(begun.headers.get('Set-Cookie')).toMatch(/; Max-Age=600; Path=\/connect; HttpOnly; SameSite=Lax$/)
    const question = new URL(begun.headers.get('Location') ?? '')
    expect(question.origin + question.pathname).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/partner\/oauth\/authorize$/)
    const callback = `${local.proxy}/connect/heap/callback`
    expect(Object.fromEntries(question.searchParams)).toEqual({
      client_id: 'local-client-id',
      state: expect.any(String),
      response_type: 'code',
      redirect_uri: callback,
      scope: 'segment',
    })

    const back = await browser.decide('allow', url)
    expect(back).toMatch(`${callback}?code=`)
    const done = await browser.open(back)
    expect([done.status, done.headers.get('Cache-Control'), done.headers.get('Referrer-Policy')]).toEqual([
      200,
      'no-store',
      'no-referrer',
    ])
    expect(await done.text()).toContain('<h1>Connected</h1>')

    const [connection, ...others] = await connections()
    expect(others).toEqual([])
    // All that is told of it: the token is not.
    expect(connection).toEqual({
      id_token: expect.stringMatching(/^[\w-]{36}$/),
      connected_at: expect.stringMatching(/^20.*Z$/),
      metadata: {
        env_id: '123456789',
        partner_app_id: '1',
        authorized_by: 'you@example.com',
        authorized_scope: 'segment',
        authorized_at_utc: expect.any(String),
      },
    })
    const id = `/${connection?.id_token}`
    expect([(await admin(id, 'DELETE')).status, (await admin(id, 'DELETE')).status]).toEqual([204, 404])
    expect(await connections()).toEqual([])
  })

  it('and does so again is the same connection; the way back counts once', async () => {
    const browser = new Browser()
    const back = await browser.decide('allow')
    expect(await told(browser.open(back))).toEqual([200])
    const [first] = await connections()
    expect(await told(browser.open(back))).toEqual([401, 'hook-unauthorized'])
    expect(await connections()).toEqual([first])
    expect(await told(browser.open(await browser.decide('allow')))).toEqual([200])
    const [again, ...others] = await connections()
    expect([again?.id_token, others]).toEqual([first?.id_token, []])
    expect(again?.connected_at).not.toBe(first?.connected_at)
  })

  it('and denies it is not connected', async () => {
    const browser = new Browser()
    const back = await browser.decide('deny')
    expect(new URL(back).searchParams.get('error')).toBe('access_denied')
    expect(await told(browser.open(back))).toEqual([502, 'not-connected'])
    expect(await connections()).toEqual([])
  })

  it('while Heap gives no token is not connected, and can begin again', async () => {
    const fault = JSON.stringify({ path: '/api/partner/oauth/token', status: 503, times: 1 })
    await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'POST', body: fault })
    const browser = new Browser()
    expect(await told(browser.open(await browser.decide('allow')))).toEqual([502, 'not-connected'])
    expect(await connections()).toEqual([])
    expect(await told(browser.open(await browser.decide('allow')))).toEqual([200])
  })
})

describe('nobody is connected', () => {
  const REFUSED = [401, 'hook-unauthorized']

  it('without a link that an operator got, which is for the beginning only', async () => {
    const browser = new Browser()
    const { searchParams } = new URL(await browser.decide('allow'))
    const ticket = new URL(await link()).searchParams.get('ticket') ?? ''
    for (const other of ['', '?ticket=', `?ticket=${ticket.slice(0, -3)}`, `?ticket=${searchParams.get('state')}`]) {
      expect(await told(new Browser().open(`${local.proxy}/connect/heap${other}`))).toEqual(REFUSED)
    }
    expect((await fetch(`${local.proxy}/admin/connections`, { method: 'POST' })).status).toBe(401)
  })

  it('by another browser than the one that began', async () => {
    const [browser, victim] = [new Browser(), new Browser()]
    const back = await browser.decide('allow')
    // Sent here by somebody who began it themselves, whether or not they have begun it as well.
    expect(await told(new Browser().open(back))).toEqual(REFUSED)
    await victim.follow(await link())
    expect(await told(victim.open(back))).toEqual(REFUSED)
    expect(await connections()).toEqual([])
    // The code is still there for whom it is.
    expect(await told(browser.open(back))).toEqual([200])
  })

  it('with a state that is not the one that was given', async () => {
    const browser = new Browser()
    const back = await browser.decide('allow')
    const { searchParams } = new URL(back)
    const state = searchParams.get('state') ?? ''
    const ticket = new URL(await link()).searchParams.get('ticket') ?? ''
    for (const other of ['', state.slice(0, -3), `${state}A`, ticket]) {
      const changed = new URL(back)
      changed.searchParams.set('state', other)
      expect(await told(browser.open(changed.href))).toEqual(REFUSED)
    }
    // Nor with none at all, and none in a cookie.
    expect(await told(new Browser().open(`${local.proxy}/connect/heap/callback`))).toEqual(REFUSED)
    // Both alike, and not from here.
    const forged = `${local.proxy}/connect/heap/callback?code=${searchParams.get('code')}&state=${ticket}`
    const headers = { Cookie: `heap-edge-connect=${ticket}` }
    expect(await told(fetch(forged, { headers }))).toEqual(REFUSED)
    expect(await connections()).toEqual([])
  })
})
