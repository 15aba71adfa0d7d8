import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkSettings, readSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'heap-edge-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Where it goes, by flags, variables and a file. */
function target(flags: Record<string, string>, env: Record<string, string>, file = '') {
  writeFileSync(join(folder, 'env'), file)
  const { endpoint, baseUrl } = checkSettings(readSettings({ ...flags, env: join(folder, 'env') }, env))
  return { endpoint, baseUrl }
}

describe('where requests go', () => {
  const [proxy, sandbox] = ['http://proxy', 'http://sandbox']

  it('is what the nearest place says, whichever of the two names it uses', () => {
    const [toProxy, toSandbox] = [{ endpoint: proxy }, { baseUrl: sandbox }]
    expect(target({ 'base-url': sandbox }, { HEAP_ENDPOINT: proxy })).toEqual(toSandbox)
    expect(target({ 'base-url': sandbox }, {}, `HEAP_ENDPOINT=${proxy}`)).toEqual(toSandbox)
    expect(target({ endpoint: proxy }, { HEAP_BASE_URL: sandbox })).toEqual(toProxy)
    expect(target({}, { HEAP_BASE_URL: sandbox }, `HEAP_ENDPOINT=${proxy}`)).toEqual(toSandbox)
    expect(target({}, { HEAP_ENDPOINT: proxy }, `HEAP_BASE_URL=${sandbox}`)).toEqual(toProxy)
  })

  it('is refused where one place says both', () => {
    const both = { HEAP_ENDPOINT: proxy, HEAP_BASE_URL: sandbox }
    const told = 'both say where to send: leave one of them out.'
    expect(() => target({ endpoint: proxy, 'base-url': sandbox }, {})).toThrow(`--endpoint and --base-url ${told}`)
    expect(() => target({}, both)).toThrow(`HEAP_ENDPOINT and HEAP_BASE_URL ${told}`)
  })
})

describe('a file of settings', () => {
  const read = (bytes: string | Uint8Array) => {
    writeFileSync(join(folder, 'other'), bytes)
    return readSettings({ env: join(folder, 'other') }, {}).appId
  }

  it('may begin with a byte order mark', () => {
    expect(read('\uFEFFHEAP_APP_ID=7\n')).toBe('7')
  })

  it('is refused in UTF-16, and where it cannot be read', () => {
    expect(() => read(Buffer.from('\uFEFFHEAP_APP_ID=7\n', 'utf16le'))).toThrow('save it as UTF-8')
    expect(() => readSettings({ env: folder }, {})).toThrow('cannot be read: it is a folder')
    expect(() => readSettings({ env: join(folder, 'none') }, {})).toThrow('there is no such file')
  })
})
