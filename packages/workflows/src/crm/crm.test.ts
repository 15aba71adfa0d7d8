import { expect, it } from 'vitest'
import { recordOf } from './monday-item.ts'
import { readerOf } from './reader.ts'

it('gives each column of an item a name of its own', () => {
  const column = (id: string, text: string | null, title?: string, display_value?: string) => ({
    id,
    text,
    ...(title !== undefined && { column: { title } }),
    ...(display_value !== undefined && { display_value }),
  })
  const column_values = [
    column('status', 'Customer', 'Status'),
    column('status2', 'Paid', 'Status'),
    column('name2', 'Other', 'name'),
    column('mirror', null, 'Mirror', 'Shown'),
    column('empty', '', 'Empty'),
    column('plain', 'text'),
  ]
  expect(recordOf({ id: '1', name: 'Urbanshee', column_values })).toEqual({
    id: '1',
    name: 'Urbanshee',
    Status: 'Customer',
    'Status (status2)': 'Paid',
    'name (name2)': 'Other',
    Mirror: 'Shown',
    plain: 'text',
  })
  expect(recordOf({ id: '1', column_values: null as never })).toEqual({ id: '1' })
})

it('reads only what is asked for, and leaves empty pages out', async () => {
  const read: (string | undefined)[] = []
  const pages = [[{ n: 0 }], [], [{ n: 2 }], [{ n: 3 }]]
  const reader = readerOf('crm.test', {}, async (cursor) => {
    read.push(cursor)
    const page = Number(cursor ?? 0)
    return { records: pages[page] ?? [], ...(page < 3 && { next: String(page + 1) }) }
  })
  const got: unknown[] = []
  for await (const records of reader) {
    got.push(...records)
    if (got.length === 2) break
  }
  expect(got).toEqual([{ n: 0 }, { n: 2 }])
  expect(read).toEqual([undefined, '1', '2'])
})
