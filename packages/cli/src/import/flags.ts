/**
 * The flags by which a file is described: format, and which column is what.
 * @module
 */
import { readFileSync } from 'node:fs'
import type { ArgsDef } from 'citty'
import type { Given } from '../command.ts'
import { Failure } from '../failure.ts'
import { FIELDS, type Fields, type Mapping, parseMapping } from '../rows/mapping.ts'
import { type Format, formatOf, FORMATS } from '../rows/read.ts'
import { reasonOf } from '../settings.ts'
import { STDIN } from './files.ts'

const flagOf = (field: string) => `${field.replaceAll('_', '-')}-column`

/** The flags for records with these fields. */
export function mappingFlags(kind: keyof typeof FIELDS): ArgsDef {
  const fields = FIELDS[kind].map((field) => [
    flagOf(field),
    { type: 'string', valueHint: 'column', description: `The column with the ${field} (${field})` } as const,
  ])
  return {
    format: {
      type: 'string',
      valueHint: FORMATS.join('|'),
      description: 'What the file is, where its name does not say',
    },
    mapping: { type: 'string', valueHint: 'file', description: 'A JSON file that says which column is what' },
    ...Object.fromEntries(fields),
  }
}

/** The flags for records with properties. */
export const propertyFlags: ArgsDef = {
  map: { type: 'string', valueHint: 'column=property', description: 'Another name for a property, or none; repeat it' },
  number: { type: 'string', valueHint: 'column', description: 'A column of numbers, as CSV has text only; repeat it' },
}

/** @throws Failure where it is none that there is */
export function readFormat(given: Given, file: string): Format | undefined {
  const format = given.text('format')
  if (format === undefined) return file === STDIN ? undefined : formatOf(file)
  if ((FORMATS as readonly string[]).includes(format)) return format as Format
  throw new Failure(`--format must be ${FORMATS.join(', ')}.`)
}

/** The mapping of the file of `--mapping`, with that of the flags above it. */
export function readMapping(given: Given, kind: keyof typeof FIELDS): Mapping {
  const file = given.text('mapping')
  const mapping = file === undefined ? {} : parseMapping(readText(file), file)
  const fields = Object.fromEntries(
    (FIELDS[kind] as readonly Fields[]).flatMap((field) => {
      const column = given.text(flagOf(field))
      return column === undefined ? [] : [[field, column]]
    }),
  )
  const properties = Object.fromEntries(given.all('map').map(renaming))
  return {
    fields: { ...mapping.fields, ...fields },
    properties: { ...mapping.properties, ...properties },
    numbers: [...(mapping.numbers ?? []), ...given.all('number')],
    event: kind === 'events' ? (given.text('event') ?? mapping.event) : mapping.event,
  }
}

function renaming(text: string): [string, string | null] {
  const at = text.indexOf('=')
  if (at < 1) throw new Failure('--map must be column=property, or column= to leave a column out.')
  return [text.slice(0, at), text.slice(at + 1) || null]
}

/** @throws Failure where it cannot be read */
export function readText(file: string): string {
  try {
    // Without the mark with which Windows begins it.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}.`)
  }
}
