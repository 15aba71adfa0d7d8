import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isHeapRequestError } from '../errors.ts'
import { urlUnder } from './path.ts'

const bases = ['https://heapanalytics.com', 'https://edge.example:8443/heap/v1', 'http://127.0.0.1:8788']

it.each([
  ['/', '/'],
  ['/api/v2/users', '/api/v2/users'],
  ['/api/v2/users/', '/api/v2/users/'],
  ['/users/alice%40example.com', '/users/alice%40example.com'],
  ['/users/a%2Fb', '/users/a%2Fb'],
  ['/files/..a/b../...', '/files/..a/b../...'],
  ['/a:b;c=d,e/~f!', '/a:b;c=d,e/~f!'],
])('%s is sent as it is', (path, sent) => {
  expect(urlUnder('https://heapanalytics.com', path)).toBe(`https://heapanalytics.com${sent}`)
})

it.each([
  '',
  'api/x',
  '//evil.example/x',
  'https://evil.example/x',
  '.evil.example/x',
  '@evil.example/x',
  ':80@evil.example/x',
  '/@evil.example',
  '/..',
  '/../app',
  '/api/../../app',
  '/api/./x',
  '/api/%2e%2e/app',
  '/api/%2E./app',
  '/api/.%2e',
  '/api/..%2fapp',
  '/api%2f..%2fapp',
  '/api/..%5capp',
  '/api/%252e%252e/app',
  '/api/..%252Fapp',
  '/%25252e%25252e%25255capp',
  '/%252e./%2525zz',
  '/api/..%00',
  '/api/..%3f',
  '/api/..%2523',
  '/api/..;/app',
  '/api/.%0a./app',
  '/api/.%2509./app',
  '/api/..%20',
  '/%20../app',
  '/api/..%2520',
  '/api\\..\\app',
  '\\\\evil.example/x',
  '/\\evil.example/x',
  '/\t/evil.example',
  '/\n/evil.example',
  '/x\r\nhost: evil.example',
  '/x?a=1',
  '/x#a',
  '/x y',
  '/é',
  '/%',
  '/%zz',
  '/%ff',
  undefined,
  null,
  5,
  new URL('https://evil.example'),
])('%j is refused, and not shown', (path) => {
  const send = () => urlUnder('https://heapanalytics.com', path as string)
  expect(send).toThrow(/^Not sent to https:\/\/heapanalytics\.com: \/path must .{5,80}$/)
  expect(send).toThrow(expect.objectContaining({ name: 'HeapRequestError', problems: [expect.anything()] }))
  expect(send).not.toThrow('evil')
})

describe('whatever the path is', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '\\',
      '@',
      ':',
      '?',
      '#',
      '%',
      '\t',
      '\n',
      ' ',
      '%00',
      '%0a',
      '%3F',
      '%23',
      '%09',
      '%20',
      '%7f',
      '%2509',
    ),
    fc.constantFrom(
      'evil.example',
      'https:',
      'api',
      'user:pass',
      '%40',
      '%252e',
      '%25',
      '%c0%ae',
      'é',
      '\u3002',
      '\uFF0F',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  const path = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const decoded = (text: string) => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }

  /** The URL of a path; nothing where it is refused. */
  function urlOf(base: string, path: string): URL | undefined {
    try {
      return new URL(urlUnder(base, path))
    } catch (error) {
      if (!isHeapRequestError(error)) throw error
    }
  }

  it('stays under the base or is refused', () => {
    let sent = 0
    const absolute = path.map((path) => `/${path}`)
    const property = fc.property(fc.constantFrom(...bases), fc.oneof(path, absolute), (base, path) => {
      const url = urlOf(base, path)
      if (!url) return
      sent++
      expect(url.href).toBe(base + path)
      // As it stands, and as servers see it that decode it once or twice and take either slash for one.
      const under = new URL(`${base}/`)
      let { pathname } = url
      for (let times = 0; times < 3; times++) {
        const seen = new URL(pathname.replace(/[/\\]+/g, '/'), under)
        expect([seen.origin, seen.username, seen.password]).toEqual([under.origin, '', ''])
        expect(seen.pathname.startsWith(under.pathname)).toBe(true)
        pathname = decoded(pathname)
      }
    })
    fc.assert(property, { numRuns: 5000 })
    expect(sent).toBeGreaterThan(100)
  })

  it('does not change where it is an encoded id', () => {
    const property = fc.property(fc.oneof(path, fc.string({ unit: 'grapheme' })), (id) => {
      fc.pre(id.isWellFormed())
      const url = urlOf('https://heap.test', `/status/${encodeURIComponent(id)}`)
      if (url) expect(decodeURIComponent(url.pathname)).toBe(`/status/${id}`)
    })
    fc.assert(property, { numRuns: 2000 })
    expect(urlOf('https://heap.test', '/status/2dd3d6c5-5a3b')).toBeDefined()
  })
})

it('writes the query, without what is undefined', () => {
  const query = { 'a b': 'c&d=é#', n: 1, yes: true, no: undefined, empty: '' }
  const url = urlUnder('https://heapanalytics.com', '/x', query)
  expect(url).toBe('https://heapanalytics.com/x?a+b=c%26d%3D%C3%A9%23&n=1&yes=true&empty=')
  expect(urlUnder('https://heapanalytics.com', '/x', { no: undefined })).toBe('https://heapanalytics.com/x')
})
