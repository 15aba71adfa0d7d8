import { expect, it } from 'vitest'
import { type ConfigError, readConfig } from './config.ts'

function problems(env: Record<string, unknown>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

it('takes what a deployer would write', () => {
  const config = readConfig({
    HEAP_APP_ID: ' 123456789/ ',
    HEAP_EXTRA_APP_IDS: '987654321, 5',
    HEAP_REGION: 'eu',
    ALLOWED_ORIGINS: 'https://example.com, http://localhost:8789',
    SOME_BINDING: {},
  })
  expect(config).toMatchObject({ appId: '123456789', heapUrl: 'https://c.eu.heap-api.com', limitMarginMs: 1000 })
  expect([...config.appIds]).toEqual(['123456789', '987654321', '5'])
  expect([...config.allowedOrigins]).toEqual(['https://example.com', 'http://localhost:8789'])
})

it('says everything that is wrong at once, and no value', () => {
  const found = problems({
    HEAP_EXTRA_APP_IDS: 'staging',
    HEAP_REGION: 'asia',
    HEAP_BASE_URL: 'secret-value',
    ALLOWED_ORIGINS: 'https://example.com/,null',
    HEAP_TIMEOUT_MS: 'soon',
    OUTBOX_SHARDS: '0',
    ADMIN_TOKEN: 'secret',
    IDENTITY_SECRET: 'secret-of-15-ch',
    CLIENT_RATE_LIMIT: 'secret',
  })
  expect(found.map((line) => line.split(' ')[0])).toEqual([
    'HEAP_APP_ID',
    'HEAP_EXTRA_APP_IDS',
    'HEAP_REGION',
    'HEAP_BASE_URL',
    'HEAP_TIMEOUT_MS',
    'ALLOWED_ORIGINS',
    'OUTBOX_SHARDS',
    'ADMIN_TOKEN',
    'IDENTITY_SECRET',
    'CLIENT_RATE_LIMIT',
  ])
  expect(found.join()).not.toContain('secret')
})

it.each([
  ['HEAP_TIMEOUT_MS', ['', '0', '0x10', '1.5', '99999999'], 'must be a whole number of milliseconds, 1 to 60000'],
  ['OUTBOX_SHARDS', ['', '0', '65'], 'must be a whole number, 1 to 64'],
  ['OUTBOX_MAX_AGE_DAYS', ['', '0', '400', '-1'], 'must be a number of days, more than 0 and at most 365'],
  ['HEAP_BASE_URL', ['https://a.example/?x', 'https://a.example/#x'], 'must not have a query or a fragment'],
  ['HEAP_BASE_URL', ['https://u:p@a.example'], 'must not have a user or a password in it'],
  ['HEAP_API_KEY', ['', 'two words', 'a\nb'], 'must have ASCII characters only, no blanks, and not be empty'],
])('says what %s must be, of each of %j', (name, values, told) => {
  for (const value of values) expect(problems({ HEAP_APP_ID: '1', [name]: value })).toEqual([`${name} ${told}`])
})

it.each([
  'https://example.com/',
  'example.com',
  'https://example.com/a',
  'HTTPS://Example.com',
  'null',
  'https://*.example.com',
])('does not take %s for an exact origin', (origin) => {
  const found = problems({ HEAP_APP_ID: '1', ALLOWED_ORIGINS: origin })
  expect(found).toHaveLength(1)
})

it('takes the rate limiter where it is on, and only then', () => {
  const CLIENT_RATE_LIMITER = { limit: async () => ({ success: true }) }
  const read = (CLIENT_RATE_LIMIT?: string) => readConfig({ HEAP_APP_ID: '1', CLIENT_RATE_LIMIT, CLIENT_RATE_LIMITER })
  expect(read().clientRateLimiter).toBeUndefined()
  expect(read('off').clientRateLimiter).toBeUndefined()
  expect(read('on').clientRateLimiter).toBe(CLIENT_RATE_LIMITER)
  for (const missing of [undefined, {}]) {
    expect(problems({ HEAP_APP_ID: '1', CLIENT_RATE_LIMIT: 'on', CLIENT_RATE_LIMITER: missing })).toEqual([
      'CLIENT_RATE_LIMIT is on, and needs CLIENT_RATE_LIMITER of [[ratelimits]] in wrangler.toml',
    ])
  }
})
