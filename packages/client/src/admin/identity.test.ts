import { createHmac } from 'node:crypto'
import { requests } from '@heap-edge/contract'
import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { signIdentity } from './index.ts'

const secret = 'the-secret-of-the-site'

/** What a token says, once its signature is found to be right. */
function read(token: string): unknown {
  expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const [header = '', payload = '', signature] = token.split('.')
  expect(createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')).toBe(signature)
  const [head, claims] = [header, payload].map(
    (part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object,
  )
  expect(head).toEqual({ alg: 'HS256', typ: 'JWT' })
  return claims
}

it('signs an identity, for an hour or as long as it is told', async () => {
  const now = () => 1_700_000_000_999
  expect(read(await signIdentity('alice@example.com', secret, { now }))).toEqual({
    sub: 'alice@example.com',
    exp: 1_700_003_600,
  })
  expect(read(await signIdentity(42, secret, { now, expiresIn: 60 }))).toEqual({ sub: '42', exp: 1_700_000_060 })
})

it('signs what the proxy takes for an identity, as the proxy reads it, and nothing else', async () => {
  const odd = fc.constantFrom(
    '\ud800',
    'a\udc00',
    '😀',
    '\u0000',
    ' ',
    '\u200b',
    'guest',
    ' NULL ',
    'Ａ',
    'e\u0301',
    '"\\',
  )
  const long = fc.integer({ min: 250, max: 260 }).map((length) => '語'.repeat(length))
  const identity = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ maxLength: 300 }),
    odd,
    long,
    fc.double(),
    fc.maxSafeInteger(),
  )
  const property = fc.asyncProperty(identity, async (identity) => {
    const taken = requests.addUserProperties.validate({ app_id: '1', identity })
    const token = await signIdentity(identity, secret).catch((error: unknown) => error)
    if (taken.ok) expect(read(token as string)).toMatchObject({ sub: (taken.value as { identity: string }).identity })
    else expect(token).toBeInstanceOf(TypeError)
  })
  await fc.assert(property, { numRuns: 300 })
})

it.each<[string, unknown, unknown, object]>([
  ['identity', '', secret, {}],
  ['identity', '   ', secret, {}],
  ['identity', 'undefined', secret, {}],
  ['identity', 'x'.repeat(256), secret, {}],
  ['identity', '\ud800', secret, {}],
  ['identity', undefined, secret, {}],
  ['identity', 1.5, secret, {}],
  ['secret', 'alice', '', {}],
  ['secret', 'alice', 'secret-of-15-ch', {}],
  ['secret', 'alice', undefined, {}],
  ['expiresIn', 'alice', secret, { expiresIn: 0 }],
  ['expiresIn', 'alice', secret, { expiresIn: -1 }],
  ['expiresIn', 'alice', secret, { expiresIn: NaN }],
  ['expiresIn', 'alice', secret, { expiresIn: Infinity }],
  ['expiresIn', 'alice', secret, { expiresIn: '60' }],
])('refuses a wrong %s, and does not show it: %j, %j, %o', async (name, identity, secret, options) => {
  const refused = signIdentity(identity as string, secret as string, options)
  const error = await refused.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(TypeError)
  expect((error as TypeError).message).toMatch(new RegExp(`^${name} `))
  if (secret) expect((error as TypeError).message).not.toContain(secret)
})

afterEach(() => vi.unstubAllGlobals())

it('does not sign in a page', async () => {
  vi.stubGlobal('document', {})
  await expect(signIdentity('alice', secret)).rejects.toThrow('heap-edge/admin is not for pages')
})
