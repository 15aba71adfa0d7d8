/**
 * What happens when something happened. Each workflow runs where the settings that it needs are set, and is silent without them;
 * `docs/workflows.md` tells how to write one.
 */
import type { Problem } from '@heap-edge/contract'
import {
  clearbit,
  crm,
  emailOf,
  flatten,
  googleSheets,
  heap,
  isActionError,
  isReserved,
  jsonPages,
  mergeLead,
  OptionError,
  type Lead,
  type Reader,
} from '@heap-edge/workflows'
import { createCheck } from 'heap-edge/check'
import { readDeletion } from './src/deletions/request.ts'
import { copyPages, notSent, refusalsOf, type Tally } from './src/workflows/copy.ts'
import { defineConfig, every, onEvent, onRun, type Run } from './src/workflows/define.ts'

/** Fields that say where somebody is, by the names that were chosen in Heap. */
const LOCATION = /^location\.|(^|\.)(continent|country|region|city|postal_code|latitude|longitude)$/i

/** Clearbit looks up to some minutes. */
const LOOK_UPS = 5
const PAUSE_MS = '60000'

/** The rules of the proxy. With them each record that is refused has its own reason, and the others go in one request. */
const check = createCheck()

/** Each account under the field that is its id in Heap. */
function accountsOf(
  reader: Reader,
  idField: string,
  { step, proxy }: Pick<Run<unknown>, 'step' | 'proxy'>,
): Promise<string | undefined> {
  return copyPages({
    reader,
    step,
    idField,
    toRecord: (account_id, properties) => ({ account_id, properties }),
    send: (accounts) => heap.addAccountProperties({ ...proxy, check, accounts }),
  })
}

const sheetOf = (
  settings: Record<'GOOGLE_SERVICE_ACCOUNT' | 'SEARCHES_SPREADSHEET_ID' | 'SEARCHES_WORKSHEET', string>,
) => ({
  serviceAccount: settings.GOOGLE_SERVICE_ACCOUNT,
  spreadsheetId: settings.SEARCHES_SPREADSHEET_ID,
  worksheet: settings.SEARCHES_WORKSHEET,
})

