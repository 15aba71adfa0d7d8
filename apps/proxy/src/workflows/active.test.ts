import { generateKeyPairSync } from 'node:crypto'
import { OptionError } from '@heap-edge/workflows'
import shipped from '#heap.config'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../config.ts'
import { activeWorkflows } from './active.ts'
import { every, onEvent, onRun, type Workflow } from './define.ts'

const run = async () => {}

/** The names of those that run with these settings; or what is wrong with them. */
function read(workflows: readonly Workflow[], env: Record<string, unknown>): string[] {
  try {
    return [...readConfig({ HEAP_APP_ID: '123456789', ...env }, workflows).workflows.keys()]
  } catch (error) {
    return (error as ConfigError).problems
  }
}

it('a workflow runs exactly where all that it needs is set, and has its own settings and no others', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'D')
  const names = fc.uniqueArray(name)
  const env = fc.dictionary(name, fc.constantFrom<unknown>('', ' ', 'set', undefined, {}))
  fc.assert(
    fc.property(names, names, env, (needs, uses, env) => {
      const checked: object[] = []
      const workflow = onRun('w', { needs, uses, check: (settings) => checked.push(settings), run })
      const isSet = (setting: string) => typeof env[setting] === 'string' && env[setting] !== ''
      const missing = needs.filter((setting) => !isSet(setting))
      const { active, problems } = activeWorkflows([workflow], env)
      const isSilent = missing.length > 0 && missing.length === needs.length
      const expected = `The workflow w needs ${missing.join(' and ')} as well`
      expect(problems).toEqual(missing.length === 0 || isSilent ? [] : [expected])
      const own = Object.fromEntries([...needs, ...uses].filter(isSet).map((setting) => [setting, env[setting]]))
      expect([...active]).toEqual(missing.length > 0 ? [] : [['w', { workflow, settings: own }]])
      expect(checked).toEqual(missing.length > 0 ? [] : [own])
    }),
  )
})

it('everything that is wrong is told at once, with the names of settings and none of their values', () => {
  const workflows = [
    onRun('option', {
      needs: ['OPTION_URL', 'OPTION_NAME'],
      uses: ['OPTION_MORE', 'OPTION_LESS'],
      check: () => {
        throw new OptionError('slack', 'webhookUrl', 'must be an http(s) URL')
      },
      run,
    }),
    onRun('other', {
      needs: ['OTHER_KEY'],
      check: ({ OTHER_KEY }) => {
        throw new Error(`${OTHER_KEY} is no key`)
      },
      run,
    }),
    onRun('half', { needs: ['OPTION_URL', 'HALF_KEY', 'HALF_URL'], run }),
    onEvent('*', { name: 'right', needs: ['OPTION_URL'], run }),
    onEvent('*', { name: 'silent', needs: ['NOT_SET'], run }),
  ]
  const env = {
    HOOK_TOKEN: 's3cret',
    OPTION_URL: 's3cret',
    OPTION_NAME: 's3cret',
    OPTION_MORE: 's3cret',
    OTHER_KEY: 's3cret',
  }
  const found = read(workflows, env)
  expect(found).toEqual([
    'HOOK_TOKEN must have 8 to 200 characters, of which each may stand in a path',
    'The workflow option finds a mistake in OPTION_URL, OPTION_NAME, OPTION_MORE: slack: webhookUrl must be an http(s) URL',
    'The workflow other finds a mistake in OTHER_KEY: does not take them',
    'The workflow half needs HALF_KEY and HALF_URL as well',
  ])
  expect(() => readConfig(env, workflows)).toThrow(ConfigError)
})

describe('a workflow is refused, though it is silent,', () => {
  const needs = ['NOT_SET'] as const
  it.each(['', 'Upper', 'a_b', '-a', 'ä', 'a'.repeat(41)])('with the name %j', (name) => {
    expect(read([onRun(name, { needs, run })], {})).toEqual([
      `The workflow ${name} needs a name of lower case letters, digits and hyphens, at most 40`,
    ])
  })

  it('with the name of another', () => {
    const twice = [onRun('a', { needs, run }), onRun('b', { needs, run }), onEvent('*', { name: 'a', needs, run })]
    expect(read(twice, {})).toEqual(['The workflow a is there twice'])
  })

  it.each([
    ['0 3 * * *', true],
    [' */5  0-6,12 1 jan mon-fri ', true],
    ['0 0 29 2 *', true],
    ['', false],
    ['each night', false],
    ['@daily', false],
    ['0 3 * *', false],
    ['0 0 3 * * *', false],
    ['60 3 * * *', false],
    ['0 24 * * *', false],
    ['0 3 30 2 *', false],
    ['2026-01-01T03:00:00Z', false],
  ])('with the cron expression %j: %s', (cron, isTaken) => {
    const found = read([every(cron, { name: 'night', needs, run })], {})
    expect(found).toEqual(isTaken ? [] : ['The workflow night has a cron expression that is none'])
  })
})

