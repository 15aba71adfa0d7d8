/**
 * The client of a page with the schemas of a library that we did not write: zod, by Standard Schema.
 */
import { createHeapBrowser, type HeapBrowser } from 'heap-edge/browser'
import { expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { conform } from '../../packages/client/src/browser/schema.ts'

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
      message: expect.stringMatching(/^Purchase: .*number/) as string,
      problems: [{ pointer: '/properties/amount' }, { pointer: '/properties/items/1/sku' }],
    },
  )
})

it('types events by their schemas, of which one without fields needs no properties', () => {
  const schemas = { Purchase: z.object({ amount: z.number() }), Visit: z.object({}) }
  const heap = createHeapBrowser({ endpoint: 'https://heap.example.com', schemas })
  expectTypeOf(heap).toEqualTypeOf<HeapBrowser<{ Purchase: { amount: number }; Visit: Record<string, never> }>>()
  void heap.track('Visit')
  // @ts-expect-error amount is a number
  void heap.track('Purchase', { amount: '7.5' })
  expect(heap.getUserId()).toBe(null)
})
