import { afterEach, expect, it, vi } from 'vitest'
import { logError } from './log.ts'

const error = vi.spyOn(console, 'error').mockImplementation(() => {})
afterEach(() => error.mockClear())

it.each(['{"id":"alice","a":x}', '"alice', '{"a":1,\n"b":"alice" "c"}', '{"alice', '{"a":\n\nalice\n"b"}'])(
  'leaves out what an error quotes of %j',
  (text) => {
    let thrown: unknown
    try {
      JSON.parse(text)
    } catch (caught) {
      thrown = caught
    }
    logError('somewhere', thrown)
    const [line] = error.mock.calls.flat().map(String)
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'error', where: 'somewhere' })
    expect(line).toContain('SyntaxError')
    expect(line).not.toContain('alice')
  },
)
