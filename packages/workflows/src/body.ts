/**
 * The text of an answer, up to a size.
 * @module
 */

/**
 * Reads a body of at most so many bytes. Of a longer one it gives nothing, or the beginning; what is left is not waited for.
 */
export async function readBody(
  response: Response,
  mostBytes: number,
  longer: 'refuse' | 'cut',
): Promise<string | undefined> {
  if (!response.body) return ''
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const decoder = new TextDecoder()
  let text = ''
  let left = mostBytes
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value.subarray(0, left), { stream: true })
    left -= value.length
    if (left >= 0) continue
    reader.cancel().catch(() => {})
    return longer === 'cut' ? text : undefined
  }
}
