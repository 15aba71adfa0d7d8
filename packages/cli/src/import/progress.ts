/**
 * How far an import is: a bar on a terminal, a line now and then elsewhere.
 * @module
 */
import { count, number } from '../output.ts'

/** Milliseconds between two looks. */
const ON_TERMINAL_MS = 100
const ELSEWHERE_MS = 5000

const BAR_WIDTH = 24

/** How far it is. */
export interface State {
  rows: number
  /** Bytes of the file; `size` is not known of standard input. */
  bytes: number
  size: number | undefined
  /** Since it began, and what was there then from a run before. */
  elapsedMs: number
  rowsBefore: number
  bytesBefore: number
  /** For how long a request still waits for Heap's limits. */
  waitsMs?: number
}

/** A shorter wait is not told. */
const LEAST_WAIT_MS = 1000

/** In words, after the bar. */
export function describe({ rows, bytes, size, elapsedMs, rowsBefore, bytesBefore, waitsMs = 0 }: State): string {
  const seconds = elapsedMs / 1000
  const rate = seconds > 0 ? (rows - rowsBefore) / seconds : 0
  const parts = [count(rows, 'row'), `${number(Math.round(rate))}/s`]
  const read = bytes - bytesBefore
  if (waitsMs >= LEAST_WAIT_MS) parts.push(`waits for Heap's limits, ${duration(waitsMs / 1000)}`)
  else if (size !== undefined && read > 0 && rows > rowsBefore) {
    parts.push(`${duration(Math.max(0, (size - bytes) / read) * seconds)} left`)
  }
  return parts.join(', ')
}

/** What stands behind the bar. */
const PERCENT_WIDTH = ' 100%  '.length

/**
 * The share of the file that is done.
 *
 * @param room columns that it may have; where they are few, the bar goes first, then the share
 */
export function bar({ bytes, size }: State, room: number = BAR_WIDTH + PERCENT_WIDTH): string {
  if (size === undefined || room < PERCENT_WIDTH) return ''
  const width = Math.min(BAR_WIDTH, room - PERCENT_WIDTH)
  const share = size === 0 ? 1 : Math.min(1, bytes / size)
  const full = Math.round(share * width)
  return `${'━'.repeat(full)}${'─'.repeat(width - full)} ${String(Math.floor(share * 100)).padStart(3)}%  `
}

/** `8 s`, `2 min 5 s`, `1 h 20 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/**
 * Shows it on standard error until it is told to stop.
 *
 * @param now how it stands
 * @param quiet where a program looks at the result: only a terminal is shown it then
 */
export function showProgress(now: () => State, quiet: boolean): () => void {
  const { stderr } = process
  if (quiet && !stderr.isTTY) return () => {}
  const clear = () => stderr.write('\r\u001B[K')
  const draw = () => {
    const state = now()
    if (!stderr.isTTY) return void stderr.write(`${describe(state)}\n`)
    // No longer than the terminal is wide: what breaks into a second line cannot be cleared.
    const words = describe(state)
    const columns = (stderr.columns || 80) - 1
    stderr.write(`\r\u001B[K${(bar(state, columns - words.length) + words).slice(0, columns)}`)
  }
  const timer = setInterval(draw, stderr.isTTY ? ON_TERMINAL_MS : ELSEWHERE_MS)
  return () => {
    clearInterval(timer)
    if (stderr.isTTY) clear()
  }
}

/** While a server is gone every request would tell it. In ms. */
const SELDOM_MS = 15_000

/** Lets one reason through in a while. */
export function seldom(note: (line: string) => void): (reason: string) => void {
  let last = -Infinity
  return (reason) => {
    if (performance.now() - last < SELDOM_MS) return
    last = performance.now()
    note(`Trying again: ${reason}`)
  }
}
