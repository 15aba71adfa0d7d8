/**
 * What a wrong setting is answered with, when a workflow is defined.
 */
import { expect, it } from 'vitest'
import { clearbit, crm, googleSheets, heap, OptionError, slack, webhook } from './index.ts'

const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n'
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
