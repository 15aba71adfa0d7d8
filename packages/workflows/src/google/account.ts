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
  checks.that(isRsaKey(key), 'serviceAccount.private_key', 'must be an RSA key, whole')
  return { email: client_email, key, keyId: private_key_id, tokenUrl: token_uri }
}

/**
 * How PKCS #8 begins inside of its SEQUENCE: version 0, and the algorithm rsaEncryption, which is 1.2.840.113549.1.1.1, with
 * NULL. RFC 5208, RFC 8017
 */
const RSA =
  '\u0002\u0001\u0000\u0030\u000d\u0006\u0009\u002a\u0086\u0048\u0086\u00f7\u000d\u0001\u0001\u0001\u0005\u0000'

/** Whether a PEM has an RSA key that is as long as it says. Only its use would show more, and that takes a promise. */
function isRsaKey(pem: string): boolean {
  let der: string
  try {
    der = atob(pem.replaceAll(/-----[A-Z ]+-----/g, ''))
  } catch {
    return false
  }
  // A SEQUENCE, with a length of two bytes, as it has for any RSA key of 512 bits or more.
  const length = der.charCodeAt(2) * 256 + der.charCodeAt(3)
  return der.startsWith('\u0030\u0082') && der.length === length + 4 && der.startsWith(RSA, 4)
}

function parse(action: string, text: string): ServiceAccount {
  try {
    return JSON.parse(text) as ServiceAccount
  } catch {
    throw new OptionError(action, 'serviceAccount', 'must be the JSON of the key file, whole')
  }
}
