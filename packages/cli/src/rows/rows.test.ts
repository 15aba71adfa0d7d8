import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Format, readRows, sniff } from './read.ts'
import type { Row } from './row.ts'

/** The rows of a text that comes in pieces of these sizes. */
async function read(text: string | Buffer, format?: Format, sizes = [7]): Promise<{ rows: Row[]; error?: string }> {
  const bytes = Buffer.from(text)
  async function* pieces() {
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length] as number
      yield bytes.subarray(at, (at += size))
    }
  }
  const rows: Row[] = []
  try {
    for await (const batch of readRows(pieces(), format, () => {})) rows.push(...batch)
  } catch (error) {
    return { rows, error: (error as Error).message }
  }
  return { rows }
}

const columns = (rows: Row[]) => rows.map((row) => ('columns' in row ? row.columns : row))
const object = fc.dictionary(
  fc.string(),
  fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('\uFFFD')),
)
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('JSON', () => {
  it('gives what JSON.parse gives, however the bytes come in and whatever blanks there are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(object), fc.nat({ max: 3 }), sizes, async (objects, space, sizes) => {
        const parsed = JSON.parse(JSON.stringify(objects)) as unknown[]
        expect(columns((await read(JSON.stringify(objects, undefined, space), 'json', sizes)).rows)).toEqual(parsed)
        const lines = objects.map((object) => JSON.stringify(object)).join('\r\n')
        expect(columns((await read(lines, 'ndjson', sizes)).rows)).toEqual(parsed)
      }),
      { numRuns: 300 },
    )
  })

  it('knows a broken element by its line, and goes on behind it', async () => {
    const text = '[\n{"a":1},\n{"a":},\n{"b":[1,"]"]}, 5,\n\n{"c":"\\u12"},{"d":4}\n]'
    expect((await read(text, 'json')).rows).toEqual([
      { line: 2, columns: { a: 1 } },
      { line: 3, problem: 'is not valid JSON' },
      { line: 4, columns: { b: [1, ']'] } },
      { line: 4, problem: 'is no JSON object' },
      { line: 6, problem: 'is not valid JSON' },
      { line: 6, columns: { d: 4 } },
    ])
    expect((await read('[{},,{},]', 'json')).rows).toEqual([
      { line: 1, columns: {} },
      { line: 1, problem: 'is missing between two commas' },
      { line: 1, columns: {} },
      { line: 1, problem: 'is missing between two commas' },
    ])
  })

  const ways: Record<string, (text: string, at: number) => string> = {
    'a closing brace too few': (text) => text.replace(/\}$/, ''),
    'an opening brace too few': (text) => text.replace('{', ''),
    'a quote too few': (text, at) => {
      const quotes = [...text.matchAll(/(?<!\\)(?:\\\\)*"/g)].map(({ index, 0: { length } }) => index + length - 1)
      const quote = quotes[at % quotes.length] as number
      return text.slice(0, quote) + text.slice(quote + 1)
    },
    'a bracket instead of a brace': (text) => text.replace(/\}$/, ']'),
    'a bracket too many': (text) => `${text}]`,
    'brackets too many': (text) => `${text}]}`,
    'no comma within': (text) => text.replace(/^\{/, '{"x":1 '),
    'more characters than a row has': (text) => text.replace(/\}$/, `,"x":"${'[{'.repeat(550_000)}"}`),
  }
  const filled = object.filter((columns) => Object.keys(columns).length > 0)

  it.each(Object.keys(ways))('loses no other element where one has %s', async (way) => {
    const long = way.startsWith('more')
    await fc.assert(
      fc.asyncProperty(
        fc.array(filled, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        fc.constantFrom(0, 2),
        fc.constantFrom('[\n', '['),
        sizes,
        async (objects, which, at, space, opening, sizes) => {
          const parsed = JSON.parse(JSON.stringify(objects)) as unknown[]
          const bad = which % objects.length
          const indent = opening === '[' ? '' : '  '
          const texts = objects.map((object, index) => {
            const text = JSON.stringify(object, undefined, space)
            const given = index === bad ? (ways[way] as (typeof ways)[string])(text, at) : text
            return indent + given.replaceAll('\n', `\n${indent}`)
          })
          const before = opening + texts.slice(0, bad).join(',\n') + (bad > 0 ? ',\n' : '')
          const line = before.split('\n').length
          const text = `${opening}${texts.join(',\n')}\n]`
          const { rows, error } = await read(text, 'json', long ? [65_536] : sizes)
          expect(error).toBeUndefined()
          const [good, refused] = [true, false].map((wanted) => rows.filter((row) => 'columns' in row === wanted))
          // A text of braces alone may look like an empty object.
          expect(columns(good as Row[]).filter((found) => Object.keys(found).length > 0)).toEqual(
            parsed.filter((_, index) => index !== bad),
          )
          const last = line + (texts[bad] as string).split('\n').length - 1
          expect(refused).not.toHaveLength(0)
          for (const row of refused as Row[]) {
            expect(row.line).toBeGreaterThanOrEqual(line)
            expect(row.line).toBeLessThanOrEqual(last)
          }
          if (long) expect(refused).toMatchObject([{ problem: expect.stringContaining('1000000') as string }])
        },
      ),
      { numRuns: long ? 5 : 150 },
    )
  })

  it('takes an element for one, however it is printed', async () => {
    const flat = '[\n{\n"a":\n[\n{\n"b":\n{\n}\n},\n{\n}\n]\n}\n,\n{\n}\n]'
    expect(columns((await read(flat, 'json')).rows)).toEqual(JSON.parse(flat))
    expect(columns((await read('[{"a":1}\n{"a":2}\n]', 'json')).rows)).toEqual([{ a: 1 }, { a: 2 }])
  })

  it.each([
    ['[{"a":1}', 'before the array does'],
    ['[{"a":1},{"b":', 'begins in line 1 is never closed'],
    ['[{"a":1}] x', 'behind the end of the array'],
    ['', 'is empty'],
    ['{"a":1}', 'something other than ['],
  ])('tells that %s is no array, after the rows that there are', async (text, error) => {
    const { rows, error: told } = await read(text, 'json')
    expect(told).toContain(error)
    expect(rows.length).toBe(text.startsWith('[') ? 1 : 0)
  })

  it('knows a broken line, and one that is too long, and keeps nothing of it', async () => {
    const long = `{"a":"${'x'.repeat(3_000_000)}"}`
    const { rows } = await read(`{"a":1}\n{"a"\n\n[]\n${long}\n{"b":2}`, 'ndjson', [65_536])
    expect(rows).toEqual([
      { line: 1, columns: { a: 1 } },
      { line: 2, problem: 'is not valid JSON' },
      { line: 4, problem: 'is no JSON object' },
      { line: 5, problem: 'has more than 1000000 characters' },
      { line: 6, columns: { b: 2 } },
    ])
  })
})

