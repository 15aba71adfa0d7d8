/**
 * Many small jobs in one transaction. A write per request costs a commit per request, and that is what is slow.
 * @module
 */

/**
 * Runs jobs in the order in which they came, those of the same moment together. Whoever waits for a job knows that it is
 * written: the Durable Object sends nothing out before the transaction of that moment is committed.
 */
export class Batch {
  #jobs: (() => void)[] = []
  readonly #afterAll: () => void

  /** @param afterAll runs at the end of each batch, in its transaction */
  constructor(afterAll: () => void) {
    this.#afterAll = afterAll
  }

  run<T>(job: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push(() => {
        try {
          resolve(job())
        } catch (error) {
          reject(error)
        }
      })
      if (this.#jobs.length === 1) setTimeout(() => this.drain(), 0)
    })
  }

  /** Runs what waits, now. */
  drain(): void {
    if (this.#jobs.length === 0) return
    const jobs = this.#jobs
    this.#jobs = []
    for (const job of jobs) job()
    this.#afterAll()
  }
}
