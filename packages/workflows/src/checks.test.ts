/**
 * What a wrong setting is answered with, when a workflow is defined.
 */
import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { clearbit, crm, googleSheets, heap, OptionError, slack, webhook } from './index.ts'

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const
const PRIVATE_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8)
const EC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8)
const PSS_KEY = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export(pkcs8)
const serviceAccount = { client_email: 'a@b.example', private_key: PRIVATE_KEY }
const sheet = { serviceAccount, spreadsheetId: '1AbC', worksheet: 'Searches' }
const salesforce = { instanceUrl: 'https://my.salesforce.com', accessToken: 't', soql: 'SELECT Id FROM Account' }
const secret = `whsec_${btoa('a secret of thirty-two bytes ....')}`

it('takes what is right', () => {
  const define = () => {
    slack.check({ webhookUrl: 'https://hooks.slack.com/services/T/B/secret' })
    webhook.check({ url: 'https://receiver.test/hook?tenant=1', secret })
    clearbit.combined.check({ apiKey: 'sk_1' })
    googleSheets.append.check(sheet)
    googleSheets.append.check({ ...sheet, serviceAccount: JSON.stringify(serviceAccount) })
    // As a setting that was pasted has it.
    const escaped = { ...serviceAccount, private_key: PRIVATE_KEY.replaceAll('\n', '\\n') }
    googleSheets.append.check({ ...sheet, serviceAccount: escaped })
    heap.check({ appId: '123456789' })
    crm.salesforce({ ...salesforce, accessToken: async () => 't' })
    crm.pipedrive({ apiToken: 't' })
    crm.monday({ apiToken: 't', boardId: '12' })
  }
  expect(define).not.toThrow()
})

