/**
 * A process that runs one Worker. Started by `worker-process.ts` only.
 * @module
 */
import { startWorkers, type WorkerInput } from '../../scripts/workers.ts'

const { storage, ...input } = JSON.parse(process.argv[2] ?? '') as WorkerInput & { storage?: string }

// Whoever has started this is gone; nobody would end it any more.
process.on('disconnect', () => process.exit())

const { urls } = await startWorkers([{ ...input, withoutAssets: true }], storage)
process.send?.(urls[input.app])
