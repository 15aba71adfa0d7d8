/**
 * NDJSON: a JSON object in each line.
 * @module
 */
import { jsonRow, type Ready, type Row, ROW_CHARACTERS, type Rows } from './row.ts'

/**
 * Rows of NDJSON. Blank lines are none.
 *
 * @param ready knows good records by their text
 */
export async function* lineRows(texts: AsyncIterable<string>, ready: Ready = () => undefined): Rows {
  let rest = ''
  let line = 1
  /** Within a line that is too long, of which nothing is kept. */
  let skipping = false
  for await (const text of texts) {
    const rows: Row[] = []
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const whole = rest === '' ? text.slice(from, end) : rest + text.slice(from, end)
      if (!skipping) push(rows, whole, line, ready)
      skipping = false
      rest = ''
      from = end + 1
      line++
    }
    if (!skipping) rest += text.slice(from)
    if (rest.length > ROW_CHARACTERS) {
      rows.push({ line, problem: `has more than ${ROW_CHARACTERS} characters` })
      skipping = true
      rest = ''
    }
    if (rows.length > 0) yield rows
  }
  const last: Row[] = []
  push(last, rest, line, ready)
  if (last.length > 0) yield last
}

function push(rows: Row[], text: string, line: number, ready: Ready): void {
  const owner = ready(text)
  if (owner !== undefined) return void rows.push({ line, ready: text, owner })
  if (text.length > ROW_CHARACTERS) rows.push({ line, problem: `has more than ${ROW_CHARACTERS} characters` })
  else if (text.trim() !== '') rows.push(jsonRow(text, line))
}
