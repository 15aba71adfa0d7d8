/**
 * `npm run test:faults`: the fault test from the command line. Ends with 1 where anything is lost, doubled, out of order,
 * stale, or beyond Heap's limits.
 * @module
 */
import { parseArgs } from 'node:util'
import { runFaults } from './faults.ts'
import { problemsOf, tableOf } from './report.ts'

const HELP = `node test/faults/run.ts [options]

  --records     events and properties that are sent (20000; at most 100000)
  --identities  senders at once, each with identities of its own (200)
  --kills       how often the proxy is killed while they send (10)
  --error-rate  share of the requests to Heap that fail, 0 to 1 (0.3)
  --seed        the same one gives the same load and the same moments for the kills (1)
  --help`

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '20000' },
    identities: { type: 'string', default: '200' },
    kills: { type: 'string', default: '10' },
    'error-rate': { type: 'string', default: '0.3' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}

type NumberName = Exclude<keyof typeof values, 'help'>

function numberOf(name: NumberName, least: number, most: number, whole = true): number {
  const number = Number(values[name])
  if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number
  console.error(`--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`)
  process.exit(1)
}

// What is running is ended, and its files are removed, on `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const kills = numberOf('kills', 0, 1000)
const report = await runFaults({
  records: numberOf('records', 1, 100_000),
  identities: numberOf('identities', 1, 10_000),
  kills,
  errorRate: numberOf('error-rate', 0, 1, false),
  seed: numberOf('seed', 0, 2 ** 31),
  patienceMs: 300_000,
  onProgress: (line) => console.error(line),
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.table(tableOf(report))
const problems = problemsOf(report, kills)
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)
