import { expect, it } from 'vitest'
import * as z from 'zod'
import { conform } from './schema.ts'

const purchase = z.object({ amount: z.number(), items: z.array(z.object({ sku: z.string() })).default([]) })

it('gives the properties as the schema makes them, whether it takes its time or not', async () => {
  expect(await conform('Purchase', purchase, { amount: 1 })).toEqual({ amount: 1, items: [] })
  const slow = purchase.refine(async () => true)
  expect(await conform('Purchase', slow, { amount: 1 })).toEqual({ amount: 1, items: [] })
})

it('tells everything that is wrong, and where', async () => {
  await expect(conform('Purchase', purchase, { amount: '1', items: [{ sku: 'a' }, { sku: 2 }] })).rejects.toMatchObject(
    {
      name: 'HeapRequestError',
      message: 'Purchase fails schema',
      problems: [{ pointer: '/properties/amount' }, { pointer: '/properties/items/1/sku' }],
    },
  )
})

it('takes the long form of a path too', async () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: () => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 0] }, { message: 'at all' }] }),
    },
  }
  await expect(conform('E', schema, {})).rejects.toMatchObject({
    problems: [
      { pointer: '/properties/a/0', detail: 'no' },
      { pointer: '/properties', detail: 'at all' },
    ],
  })
})
