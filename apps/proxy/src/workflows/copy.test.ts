import type { FlatRecord, heap, Reader } from '@heap-edge/workflows'
import { afterEach, expect, it, vi } from 'vitest'
import { copyPages } from './copy.ts'
import type { Run } from './define.ts'

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
afterEach(() => warn.mockClear())

/** What is sent of these pages, request by request. */
async function copied(...pages: FlatRecord[][]): Promise<object[][]> {
  const reader = {
    readPage: (cursor = '0') => {
      const next = Number(cursor) + 1
      return Promise.resolve({ records: pages[Number(cursor)], ...(next < pages.length && { next: String(next) }) })
    },
  } as Reader
  const step = { do: (_: string, act: () => unknown) => act() } as unknown as Run<unknown>['step']
  const sent: object[][] = []
  await copyPages(
    reader,
    { step },
    'Id',
    (id, properties) => ({ id, properties }),
    (records) => {
      sent.push(records)
      return Promise.resolve({ problems: [] } as unknown as heap.Sent)
    },
  )
  return sent
}

it('sends each page, without the records that have no id', async () => {
  const pages = [[{ Id: 1, name: 'a' }, { name: 'b' }, { Id: '3' }], [], [{ Id: 4, on: false }]]
  expect(await copied(...pages)).toEqual([
    [
      { id: '1', properties: { name: 'a' } },
      { id: '3', properties: {} },
    ],
    [],
    [{ id: '4', properties: { on: false } }],
  ])
  expect(warn.mock.calls.flat().map((line) => JSON.parse(String(line)) as object)).toMatchObject([
    { level: 'warn', page: 1, field: 'Id', records: 1 },
  ])
})

it('fails for good where no record of a page has the id', async () => {
  await expect(copied([{ id: 1 }, { id: 2 }])).rejects.toMatchObject({
    name: 'OptionError',
    message: 'page 1: Id is in none of its records; another field must be their id',
  })
})
