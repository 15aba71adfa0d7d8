/**
 * A Google service account, as its key file has it.
 * @module
 */
import { OptionError } from '../errors.ts'
import { checksOf } from '../options.ts'

/** What is used of the key file that Google Cloud gives once, as JSON. The spreadsheet must be shared with `client_email`. */
export interface ServiceAccount {
  client_email: string
  /** PKCS #8 in PEM; line ends may be written as `\n`, as they are in the file and often in a setting. */
  private_key: string
  private_key_id?: string | undefined
  /** Default `https://oauth2.googleapis.com/token`. */
  token_uri?: string | undefined
}

/** The account, complete and valid. */
export interface Account {
  email: string
  key: string
  keyId: string | undefined
  tokenUrl: string
}

/**
 * @param given the account, or the key file's text
 * @throws OptionError that names what is wrong of it
 */
export function readAccount(action: string, given: ServiceAccount | string): Account {
  const checks = checksOf(action)
  const account = typeof given === 'string' ? parse(action, given) : given
  checks.that(
    typeof account === 'object' && account !== null,
    'serviceAccount',
    'must be the key file of a service account',
  )
  const { client_email, private_key, private_key_id, token_uri = 'https://oauth2.googleapis.com/token' } = account
  checks.text('serviceAccount.client_email', client_email)
  checks.url('serviceAccount.token_uri', token_uri)
  checks.text('serviceAccount.private_key', private_key, 10_000)
  const key = private_key.replaceAll('\\n', '\n').trim()
  const pem = /^-----BEGIN PRIVATE KEY-----\s[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----$/
  checks.that(pem.test(key), 'serviceAccount.private_key', 'must be a PEM that begins with -----BEGIN PRIVATE KEY-----')
  return { email: client_email, key, keyId: private_key_id, tokenUrl: token_uri }
}

function parse(action: string, text: string): ServiceAccount {
  try {
    return JSON.parse(text) as ServiceAccount
  } catch {
    throw new OptionError(action, 'serviceAccount', 'must be the JSON of the key file, whole')
  }
}
