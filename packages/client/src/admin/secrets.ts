/**
 * Keeps secrets out of errors, whoever put them there: Heap that echoes a request, or a `fetch` that explains what it was given.
 * @module
 */

/** Takes the secrets out of a text. */
export type Hide = (text: string) => string

/**
 * @example
 * ```ts
 * hiding(['s3cret'])('no such key: s3cret') // 'no such key: ***'
 * ```
 */
export function hiding(secrets: string[]): Hide {
  return (text) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), text)
}

/** The same in the text of an answer, where JSON may have escaped a part of them. */
export function hideInBody(text: string, hide: Hide): string {
  try {
    const body: unknown = JSON.parse(text)
    return hide(JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? hide(value) : value)))
  } catch {
    return hide(text)
  }
}

/**
 * What `fetch` threw, told again: name, message, code and the causes of it. Not the error itself, since other clients hang the
 * whole request on it.
 */
export function hideInCause(cause: unknown, hide: Hide, depth = 0): unknown {
  if (!(cause instanceof Error)) return hide(String(cause))
  const { name, message, code } = cause as Error & { code?: unknown }
  const retold = new Error(hide(message)) as Error & { code?: string | number }
  retold.name = hide(name)
  if (typeof code === 'string') retold.code = hide(code)
  if (cause.cause !== undefined && depth < 5) retold.cause = hideInCause(cause.cause, hide, depth + 1)
  return retold
}
