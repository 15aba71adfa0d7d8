import { afterEach, expect, it, vi } from 'vitest'
import { createOutput } from './output.ts'

afterEach(() => vi.restoreAllMocks())

it('gives a terminal no orders of a server or a file', () => {
  const [log, error] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')].map((spy) => spy.mockReturnValue())
  const bad = 'a\u001B]0;title\u0007b\u001B[2Jc\rd\u009B31me\u0008\tf\r\ng\u001B'
  const { result, note } = createOutput(false, [])
  result({}, `\u001B[32m✓\u001B[39m ${bad}`)
  note(bad)
  expect(log).toHaveBeenCalledWith('\u001B[32m✓\u001B[39m abcde\tf\r\ng')
  expect(error).toHaveBeenCalledWith(expect.stringMatching(/abcde\tf\r\ng$/))
  createOutput(true, []).result({ bad }, '')
  const [json = ''] = (log?.mock.lastCall ?? []) as string[]
  // oxlint-disable-next-line no-control-regex -- it looks for them
  expect(json).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/)
  expect(JSON.parse(json)).toEqual({ bad })
})