export default defineConfig([
  // Each search that is submitted becomes a row of a Google Sheet.
  onEvent('Submit search form', {
    name: 'searches-to-sheet',
    needs: ['GOOGLE_SERVICE_ACCOUNT', 'SEARCHES_SPREADSHEET_ID', 'SEARCHES_WORKSHEET'],
    uses: ['GOOGLE_SHEETS_URL'],
    check: (settings) => googleSheets.append.check({ ...sheetOf(settings), baseUrl: settings.GOOGLE_SHEETS_URL }),
    async run({ id, at, input, settings, step, alone }) {
      const sheet = sheetOf(settings)
      const location = Object.entries(input.properties).filter(([name]) => LOCATION.test(name))
      const row = { run: id, time: input.properties.time ?? at.toISOString(), ...Object.fromEntries(location) }
      await step.do('append the row', () =>
        googleSheets.append({
          ...sheet,
          baseUrl: settings.GOOGLE_SHEETS_URL,
          unique: 'run',
          row,
          alone: (act) => alone(`sheet ${sheet.spreadsheetId} ${sheet.worksheet}`, act),
        }),
      )
    },
  }),

  // Survey answers become properties of users, with what Clearbit knows of them. At most some 1000 answers at once.
  onRun('lead-enrichment', {
    needs: ['CLEARBIT_API_KEY'],
    uses: ['CLEARBIT_URL', 'CLEARBIT_PAUSE_MS'],
    check({ CLEARBIT_API_KEY: apiKey, CLEARBIT_URL: baseUrl, CLEARBIT_PAUSE_MS: pause = PAUSE_MS }) {
      clearbit.combined.check({ apiKey, baseUrl })
      if (!/^\d{1,8}$/.test(pause)) {
        throw new OptionError('lead-enrichment', 'CLEARBIT_PAUSE_MS', 'must be a number of milliseconds')
      }
    },
    async run({ input, settings, step, proxy }) {
      const { CLEARBIT_API_KEY: apiKey, CLEARBIT_URL: baseUrl, CLEARBIT_PAUSE_MS: pause = PAUSE_MS } = settings
      const leads: { place: number; lead: Lead }[] = []
      let pending = 0
      for (const [index, answer] of input.entries()) {
        const email = emailOf(answer)
        if (email === undefined) continue
        let found: clearbit.Combined = { status: 'pending' }
        for (let times = 1; found.status === 'pending' && times <= LOOK_UPS; times++) {
          if (times > 1) await step.sleep(`answer ${index + 1}: Clearbit looks, ${times}`, Number(pause))
          found = await step.do(`answer ${index + 1}: look up, ${times}`, () =>
            clearbit.combined({ apiKey, baseUrl, email }).catch((error: unknown): clearbit.Combined => {
              // One address that it does not take is no reason to leave out the others.
              if (isActionError(error) && (error.status === 400 || error.status === 422)) return { status: 'unknown' }
              throw error
            }),
          )
        }
        if (found.status === 'pending') pending++
        const lead = mergeLead(answer, found)
        if (lead) leads.push({ place: index, lead })
      }
      const reserved = leads.flatMap(({ place }) => Object.keys(flatten(input[place])).filter(isReserved))
      const nameless = input.length - leads.length
      const tallies: Tally[] = [{ records: input.length, nameless, refused: 0, problems: [], reserved }]
      for (const [index, chunk] of heap.chunks(leads).entries()) {
        const refusals = await step.do(`send ${index + 1}`, async () => {
          const sent = await heap.addUserProperties({ ...proxy, check, users: chunk.map(({ lead }) => lead) })
          return refusalsOf(sent, (index) => `/${chunk[index]?.place}`)
        })
        tallies.push({ records: 0, nameless: 0, reserved: [], ...refusals })
      }
      const left = notSent('answers', 'an e-mail address', tallies)
      const late = pending > 0 ? `Sent without what Clearbit was still looking for: ${pending}.` : undefined
      return [left, late].filter(Boolean).join(' ')
    },
  }),

  // Users who opted out are handed over to be deleted, which takes hours: the deletion says when it is complete, not the run. With
  // SLACK_WEBHOOK_URL, one message names them then.
  onRun('delete-opted-out', {
    needs: ['HEAP_API_KEY'],
    async run({ input, step, proxy, deleteUsers }) {
      const read = readDeletion({ records: input }, String(proxy.appId))
      if (!read.ok) {
        const told = ({ pointer, detail }: Problem) => `${pointer.replace('/records', '')} ${detail}`
        throw new Error(read.problems.map(told).join('; '))
      }
      if (read.users.length > 0) await step.do('hand over to the deletions', () => deleteUsers(read.users))
    },
  }),

  // Accounts are kept as the CRM has them.
  every('0 3 * * *', {
    name: 'accounts-from-salesforce',
    needs: ['SALESFORCE_URL', 'SALESFORCE_ACCESS_TOKEN', 'SALESFORCE_SOQL'],
    uses: ['SALESFORCE_ACCOUNT_ID_FIELD'],
    check: (settings) => void salesforceOf(settings),
    run: ({ settings, ...run }) =>
      accountsOf(salesforceOf(settings), settings.SALESFORCE_ACCOUNT_ID_FIELD ?? 'Id', run),
  }),
  every('0 3 * * *', {
    name: 'accounts-from-pipedrive',
    needs: ['PIPEDRIVE_API_TOKEN'],
    uses: ['PIPEDRIVE_URL', 'PIPEDRIVE_ACCOUNT_ID_FIELD'],
    check: (settings) => void pipedriveOf(settings),
    run: ({ settings, ...run }) => accountsOf(pipedriveOf(settings), settings.PIPEDRIVE_ACCOUNT_ID_FIELD ?? 'id', run),
  }),
  every('0 3 * * *', {
    name: 'accounts-from-monday',
    needs: ['MONDAY_API_TOKEN', 'MONDAY_BOARD_ID'],
    uses: ['MONDAY_URL', 'MONDAY_ACCOUNT_ID_FIELD'],
    check: (settings) => void mondayOf(settings),
    run: ({ settings, ...run }) => accountsOf(mondayOf(settings), settings.MONDAY_ACCOUNT_ID_FIELD ?? 'id', run),
  }),

  // Users of a source with pages, `{ "records": [{ "identity": …, … }], "next": … }`, in chunks of what Heap takes.
  every('0 4 * * *', {
    name: 'users-from-source',
    needs: ['USERS_URL'],
    uses: ['USERS_TOKEN'],
    check: ({ USERS_URL: url, USERS_TOKEN: token }) => void jsonPages({ url, token }),
    run: ({ settings: { USERS_URL: url, USERS_TOKEN: token }, step, proxy }) =>
      copyPages({
        reader: jsonPages({ url, token }),
        step,
        idField: 'identity',
        isReserved,
        toRecord: (identity, properties) => ({ identity, properties }),
        send: (users) => heap.addUserProperties({ ...proxy, check, users }),
      }),
  }),
])

function salesforceOf(
  settings: Record<'SALESFORCE_URL' | 'SALESFORCE_ACCESS_TOKEN' | 'SALESFORCE_SOQL', string>,
): Reader {
  return crm.salesforce({
    instanceUrl: settings.SALESFORCE_URL,
    accessToken: settings.SALESFORCE_ACCESS_TOKEN,
    soql: settings.SALESFORCE_SOQL,
  })
}

function pipedriveOf(settings: { PIPEDRIVE_API_TOKEN: string; PIPEDRIVE_URL?: string }): Reader {
  return crm.pipedrive({ apiToken: settings.PIPEDRIVE_API_TOKEN, baseUrl: settings.PIPEDRIVE_URL })
}

function mondayOf(settings: { MONDAY_API_TOKEN: string; MONDAY_BOARD_ID: string; MONDAY_URL?: string }): Reader {
  return crm.monday({
    apiToken: settings.MONDAY_API_TOKEN,
    boardId: settings.MONDAY_BOARD_ID,
    baseUrl: settings.MONDAY_URL,
  })
}
