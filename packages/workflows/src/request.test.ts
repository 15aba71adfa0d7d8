import { expect, it } from 'vitest'
import { failure, jsonOf } from './failure.ts'
import { ask } from './request.ts'

const asked = { action: 'test', of: 'the service', url: 'https://service.test/s3cret', secrets: ['s3cret'] }
const by = (response: Response) => ({ fetch: async () => response, now: () => 1_000_000 })

/** A body that breaks off. */
const broken = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'))
      controller.error(new Error('https://service.test/s3cret broke off'))
    },
  })

async function errorOf(response: Response) {
  return failure(asked, await ask(asked, by(response)), by(response))
}

it('reads an answer to its end, within its size', async () => {
  expect(await ask({ ...asked, mostBytes: 5 }, by(new Response('12345')))).toMatchObject({ ok: true, text: '12345' })
  await expect(ask({ ...asked, mostBytes: 4 }, by(new Response('12345')))).rejects.toMatchObject({
    message: 'test: the service answered with more than 4 bytes',
    retryable: false,
  })
  expect((await ask(asked, by(new Response('x'.repeat(100_000), { status: 500 })))).text).toHaveLength(64_000)
  expect(await ask(asked, by(new Response(null, { status: 204 })))).toMatchObject({ ok: true, text: '' })
})

it('takes a success that breaks off for no answer, and a failure for a failure', async () => {
  await expect(ask(asked, by(new Response(broken())))).rejects.toMatchObject({
    message: 'test: the service could not be reached',
    retryable: true,
  })
  expect(await ask(asked, by(new Response(broken(), { status: 500 })))).toMatchObject({ status: 500, text: '' })
})

it('tells of what fetch threw its code only', async () => {
  const cause = Object.assign(new Error('connect to s3cret'), { code: 'ECONNREFUSED' })
  const fetch = async () => Promise.reject(new TypeError('fetch failed: https://service.test/s3cret', { cause }))
  const error: unknown = await ask(asked, { fetch }).catch((error: unknown) => error)
  expect((error as Error).message).toBe('test: the service could not be reached (ECONNREFUSED)')
  expect((error as Error).cause).toBeUndefined()
})

it.each([
  [
    'Google',
    { error: { code: 403, message: 'The caller does not have permission' } },
    'The caller does not have permission',
  ],
  [
    "Google's token endpoint",
    { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    'Invalid JWT Signature.',
  ],
  ['Salesforce', [{ message: 'Session expired or invalid', errorCode: 'X' }], 'Session expired or invalid'],
  ['Pipedrive', { success: false, error: 'unauthorized access' }, 'unauthorized access'],
  ['monday.com', { errors: [{ message: 'Not Authenticated' }] }, 'Not Authenticated'],
  ['monday.com before 2024-10', { errors: ['No'], error_message: 'Not this one' }, 'No'],
  ['something else', { message: 7, other: 'x' }, ''],
])('finds the reason in an answer of %s', async (_, body, reason) => {
  const { message } = await errorOf(Response.json(body, { status: 400 }))
  expect(message).toBe(`test: the service answered 400${reason && `: ${reason}`}`)
})

it('shows of a text one line, of a page nothing, and of a secret nothing', async () => {
  const message = async (text: string) => (await errorOf(new Response(text, { status: 400 }))).message
  expect(await message('no\r\n\tgood\u0007')).toBe('test: the service answered 400: no good')
  expect(await message(' <!doctype html><p>no')).toBe('test: the service answered 400')
  expect(await message('s3cret is no key, s3cret!')).toBe('test: the service answered 400: *** is no key, ***!')
  expect(await message('x'.repeat(1000))).toHaveLength('test: the service answered 400: '.length + 300)
})

it('waits as long as it is asked, a day at most', async () => {
  const after = async (value: string) =>
    (await errorOf(new Response('', { status: 429, headers: { 'Retry-After': value } }))).retryAfterMs
  expect(await after('7')).toBe(7000)
  expect(await after(new Date(1_005_000).toUTCString())).toBe(5000)
  expect(await after('99999999999')).toBe(86_400_000)
  expect(await after('soon')).toBeUndefined()
})

it('takes a success that is no JSON object for an answer of somebody else', async () => {
  for (const text of ['', 'text', '7', 'null', '{']) {
    expect(() => jsonOf(asked, { ok: true, status: 200, headers: new Headers(), text })).toThrow(
      'answered 200 without JSON',
    )
  }
})
