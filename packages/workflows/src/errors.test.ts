import { expect, it } from 'vitest'
import { ActionError, canBeRetried, isActionError, isOptionError, OptionError } from './errors.ts'

it('says what happened where', () => {
  const error = new ActionError('slack', 'Slack answered 429', { status: 429, retryable: true, retryAfterMs: 7000 })
  expect(error).toMatchObject({
    action: 'slack',
    message: 'slack: Slack answered 429',
    status: 429,
    retryAfterMs: 7000,
  })
  const wrong = new OptionError('slack', 'webhookUrl', 'must be a URL')
  expect(wrong).toMatchObject({ option: 'webhookUrl', message: 'slack: webhookUrl must be a URL' })
  expect(wrong).toBeInstanceOf(TypeError)
})

it('tells what is worth another try', () => {
  const said = (retryable: boolean) => new ActionError('a', 'm', { retryable })
  expect([said(true), said(false), new OptionError('a', 'o', 'm'), new Error('other')].map(canBeRetried)).toEqual([
    true,
    false,
    false,
    true,
  ])
})

it('knows an error of a second copy of the package, and nothing else', () => {
  const copy = Object.assign(new Error('m'), { name: 'ActionError', retryable: false })
  expect(isActionError(copy)).toBe(true)
  expect(canBeRetried(copy)).toBe(false)
  for (const other of [undefined, null, 'ActionError', {}]) {
    expect(isActionError(other)).toBe(false)
    expect(isOptionError(other)).toBe(false)
  }
})
