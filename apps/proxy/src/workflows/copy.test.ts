import { type FlatRecord, heap, isReserved, type Page, type Reader } from '@heap-edge/workflows'
import { createCheck } from 'heap-edge/check'
import { expect, it } from 'vitest'
import { copyPages, refusalsOf } from './copy.ts'
import type { Steps } from './define.ts'

/** Does each step at once, and keeps its result as the platform does. */
const step = {
  do: async (_: string, act: () => Promise<unknown>) => JSON.parse(JSON.stringify(await act())) as unknown,
} as Steps

/** Copies users from pages: what is sent of them, request by request, and what is said in the end. */
async function copied(idField: string, readPage: (cursor?: string) => Page) {
  const sent: object[][] = []
  const fetch = (_: unknown, init?: RequestInit) => {
    sent.push((JSON.parse(init?.body as string) as { users: object[] }).users)
    return Promise.resolve(new Response())
  }
  const said = await copyPages({
    reader: { readPage: (cursor?: string) => Promise.resolve(readPage(cursor)) } as Reader,
    step,
    idField,
    isReserved,
    toRecord: (identity, properties) => ({ identity, properties }),
    send: (users) => heap.addUserProperties({ endpoint: 'https://proxy.test', check: createCheck(), fetch, users }),
  })
  return { sent, said }
}

/** Reads these pages one after the other. */
const pagesOf =
  (...pages: FlatRecord[][]) =>
  (cursor = '0'): Page => {
    const next = Number(cursor) + 1
    return { records: pages[Number(cursor)] ?? [], ...(next < pages.length && { next: String(next) }) }
  }

it('sends each page, and has nothing to say where all was sent', async () => {
  const pages = pagesOf([{ Id: 1, name: 'a' }, { Id: '3' }], [], [{ Id: 4, on: false }])
  expect(await copied('Id', pages)).toEqual({
    sent: [
      [
        { identity: '1', properties: { name: 'a' } },
        { identity: '3', properties: {} },
      ],
      [{ identity: '4', properties: { on: 'false' } }],
    ],
    said: undefined,
  })
})

it('counts what has no id, says where a record was refused and why, and leaves out what Heap has for itself', async () => {
  const { sent, said } = await copied(
    'identity',
    pagesOf(
      [{ name: 'b' }, { identity: 'a', id: 7, user_id: 8 }, { identity: 'guest' }, { identity: true }],
      [{ name: 'd' }],
      [{ identity: 'c', ID: 9 }, { identity: 'x'.repeat(256) }],
      Array.from({ length: 1200 }, () => ({ identity: 'undefined' })),
    ),
  )
  expect(sent).toEqual([[{ identity: 'a', properties: {} }], [{ identity: 'c', properties: {} }]])
  const merges = '/identity is no identity: Heap would merge everybody who carries it into one user, for ever'
  expect(said).toBe(
    `Not sent: 1205 of 1207 records; 3 without an id, 1202 refused (page 1: /records/2${merges}; ` +
      `page 3: /records/1/identity must be a well-formed string of 1 to 255 characters; page 4: /records/0${merges}; …). ` +
      'Left out, since Heap has these fields for itself: id, user_id, ID.',
  )
})

it('says what the proxy answers where that names no record', () => {
  const sent = { rejected: 1, problems: [{ index: 0, problem: 'The proxy answered 413: Too large' }] } as heap.Sent
  expect(refusalsOf(sent, (index) => `/${index + 4}`)).toEqual({
    refused: 1,
    problems: ['/4 The proxy answered 413: Too large'],
  })
})

it('fails for good where no record of the first page has the id', async () => {
  await expect(copied('Id', pagesOf([{ id: 1 }, { id: 2 }]))).rejects.toMatchObject({
    name: 'OptionError',
    message: 'page 1: Id is in none of its records; another field must be their id',
  })
})

it('ends for good where a page points back, and where there is no end', async () => {
  const read: (string | undefined)[] = []
  const round = copied('id', (cursor) => {
    read.push(cursor)
    return { records: [], next: cursor === 'b' ? 'a' : cursor === 'a' ? 'b' : 'a' }
  })
  await expect(round).rejects.toMatchObject({ message: 'copyPages: a page points back', retryable: false })
  expect(read).toEqual([undefined, 'a', 'b'])
  const endless = copied('id', (cursor = '0') => ({ records: [], next: `${Number(cursor) + 1}` }))
  await expect(endless).rejects.toMatchObject({
    message: 'copyPages: there are more than 10000 pages',
    retryable: false,
  })
})
