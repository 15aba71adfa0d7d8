/**
 * Ctrl-C: the first one asks to stop, the second one stops.
 * @module
 */
import { EXIT } from '../failure.ts'

export interface Interrupt {
  readonly happened: boolean
  /** Signals do again what they do by themselves. */
  off(): void
}

/** @param first what is done at the first one */
export function onInterrupt(first: () => void): Interrupt {
  let happened = false
  const listener = () => {
    if (happened) process.exit(EXIT.interrupted)
    happened = true
    first()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, listener)
  return {
    get happened() {
      return happened
    },
    off: () => {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