it.each<[string, () => unknown]>([
  ['slack: webhookUrl', () => slack.check({ webhookUrl: '' })],
  ['slack: webhookUrl', () => slack.check({} as never)],
  ['slack: webhookUrl', () => slack.check({ webhookUrl: 'ftp://hooks.slack.com/s3cret' })],
  ['slack: webhookUrl', () => slack.check({ webhookUrl: 'https://user:s3cret@hooks.slack.com/' })],
  ['webhook: url', () => webhook.check({ url: 'receiver/s3cret', secret })],
  ['webhook: secret', () => webhook.check({ url: 'https://receiver.test', secret: 's3cret' })],
  ['webhook: secret', () => webhook.check({ url: 'https://receiver.test', secret: `whsec_s3cret${'A'.repeat(27)}` })],
  ['clearbit.combined: apiKey', () => clearbit.combined.check({ apiKey: 's3cret\n' })],
  ['clearbit.combined: baseUrl', () => clearbit.combined.check({ apiKey: 'k', baseUrl: 'https://c.test?s3cret' })],
  ['googleSheets.append: serviceAccount', () => googleSheets.append.check({ ...sheet, serviceAccount: '{s3cret' })],
  ['googleSheets.append: serviceAccount', () => googleSheets.append.check({ ...sheet, serviceAccount: 'null' })],
  [
    'googleSheets.append: serviceAccount.private_key',
    () => googleSheets.append.check({ ...sheet, serviceAccount: { ...serviceAccount, private_key: 's3cret' } }),
  ],
  [
    'googleSheets.append: serviceAccount.client_email',
    () => googleSheets.append.check({ ...sheet, serviceAccount: { private_key: PRIVATE_KEY } as never }),
  ],
  ['googleSheets.append: spreadsheetId', () => googleSheets.append.check({ ...sheet, spreadsheetId: '../s3cret' })],
  ['googleSheets.append: worksheet', () => googleSheets.append.check({ ...sheet, worksheet: ' ' })],
  ['googleSheets.append: unique', () => googleSheets.append.check({ ...sheet, unique: ' id' })],
  ['googleSheets.append: maxColumns', () => googleSheets.append.check({ ...sheet, maxColumns: 18_279 })],
  ['heap: appId', () => heap.check({ appId: 's3cret' })],
  ['heap: endpoint', () => heap.check({ endpoint: 's3cret' })],
  ['crm.salesforce: instanceUrl', () => crm.salesforce({ ...salesforce, instanceUrl: '' })],
  ['crm.salesforce: accessToken', () => crm.salesforce({ ...salesforce, accessToken: '' })],
  ['crm.salesforce: soql', () => crm.salesforce({ ...salesforce, soql: '' })],
  ['crm.salesforce: apiVersion', () => crm.salesforce({ ...salesforce, apiVersion: '66.0/../s3cret' })],
  ['crm.pipedrive: apiToken', () => crm.pipedrive({ apiToken: '' })],
  ['crm.pipedrive: pageSize', () => crm.pipedrive({ apiToken: 't', pageSize: 501 })],
  ['crm.monday: boardId', () => crm.monday({ apiToken: 't', boardId: '1) { s3cret' })],
  ['crm.monday: timeout', () => crm.monday({ apiToken: 't', boardId: 1, timeout: 0 })],
])('names the option, and not its value: %s', (start, check) => {
  let error: unknown
  try {
    check()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(OptionError)
  const { message, action, option } = error as OptionError
  expect(`${action}: ${option}`).toBe(start)
  expect(message.startsWith(`${start} must`)).toBe(true)
  expect(message).not.toContain('s3cret')
})

it.each<[string, string]>([
  ['without its last line', PRIVATE_KEY.replace(/.+\n(?=-----END)/, '')],
  ['without a line inside', PRIVATE_KEY.replace(/(?<=KEY-----\n.+\n).+\n/, '')],
  ['without its last characters', PRIVATE_KEY.replace(/....\n(?=-----END)/, '\n')],
  ['with one character less', PRIVATE_KEY.replace(/[^=]=*\n(?=-----END)/, '\n')],
  ['that is no DER', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n'],
  ['that is no base64', PRIVATE_KEY.replace(/(?<=KEY-----\n)./, '=')],
  ['of another algorithm', EC_KEY],
  ['for another signature', PSS_KEY],
])('takes no key %s', (_, private_key) => {
  const check = () => googleSheets.append.check({ ...sheet, serviceAccount: { ...serviceAccount, private_key } })
  expect(check).toThrow(
    new OptionError('googleSheets.append', 'serviceAccount.private_key', 'must be an RSA key, whole'),
  )
})

it('takes what JSON cannot hold, and what Slack would refuse, for wrong options', async () => {
  const fetch = () => Promise.reject(new Error('never'))
  const circular: Record<string, unknown> = { type: 'context' }
  circular.self = circular
  const send = (payload: unknown) => webhook({ url: 'https://receiver.test', secret, id: 'a', payload, fetch })
  for (const payload of [circular, 7n, { n: 7n }, undefined]) {
    await expect(send(payload)).rejects.toThrow(new OptionError('webhook', 'payload', 'must be what JSON can hold'))
  }
  const at = { url: 'https://receiver.test', secret, id: 'a', payload: {}, timestamp: '2026' as never, fetch }
  await expect(webhook(at)).rejects.toThrow(new OptionError('webhook', 'timestamp', 'must be a time'))
  await expect(send('x'.repeat(1_000_001))).rejects.toThrow('webhook: payload must be JSON of at most 1000000 bytes')
  const post = (blocks: unknown) =>
    slack({ webhookUrl: 'https://slack.test/secret', text: 'Hello', blocks: blocks as object[], fetch })
  const section = (length: number) => ({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(length) } })
  const field = { type: 'mrkdwn', text: 'x' }
  for (const bad of [
    [circular],
    {},
    Array.from({ length: 51 }, () => section(1)),
    [null],
    [{}],
    [{ type: 'section' }],
    [section(0)],
    [section(3001)],
    [{ type: 'section', fields: [] }],
    [{ type: 'section', fields: Array.from({ length: 11 }, () => field) }],
    [{ ...section(1), fields: [{ type: 'mrkdwn', text: 'x'.repeat(2001) }] }],
  ]) {
    const error: unknown = await post(bad).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(OptionError)
    expect((error as OptionError).option).toBe('blocks')
  }
  for (const good of [[], [section(3000)], [{ type: 'section', fields: [field] }], [{ type: 'divider' }]]) {
    await expect(post(good)).rejects.toThrow('could not be reached')
  }
})

it('looks at the settings at each call, too, before a request', async () => {
  const fetch = () => Promise.reject(new Error('never'))
  await expect(slack({ webhookUrl: '', text: 'Hello', fetch })).rejects.toThrow('slack: webhookUrl must')
  await expect(slack({ webhookUrl: 'https://slack.test', text: ' ', fetch })).rejects.toThrow('slack: text must')
  const id = { url: 'https://receiver.test', secret, payload: {}, fetch }
  await expect(webhook({ ...id, id: 'a.b' })).rejects.toThrow('webhook: id must')
  await expect(webhook({ ...id, id: 'a', payload: undefined })).rejects.toThrow('webhook: payload must')
  const row = (row: googleSheets.AppendOptions['row'], unique?: string) =>
    googleSheets.append({ ...sheet, row, unique, fetch })
  for (const bad of [[], {}, [{}], null as never]) await expect(row(bad)).rejects.toThrow('row must be 1 to 1000')
  await expect(row({ id: 7 }, 'id')).rejects.toThrow('row must have 1 to 1000 characters in the column')
})
