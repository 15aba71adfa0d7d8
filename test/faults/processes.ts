/**
 * The two processes of a run, with the settings of the Workers in them.
 * @module
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { settings } from '../../scripts/settings.ts'
import { WorkerProcess } from './worker-process.ts'

const { proxy, sandbox } = settings({ proxy: 0, sandbox: 0, playground: 0 })

type OnEnd = (error: Error) => void

/** @param folder where everything is that it writes */
export function sandboxProcess(folder: string, onEnd: OnEnd): WorkerProcess {
  return new WorkerProcess({
    app: 'sandbox',
    bindings: sandbox,
    temporary: temporaryIn(folder),
    expected: 'cut by a fault, as asked',
    onEnd,
  })
}

/**
 * @param folder where everything is that it writes
 * @param more settings beside and above those of a run
 * @param heapConfig which workflows run, where it is not those that are shipped
 */
export function proxyProcess(
  folder: string,
  heapUrl: string,
  onEnd: OnEnd,
  more: Record<string, string> = {},
  heapConfig?: string,
): WorkerProcess {
  return new WorkerProcess({
    app: 'proxy',
    bindings: {
      ...proxy,
      HEAP_APP_ID: '123456789',
      HEAP_EXTRA_APP_IDS: '987654321',
      HEAP_BASE_URL: heapUrl,
      HEAP_TIMEOUT_MS: '2000',
      OUTBOX_SHARDS: '4',
      ...more,
    },
    ...(heapConfig !== undefined && { heapConfig }),
    storage: join(folder, 'storage'),
    temporary: temporaryIn(folder),
    // As an alarm does that a kill has cut.
    expected: 'SQLite alarm overdue',
    onEnd,
  })
}

function temporaryIn(folder: string): string {
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary, { recursive: true })
  return temporary
}
