/**
 * A short fault test; the long one is `npm run test:faults`.
 */
import { expect, it } from 'vitest'
import { runFaults } from './faults.ts'
import { problemsOf } from './report.ts'

// Windows has no process groups that could be killed at once.
it.skipIf(process.platform === 'win32')(
  'loses, doubles and reorders nothing while the proxy is killed and Heap fails',
  async () => {
    const kills = 3
    const report = await runFaults({
      records: 2000,
      identities: 40,
      kills,
      seed: 1,
      errorRate: 0.3,
      patienceMs: 60_000,
    })
    expect({ report, problems: problemsOf(report, kills) }).toEqual({ report, problems: [] })
    expect(report).toMatchObject({ accepted: 2000, held: report.acceptedEvents, kills })
    expect(report.faults).toBeGreaterThan(0)
  },
  300_000,
)
