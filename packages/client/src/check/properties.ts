/**
 * Properties as a program has them, made flat as Heap takes them. The same rules as in the contract, without zod.
 * @module
 */
import type {
  Properties,
  PROPERTY_DEPTH,
  PROPERTY_KEY_LENGTH,
  PROPERTY_KEY_WARNING_LENGTH,
  PROPERTY_VALUE_LENGTH,
  PropertyValue,
} from '@heap-edge/contract'
import type { Context, Field } from './fields.ts'
import { asJson, isObject, pointerStep } from './json.ts'

/** Whose properties: on users, `id` and `user_id` clash with Heap's own, and `email` is built in. */
type Owner = 'event' | 'user' | 'account'

const mostLevels: typeof PROPERTY_DEPTH = 8
const nameLength: typeof PROPERTY_KEY_LENGTH = 1024
const nameLengthInSdks: typeof PROPERTY_KEY_WARNING_LENGTH = 512
const valueLength: typeof PROPERTY_VALUE_LENGTH = 1024

/** Cuts without splitting a grapheme; without splitting a surrogate pair where the runtime has no `Intl.Segmenter`. */
function cut(text: string): string {
  if (!globalThis.Intl?.Segmenter) return text.slice(0, valueLength).replace(/[\uD800-\uDBFF]$/, '')
  const start = new Intl.Segmenter().segment(text).containing(valueLength)?.index
  return text.slice(0, start || valueLength)
}

function scalar(input: unknown, at: string, { refuse, warn }: Context): string | number | undefined {
  const value = asJson(input)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string') {
    if (value.length <= valueLength) return value
    warn(`is longer than ${valueLength} characters and is cut there`, at)
    return cut(value)
  }
  if (value != null) refuse('must be a string, a finite number or a boolean', at)
}

function checkName(name: string, at: string, owner: Owner, { refuse, warn }: Context): void {
  if (name.length > nameLength) {
    refuse(`has a name of more than ${nameLength} characters`, at)
  } else if (name.length > nameLengthInSdks) {
    warn(`has a name of more than ${nameLengthInSdks} characters, which Heap's own SDKs drop`, at)
  }
  if (owner !== 'user') return
  const lower = name.toLowerCase()
  if (lower === 'id' || name === 'user_id') refuse(`"${name}" is reserved by Heap for users`, at)
  if (lower === 'email' && name !== 'email') {
    warn('only "email" in lower case is Heap\'s built-in Email; this makes a second property', at)
  }
}

/**
 * The field `properties`: nested objects become dotted names, booleans become strings, null goes, long values are cut. Dates,
 * and whatever else has a `toJSON`, are taken as JSON would take them.
 */
export function properties(owner: Owner): Field {
  return (input, context): Properties | undefined => {
    const flat: [string, PropertyValue][] = []

    function visit(value: unknown, name: string, at: string, level: number): void {
      if (isObject(value)) {
        if (level === mostLevels) return context.refuse(`is nested deeper than ${mostLevels} levels`, at)
        for (const [key, inner] of Object.entries(value)) {
          visit(asJson(inner), level === 0 ? key : `${name}.${key}`, at + pointerStep(key), level + 1)
        }
        return
      }
      const wire = Array.isArray(value)
        ? value
            .map((item, index) => scalar(item, at + pointerStep(index), context))
            .filter((item) => item !== undefined)
        : scalar(value, at, context)
      if (wire === undefined || !name.trim()) return
      checkName(name, at, owner, context)
      flat.push([name, wire])
    }

    if (isObject(input)) visit(input, '', '', 0)
    else context.refuse('must be an object')
    // Unlike an assignment, this makes "__proto__" a property like any other.
    return Object.fromEntries(flat)
  }
}
