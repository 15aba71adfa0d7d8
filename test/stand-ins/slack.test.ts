/**
 * That the stand-in of Slack refuses what Slack refuses, whoever posts it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Slack, startSlack } from './index.ts'

let service: Slack
beforeAll(async () => {
  service = await startSlack()
})
afterAll(() => service.close())

async function post(message: object): Promise<string> {
  const response = await fetch(service.webhookUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(message),
  })
  return `${response.status} ${await response.text()}`
}

const text = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) })

it('takes messages up to their limits', async () => {
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Hello' } },
    { type: 'section', text: text(3000) },
    { type: 'section', fields: Array.from({ length: 10 }, () => text(2000)) },
    ...Array.from({ length: 47 }, () => ({ type: 'divider' })),
  ]
  expect(await post({ blocks })).toBe('200 ok')
  expect(await post({ text: 'x'.repeat(40_000) })).toBe('200 ok')
  expect(service.messages).toHaveLength(2)
})

it.each<[string, object]>([
  ['no_text', {}],
  ['no_text', { text: '', blocks: [] }],
  ['msg_too_long', { text: 'x'.repeat(40_001) }],
  ['invalid_blocks', { blocks: { type: 'divider' } }],
  ['invalid_blocks', { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }],
  ['invalid_blocks', { blocks: [null] }],
  ['invalid_blocks', { blocks: [{ type: 'nonsense' }] }],
  ['invalid_blocks', { blocks: [{ type: 'section' }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', text: 'Hello' }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', text: { text: 'Hello' } }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', text: text(0) }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', text: text(3001) }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', fields: [] }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', fields: Array.from({ length: 11 }, () => text(1)) }] }],
  ['invalid_blocks', { blocks: [{ type: 'section', text: text(1), fields: [text(2001)] }] }],
])('refuses what Slack refuses: %s', async (reason, message) => {
  const before = service.messages.length
  expect(await post({ text: 'Hello', ...message, ...(reason === 'no_text' && { text: '' }) })).toBe(`400 ${reason}`)
  expect(service.messages).toHaveLength(before)
})
