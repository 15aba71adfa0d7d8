/**
 * Ctrl-C: the first one asks to stop, the second one stops.
 * @module
 */

export interface Interrupt {
  readonly happened: boolean
  /** Signals do again what they do by themselves. */
  off(): void
}

/** @param first what is done at the first one */
export function onInterrupt(first: () => void): Interrupt {
  let happened = false
  const listener = (signal: NodeJS.Signals) => {
    if (happened) {
      off()
      // Unlike an exit, this does not wait for a thread that waits for a file.
      process.kill(process.pid, signal)
      return
    }
    happened = true
    first()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, listener)
  const off = () => {
    for (const signal of signals) process.off(signal, listener)
  }
  return {
    get happened() {
      return happened
    },
    off,
  }
}
