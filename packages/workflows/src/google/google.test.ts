import fc from 'fast-check'
import { expect, it } from 'vitest'
import { columnName, MOST_COLUMNS, rangeOf } from './a1.ts'
import { type Cell, toCell, toText } from './cells.ts'
import { layOut, LayoutError, type Row } from './columns.ts'

it('names columns as a sheet does', () => {
  expect([0, 25, 26, 51, 52, 701, 702, MOST_COLUMNS - 1].map(columnName)).toEqual('A Z AA AZ BA ZZ AAA ZZZ'.split(' '))
})

it('quotes every name, so that it can be no cell and no end of the quotes', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      const [, quoted] = /^'((?:[^']|'')+)'!A1$/s.exec(rangeOf(name, 'A1')) ?? []
      expect(quoted?.replaceAll("''", "'")).toBe(name)
    }),
  )
})

/** What Google Sheets makes of a text that is typed: a formula, or another text. */
const typed = (cell: Cell) => {
  if (typeof cell !== 'string') return { value: cell }
  if (cell.startsWith("'")) return { text: cell.slice(1) }
  return /^[\s\p{Cc}]*[=+@＝＋－＠]/u.test(cell) || /^[\s\p{Cc}]*-(?!\d)/u.test(cell)
    ? { formula: cell }
    : { text: cell }
}

it('makes no formula of any text, and loses none of it', () => {
  const beginning = fc.constantFrom(
    '',
    '=',
    '+',
    '-',
    '@',
    "'",
    ' =',
    '\t=',
    '\r\n+',
    '＝',
    '－1',
    '-1',
    '-A1',
    '+1',
    '\u0000=',
  )
  fc.assert(
    fc.property(beginning, fc.string(), (start, rest) => {
      expect(typed(toCell(start + rest) as Cell)).toEqual({ text: start + rest })
      expect(typed(toText(start + rest))).toEqual({ text: start + rest })
    }),
  )
})

it('lets numbers, dates and booleans be what they are', () => {
  expect([7, -7.5, true, null, undefined, new Date(0)].map(toCell)).toEqual([
    7,
    -7.5,
    true,
    '',
    '',
    '1970-01-01 00:00:00',
  ])
  expect(['-7', '-7.5', '-1,234.5', '-1e-3', '-5%', '48', '2026-01-31'].map(toCell)).toEqual([
    '-7',
    '-7.5',
    '-1,234.5',
    '-1e-3',
    '-5%',
    '48',
    '2026-01-31',
  ])
  expect(['-1-1', '-1+A1', '+41 79', '-(1)'].map(toCell)).toEqual(["'-1-1", "'-1+A1", "'+41 79", "'-(1)"])
  expect([['=1', 2], []].map(toCell)).toEqual(["'=1, 2", ''])
  const none = [Number.NaN, Infinity, new Date(Number.NaN), {}, [{}], 'x'.repeat(50_001), 7n, Symbol('s')]
  expect(none.map(toCell)).toEqual(none.map(() => undefined))
})

it('writes digits as text where a number would be another one', () => {
  const other = ['02138', '007', '00', '-01', ' 02138', '02138\n', '1234567890123456', '-9007199254740993']
  expect(other.map(toCell)).toEqual(other.map((digits) => `'${digits}`))
  expect(toCell(['02138'])).toBe("'02138")
  const same = ['0', '-0', '10', '123456789012345', '0.5', '-0.25', '46.9480900001', '2026', '02:15', '02/01/2026']
  expect(same.map(toCell)).toEqual(same)
  expect([0, 2138, 1_234_567_890_123_456].map(toCell)).toEqual([0, 2138, 1_234_567_890_123_456])
})

const name = fc.stringMatching(/^[a-c]{1,2}$/)
const value = fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[a-z]{0,3}$/))
const rows = fc.array(fc.dictionary(name, value, { noNullPrototype: true }), { maxLength: 5 })

it('puts each value under its name, and moves no column', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), rows, (before, rows: Row[]) => {
      const { header, added, cells } = layOut(before, rows)
      expect(header.slice(0, before.length)).toEqual(before)
      expect(header).toHaveLength(before.length + added)
      for (const [index, row] of rows.entries()) {
        const line = cells[index] ?? []
        expect(line).toHaveLength(header.length)
        for (const [place, header_] of header.entries()) {
          const first = header.indexOf(header_) === place
          expect(line[place]).toEqual(first && Object.hasOwn(row, header_) ? row[header_] : '')
        }
      }
      // Another time there is nothing new.
      expect(layOut(header, rows)).toEqual({ header, added: 0, cells })
    }),
  )
})

it('finds a header with blanks around it', () => {
  expect(layOut([' city '], [{ city: 'Bern' }])).toMatchObject({ added: 0, cells: [['Bern']] })
})

it('takes names that a program might not for names', () => {
  const row = JSON.parse('{"__proto__":"a","constructor":"b"}') as Row
  expect(layOut([], [row])).toMatchObject({ header: ['__proto__', 'constructor'], cells: [['a', 'b']] })
})

it('says where something is wrong, and not what', () => {
  expect(() => layOut(['a', ' ', 'c'], [])).toThrow(new LayoutError('the header of column B is empty: give it a name'))
  expect(() => layOut([], [{ ' ': 1 }])).toThrow('a value has no name')
  expect(() => layOut([], [{ a: 1 }, { a: { s3cret: 1 } }])).toThrow(
    /^row 1: each value must be a text of at most 50000/,
  )
})
