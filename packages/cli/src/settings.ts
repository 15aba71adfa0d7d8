/**
 * Where to write, and with which keys: from flags, else from the environment, else from a `.env` file.
 * @module
 */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { Failure } from './failure.ts'

/** The name of each setting as a flag and as a variable. */
const NAMES = {
  appId: ['app-id', 'HEAP_APP_ID'],
  apiKey: ['api-key', 'HEAP_API_KEY'],
  endpoint: ['endpoint', 'HEAP_ENDPOINT'],
  adminToken: ['admin-token', 'HEAP_ADMIN_TOKEN'],
  region: ['region', 'HEAP_REGION'],
  baseUrl: ['base-url', 'HEAP_BASE_URL'],
} as const

type Name = keyof typeof NAMES

/** The settings as they were given, not yet looked at. */
export type Settings = { readonly [N in Name]: string | undefined } & {
  /** Where each one that is set comes from, for people. */
  readonly from: { readonly [N in Name]?: string }
}

/** The flags that every command has. */
export const settingFlags = {
  'app-id': { type: 'string', valueHint: 'digits', description: 'The environment id; HEAP_APP_ID' },
  'api-key': { type: 'string', valueHint: 'key', description: "Heap's API key, for deletions; better HEAP_API_KEY" },
  endpoint: { type: 'string', valueHint: 'url', description: 'A heap-edge proxy to go through; HEAP_ENDPOINT' },
  'admin-token': { type: 'string', valueHint: 'token', description: "The proxy's token; better HEAP_ADMIN_TOKEN" },
  region: { type: 'string', valueHint: 'us|eu', description: "Heap's data centre; HEAP_REGION (us)" },
  'base-url': { type: 'string', valueHint: 'url', description: 'What stands in for Heap, as a sandbox; HEAP_BASE_URL' },
  // Not --env-file, which Node takes for itself wherever it stands.
  env: { type: 'string', valueHint: 'file', description: 'A file with HEAP_* variables (.env)' },
  json: { type: 'boolean', description: 'One JSON object on standard output' },
} as const

type Variables = Readonly<Record<string, string | undefined>>

/**
 * @param flags as they were parsed, by their names
 * @throws Failure where the file of `--env` cannot be read, or a `.env` that is there
 */
export function readSettings(flags: Readonly<Record<string, unknown>>, env: Variables = process.env): Settings {
  const named = flags.env as string | undefined
  const file = named ?? '.env'
  return settingsOf(flags, env, file, readVariables(file, named === undefined))
}

/** The same without a file. */
export function settingsWithoutFile(flags: Readonly<Record<string, unknown>>): Settings {
  return settingsOf(flags, process.env, '', {})
}

function readVariables(file: string, mayBeMissing: boolean): Variables {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}.`)
  }
  // As Windows writes it; text in UTF-8 has no zeros.
  if (bytes.includes(0)) throw new Failure(`${file} is not UTF-8, but perhaps UTF-16: save it as UTF-8.`)
  return parseEnv(new TextDecoder().decode(bytes))
}

function settingsOf(
  flags: Readonly<Record<string, unknown>>,
  env: Variables,
  file: string,
  inFile: Variables,
): Settings {
  const from: Partial<Record<Name, string>> = {}
  /** How near the place of each one is: 0 for a flag. */
  const rank: Partial<Record<Name, number>> = {}
  const found = Object.entries(NAMES).map(([name, [flag, variable]]) => {
    const places: [string, unknown][] = [
      [`--${flag}`, flags[flag]],
      [variable, env[variable]],
      [`${variable} in ${file}`, inFile[variable]],
    ]
    // A variable that is empty is one that is not set.
    const at = places.findIndex(([, value]) => typeof value === 'string' && value.trim() !== '')
    const place = places[at]
    if (place) [from[name as Name], rank[name as Name]] = [place[0], at]
    return [name, (place?.[1] as string | undefined)?.trim()]
  })
  const settings = Object.fromEntries(found) as Record<Name, string | undefined>
  // Both say where requests go: a flag for the one comes before a variable for the other.
  const { endpoint, baseUrl } = rank
  if (endpoint !== undefined && baseUrl !== undefined && endpoint !== baseUrl) {
    const other = endpoint < baseUrl ? 'baseUrl' : 'endpoint'
    settings[other] = undefined
    delete from[other]
  }
  return { ...settings, from }
}

/** @throws Failure where requests would have two places to go to, or a token that no request can carry */
export function checkSettings(settings: Settings): Settings {
  const { endpoint, baseUrl, adminToken = '', from } = settings
  if (/[^!-~]/.test(adminToken)) {
    throw new Failure(`${from.adminToken} must have ASCII characters only, and no blanks: no request could carry it.`)
  }
  if (endpoint === undefined || baseUrl === undefined) return settings
  throw new Failure(`${from.endpoint} and ${from.baseUrl} both say where to send: leave one of them out.`)
}

/** Why a file cannot be opened, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'you have no permission'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'ENOSPC') return 'the disk is full'
  return message
}