describe('what is shipped', () => {
  const account = {
    client_email: 'a@b.example',
    private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }),
  }
  const right: Record<string, Record<string, string>> = {
    'searches-to-sheet': {
      GOOGLE_SERVICE_ACCOUNT: JSON.stringify(account),
      SEARCHES_SPREADSHEET_ID: '1AbC',
      SEARCHES_WORKSHEET: 'Searches',
    },
    'lead-enrichment': { CLEARBIT_API_KEY: 'sk_1' },
    'delete-opted-out': { HEAP_API_KEY: 'key' },
    'accounts-from-salesforce': {
      SALESFORCE_URL: 'https://my.salesforce.com',
      SALESFORCE_ACCESS_TOKEN: 'token',
      SALESFORCE_SOQL: 'SELECT Id FROM Account',
    },
    'accounts-from-pipedrive': { PIPEDRIVE_API_TOKEN: 'token' },
    'accounts-from-monday': { MONDAY_API_TOKEN: 'token', MONDAY_BOARD_ID: '12' },
    'users-from-source': { USERS_URL: 'https://crm.example.com/users' },
  }

  it('is silent without settings, and runs all of it with all of them', () => {
    expect(read(shipped, {})).toEqual([])
    expect(read(shipped, Object.assign({}, ...Object.values(right)) as object as Record<string, string>)).toEqual(
      Object.keys(right),
    )
  })

  it.each(Object.entries(right))('%s runs alone with its own settings, and misses each of them', (name, settings) => {
    expect(read(shipped, settings)).toEqual([name])
    for (const setting of Object.keys(settings)) {
      const found = read(shipped, { ...settings, [setting]: '' }).filter((line) => line.startsWith('The workflow'))
      expect(found).toEqual(Object.keys(settings).length === 1 ? [] : [`The workflow ${name} needs ${setting} as well`])
    }
  })

  it.each([
    ['searches-to-sheet', 'GOOGLE_SERVICE_ACCOUNT', '{"client_email":"s3cret"}'],
    ['searches-to-sheet', 'SEARCHES_SPREADSHEET_ID', '../s3cret'],
    ['searches-to-sheet', 'SEARCHES_WORKSHEET', ' '],
    ['searches-to-sheet', 'GOOGLE_SHEETS_URL', 's3cret'],
    ['lead-enrichment', 'CLEARBIT_API_KEY', 's3cret with blanks'],
    ['lead-enrichment', 'CLEARBIT_URL', 'ftp://s3cret'],
    ['lead-enrichment', 'CLEARBIT_PAUSE_MS', 's3cret'],
    ['accounts-from-salesforce', 'SALESFORCE_URL', 's3cret.salesforce.com'],
    ['accounts-from-salesforce', 'SALESFORCE_ACCESS_TOKEN', 's3cret\n'],
    ['accounts-from-salesforce', 'SALESFORCE_SOQL', 's3cret'.repeat(5000)],
    ['accounts-from-pipedrive', 'PIPEDRIVE_API_TOKEN', 's3cret\n'],
    ['accounts-from-pipedrive', 'PIPEDRIVE_URL', 's3cret'],
    ['accounts-from-monday', 'MONDAY_BOARD_ID', 's3cret'],
    ['accounts-from-monday', 'MONDAY_API_TOKEN', 's3cret\n'],
    ['accounts-from-monday', 'MONDAY_URL', 's3cret'],
    ['users-from-source', 'USERS_URL', 's3cret'],
    ['users-from-source', 'USERS_TOKEN', 's3cret\n'],
  ])('%s does not take a wrong %s', (name, setting, value) => {
    const found = read(shipped, { ...right[name], [setting]: value })
    expect(found).toEqual([
      expect.stringMatching(`^The workflow ${name} finds a mistake in .*\\b${setting}\\b.*: .* must `),
    ])
    expect(found.join()).not.toContain('s3cret')
  })
})
