/**
 * Lines that need no looking at: users and accounts whose text is a record in Heap's form already, by which a file of a million
 * of them is sent without a million objects. What is not plainly good is left to the check; that both say the same of what is
 * taken here, a property test sees to.
 * @module
 */
import { FIELDS, type Kind } from '../rows/mapping.ts'
import type { Ready } from '../rows/row.ts'

/** Printable ASCII without a quote and a backslash. */
const CHARACTER = String.raw`[ !#-[\]-~]`

/** No word that merges people has a digit or an @ in it; ids and addresses have. No blank stands at its ends. */
const ID = String.raw`"(?=[^"]*[\d@])(?! )(${CHARACTER}{1,255})(?<! )"`

/** Not a name that means something to Heap. */
const NAME = String.raw`"(?!(?:[iI][dD]|user_id|[eE][mM][aA][iI][lL])")(?! )${CHARACTER}{1,512}"`

/** What has an escape, or a character that invalid bytes may have become, is looked at. */
const TEXT = String.raw`"[^"\\\u0000-\u001f\ufffd]{0,1024}"`

/** So short that it is exact whoever reads it. */
const NUMBER = String.raw`-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?`

const PROPERTY = `${NAME}: ?(?:${TEXT}|${NUMBER})`

/** Events need a key and a time each; Heap takes so few of them in a minute that it does not matter. */
export function createReady(kind: Kind): Ready | undefined {
  if (kind === 'events') return
  const [field] = FIELDS[kind]
  const record = new RegExp(`^\\{"${field}": ?${ID}, ?"properties": ?\\{(?:${PROPERTY}(?:, ?${PROPERTY})*)?\\}\\}$`)
  return (text) => record.exec(text)?.[1]
}