it('keeps the digits of numbers that a double would change', async () => {
  const text =
    '{"a":[1,{"b":-9007199254740993}],"c":"9007199254740993","d":9007199254740992,"e":0.12500000000000000000}'
  expect((await read(`[${text}]`)).rows).toEqual([
    {
      line: 1,
      columns: {
        a: [1, { b: -9_007_199_254_740_993n }],
        c: '9007199254740993',
        d: 9_007_199_254_740_992,
        e: 0.125,
      },
    },
  ])
  expect((await read(`{"a":9007199254740993x}`)).rows).toEqual([{ line: 1, problem: 'is not valid JSON' }])
})

describe('CSV', () => {
  it('reads quotes, line breaks, other delimiters and the mark of a spreadsheet, and knows each line', async () => {
    const text = '\uFEFFidentity;plan;\r\n"a ""b"";\r\nc";pro;\r\n\r\nd;;x\r\ne;pro\r\nf;"x"y;\r\ng;pro;\r\n'
    expect((await read(text, 'csv')).rows).toEqual([
      { line: 2, columns: { identity: 'a "b";\r\nc', plan: 'pro' } },
      { line: 5, columns: { identity: 'd' } },
      { line: 6, problem: 'has 2 columns where the header has 3' },
      { line: 7, columns: { identity: 'f', plan: '"x"y' } },
      { line: 8, columns: { identity: 'g', plan: 'pro' } },
    ])
  })

  it.each([[[1000]], [[1]], [[3, 7]]])(
    'takes no line of a cell for a row where blanks stand behind its quote: %j',
    async (sizes) => {
      const text = 'id,note\na,"hello\nvictim,gone"  \nb,"x\ny" ,\nc,ok\n'
      const { rows } = await read(text, 'csv', sizes)
      const problem = 'has blanks behind a closing quote'
      expect(rows).toEqual([
        { line: 2, problem },
        { line: 4, problem },
        { line: 6, columns: { id: 'c', note: 'ok' } },
      ])
    },
  )

  const unclosed = (line: number) => ({ line, problem: 'has a quote that is not closed' })

  it.each([
    ['is never', 'identity,plan\na,1\nb,"2\nc,3\n'],
    ['is by the one that opens the next cell', 'identity,plan\n"a",1\n"b,2\n"c",3\n'],
    ['is by one far behind', 'identity,plan\r\na,1\r\nb,"2\r\nc,3\r\n\r\nd,4\r\ne,"5"x'],
  ])('leaves out only the line of a quote that %s closed', async (_, text) => {
    const { rows, error } = await read(text, 'csv')
    expect(error).toBeUndefined()
    expect(rows.slice(0, 3)).toEqual([
      { line: 2, columns: { identity: 'a', plan: '1' } },
      unclosed(3),
      { line: 4, columns: { identity: 'c', plan: '3' } },
    ])
    expect(columns(rows.slice(3))).toEqual(
      text.includes('"5"')
        ? [
            { identity: 'd', plan: '4' },
            { identity: 'e', plan: '"5"x' },
          ]
        : [],
    )
  })

  it('leaves out a row that is too long, by its line', async () => {
    const long = 'x'.repeat(1_500_000)
    const { rows } = await read(`identity,plan\na,${long}\nb,"${long}\nc,3\n`, 'csv', [65_536])
    const problem = 'has more than 1000000 characters; is a quote not closed?'
    expect(rows).toEqual([
      { line: 2, problem },
      { line: 3, problem },
      { line: 4, columns: { identity: 'c', plan: '3' } },
    ])
  })

  it('gives all cells as they were written, however the bytes come in', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'é') })
    const table = fc.array(fc.tuple(cell, cell), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(table, sizes, fc.constantFrom('\n', '\r\n', '\r'), async (cells, sizes, end) => {
        const quoted = cells.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
        // The first line break says which they are.
        const text = ['a,b', ...quoted].join(end)
        fc.pre(end !== '\r' || !text.includes('\n'))
        const { rows, error } = await read(text, 'csv', sizes)
        expect(error).toBeUndefined()
        expect(columns(rows)).toEqual(cells.map(([a, b]) => ({ ...(a !== '' && { a }), ...(b !== '' && { b }) })))
      }),
    )
  })

  it('gives rows of a text that is read, not more', async () => {
    const wide = `a,b\n${`${'x'.repeat(30_000)},y\n`.repeat(20)}`
    async function* blocks() {
      for (let at = 0; at < wide.length; at += 65_536) yield Buffer.from(wide.slice(at, at + 65_536))
    }
    for await (const rows of readRows(blocks(), 'csv', () => {})) expect(rows.length).toBeLessThan(4)
  })

  it('takes a column whatever its name is', async () => {
    const { rows } = await read('identity,__proto__,constructor\na,x,y\n', 'csv')
    expect(Object.entries((rows[0] as { columns: object }).columns)).toEqual([
      ['identity', 'a'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('refuses a header that names a column twice', async () => {
    expect((await read('a,b,a\n1,2,3', 'csv')).error).toContain('"a" twice')
    expect((await read('', 'csv')).error).toContain('is empty')
  })
})

it('refuses what is not UTF-8, by its line or as a whole', async () => {
  const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe9]), Buffer.from('"}\n{"b":"é"}')])
  expect((await read(broken)).rows).toEqual([
    { line: 1, problem: 'is not valid UTF-8' },
    { line: 2, columns: { b: 'é' } },
  ])
  expect((await read(Buffer.from('\uFEFFidentity', 'utf16le'))).error).toContain('UTF-16')
})

it('sees what a text is', () => {
  expect(['[{', ' \n{"a"', 'identity,plan', ''].map(sniff)).toEqual(['json', 'ndjson', 'csv', 'csv'])
})
