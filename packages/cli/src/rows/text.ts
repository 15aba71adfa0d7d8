/**
 * From bytes to text: UTF-8, without the mark that some programs put in front of it.
 * @module
 */
import { StringDecoder } from 'node:string_decoder'
import { Failure } from '../failure.ts'

/** @throws Failure where it is UTF-16 */
export async function* decode(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let first = true
  for await (const block of bytes) {
    if (first && ((block[0] === 0xff && block[1] === 0xfe) || (block[0] === 0xfe && block[1] === 0xff))) {
      throw new Failure('The file is UTF-16: save it as UTF-8 and import it again.')
    }
    const text = decoder.write(block)
    if (text === '') continue
    yield first && text.startsWith('\uFEFF') ? text.slice(1) : text
    first = false
  }
  const rest = decoder.end()
  if (rest !== '') yield rest
}
