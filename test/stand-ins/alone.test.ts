/**
 * Appends at the same time, each with a column of its own, to a Google that takes its time.
 */
import { googleSheets } from '@heap-edge/workflows'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Google, shown, startGoogle } from './index.ts'

let service: Google
beforeAll(async () => {
  service = await startGoogle({ perMinute: 1000, latency: () => Math.random() * 10 })
})
afterAll(() => service.close())

/** Lets one after the other act. */
function mutex(): NonNullable<googleSheets.AppendOptions['alone']> {
  let last: Promise<unknown> = Promise.resolve()
  return async (act) => {
    const mine = last.then(act)
    last = mine.catch(() => {})
    return mine
  }
}

/** An empty sheet but for the header `id`, and what is needed to append to it. */
function sheet(spreadsheetId: string) {
  const serviceAccount = service.createAccount()
  const worksheet = service.createSpreadsheet(spreadsheetId, 'Searches', [['id']], serviceAccount.client_email)
  const settings = { serviceAccount, spreadsheetId, worksheet: 'Searches', baseUrl: service.url, unique: 'id' }
  return { settings, worksheet }
}

it('puts every value under its header, whoever else adds columns', async () => {
  const { settings, worksheet } = sheet('mixed')
  const alone = mutex()
  const rows = Array.from({ length: 15 }, (_, n) => ({
    id: `r${n}`,
    [`shared${n % 5}`]: `s${n}`,
    // Some bring nothing that is new once another one of their column was there.
    ...(n % 3 > 0 && { [`own${n}`]: `o${n}` }),
  }))
  await Promise.all(rows.map((row) => googleSheets.append({ ...settings, row, alone })))
  const [header = [], ...lines] = shown(worksheet)
  expect(header.toSorted()).toEqual([...new Set(rows.flatMap((row) => Object.keys(row)))].toSorted())
  const told = lines.map((line) =>
    Object.fromEntries(header.map((name, at) => [name, line[at] ?? '']).filter(([, text]) => text !== '')),
  )
  const byId = (a: { id?: string }, b: { id?: string }) => String(a.id).localeCompare(String(b.id))
  expect(told.toSorted(byId)).toEqual(rows.toSorted(byId))
})

it('asks nobody where no column is new, and looks again where one was', async () => {
  const { settings, worksheet } = sheet('asked')
  let asked = 0
  const alone: googleSheets.AppendOptions['alone'] = async (act) => {
    asked++
    // In the meantime another run did the same.
    worksheet.cells = [[{ text: 'id' }, { text: 'city' }], [{ text: 'a' }]]
    return act()
  }
  await googleSheets.append({ ...settings, row: { id: '1' }, alone })
  expect(asked).toBe(0)
  const row = { id: 'b', city: 'Bern' }
  expect(await googleSheets.append({ ...settings, row: [row, { ...row, id: 'a' }], alone })).toMatchObject({
    appended: 1,
    skipped: 1,
    added: [],
  })
  expect(asked).toBe(1)
  expect(shown(worksheet)).toEqual([['id', 'city'], ['a'], ['b', 'Bern']])
})

it('fails with what the lock failed with, and writes nothing', async () => {
  const { settings, worksheet } = sheet('locked')
  const alone = async () => Promise.reject(new Error('others were at it'))
  await expect(googleSheets.append({ ...settings, row: { id: '1', city: 'Bern' }, alone })).rejects.toThrow(
    'others were',
  )
  expect(shown(worksheet)).toEqual([['id']])
})
