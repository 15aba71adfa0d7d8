import { expect, it } from 'vitest'
import { json } from '../fakes.ts'
import { fakeHeap } from './fakes.ts'

it('sends any request below the base URL', async () => {
  const { admin, calls } = fakeHeap(() => json(200, { events: [] }, { 'x-id': '7' }), {
    endpoint: 'https://edge.example/heap/',
  })
  const answer = await admin.request('patch', '/api/v2/x', { query: { limit: 5, all: true, no: undefined }, body: [1] })
  expect(answer).toEqual({ status: 200, headers: expect.any(Headers), body: { events: [] } })
  expect(answer.headers.get('x-id')).toBe('7')
  expect(calls().map(({ method, url, headers, text }) => [method, url, Object.fromEntries(headers), text])).toEqual([
    [
      'PATCH',
      'https://edge.example/heap/api/v2/x?limit=5&all=true',
      { authorization: 'Bearer token-0', 'content-type': 'application/json' },
      '[1]',
    ],
  ])
})

it('sends no credentials where it shall not', async () => {
  const { admin, seen } = fakeHeap(() => json(200))
  await admin.request('POST', '/api/track', { auth: 'none', body: { app_id: '1', event: 'e', identity: 'a' } })
  expect(seen.map(({ headers }) => Object.fromEntries(headers))).toEqual([{ 'content-type': 'application/json' }])
})

it.each([
  ['{"a":1}', { a: 1 }],
  ['OK', 'OK'],
  ['', ''],
  ['7', 7],
])('reads %j as %j', async (text, body) => {
  const { admin } = fakeHeap(() => new Response(text))
  expect((await admin.request('GET', '/x')).body).toEqual(body)
})

it('reads an answer without a body', async () => {
  const { admin } = fakeHeap(() => new Response(null, { status: 204 }))
  expect(await admin.request('DELETE', '/x')).toMatchObject({ status: 204, body: '' })
})

it.each([
  ['GET', '//evil.example', {}, '/path'],
  ['GET', '/api/../app', {}, '/path'],
  ['GET /x', '/x', {}, '/method'],
  ['TRACE', '/x', {}, '/method'],
  ['', '/x', {}, '/method'],
  ['GET', '/x', { body: {} }, '/body'],
  ['GET', '/x', { auth: 'bearer' as 'none' }, '/auth'],
])('refuses %s %s %j before anything is sent', async (method, path, options, pointer) => {
  const { admin, seen } = fakeHeap()
  await expect(admin.request(method, path, options)).rejects.toMatchObject({
    name: 'HeapRequestError',
    problems: [{ pointer }],
  })
  expect(seen).toEqual([])
})

it('lets through what JSON itself says of a body that is none', async () => {
  const { admin, seen } = fakeHeap()
  await expect(admin.request('POST', '/x', { body: 1n })).rejects.toThrow(TypeError)
  expect(seen).toEqual([])
})
