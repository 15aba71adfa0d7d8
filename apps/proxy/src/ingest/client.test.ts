import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientKey } from './client.ts'

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:0000:0000:0000:0002', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1::5:6:7:8', '2001:db8:1:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
])('counts %s as %s', (address, key) => expect(clientKey(address)).toBe(key))

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
const groups = fc.array(group, { minLength: 8, maxLength: 8 })

/** In one of the ways that there are: upper case, leading zeros, a run of zeros left out. */
function written(groups: number[], [start, length, padded]: [number, number, boolean]): string {
  const text = groups.map((group) =>
    group
      .toString(16)
      .padStart(padded ? 4 : 1, '0')
      .toUpperCase(),
  )
  const isRun = length > 0 && groups.slice(start, start + length).every((group) => group === 0)
  return isRun ? `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}` : text.join(':')
}

it('counts a network of IPv6 as one, however its addresses are written, and no two as one', () => {
  const writing = fc
    .tuple(fc.nat(7), fc.nat(8), fc.boolean())
    .map(([start, length, padded]): [number, number, boolean] => [start, Math.min(length, 8 - start), padded])
  const property = fc.property(groups, groups, writing, writing, (one, two, first, second) => {
    const same = one.slice(0, 4).join() === two.slice(0, 4).join()
    expect(clientKey(written(one, first)) === clientKey(written(two, second))).toBe(same)
    const neighbour = [...one.slice(0, 4), ...two.slice(4)]
    expect(clientKey(written(neighbour, second))).toBe(clientKey(written(one, first)))
  })
  fc.assert(property, { numRuns: 1000 })
})
