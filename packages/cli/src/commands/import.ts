/**
 * `heap-edge import users|accounts|events FILE`
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { type CommandDef, defineCommand } from 'citty'
import { command, type Given } from '../command.ts'
import { asFailure, EXIT, type ExitCode, type Failure, keyHint } from '../failure.ts'
import { sendSettingsOf, targetOf } from '../heap.ts'
import { type Content, contentOf } from '../import/content.ts'
import { type Files, filesOf, STDIN } from '../import/files.ts'
import { finish, NO_ROW } from '../import/finish.ts'
import { mappingFlags, propertyFlags, readFormat, readMapping } from '../import/flags.ts'
import { createFetch } from '../import/http.ts'
import { beginning, type Journal, noJournal, openJournal } from '../import/journal.ts'
import { doneSpans, type End, type Head } from '../import/journal-state.ts'
import { lockJournal } from '../import/lock.ts'
import { Pace } from '../import/pace.ts'
import { Poster } from '../import/post.ts'
import { ROUTES } from '../import/prepare.ts'
import { seldom, showProgress } from '../import/progress.ts'
import { readChunks, type ReadInput } from '../import/read.ts'
import { RefusedReport } from '../import/report.ts'
import { run } from '../import/run.ts'
import { onInterrupt } from '../import/interrupt.ts'
import { Totals } from '../import/totals.ts'
import { type Kind, KINDS, Mapper } from '../rows/mapping.ts'

/** The three of them. */
export const importCommand: CommandDef = defineCommand({
  meta: { name: 'import', description: 'Send a file of users, accounts or events to Heap' },
  subCommands: { __proto__: null, ...Object.fromEntries(KINDS.map((kind) => [kind, importOf(kind)])) } as never,
})

function importOf(kind: Kind): CommandDef {
  return command(
    { name: `import ${kind}`, description: `Send a file of ${kind} to Heap: CSV, a JSON array or NDJSON` },
    {
      file: { type: 'positional', description: 'The file, or - for standard input', required: true },
      ...mappingFlags(kind),
      ...propertyFlags,
      ...(kind === 'events' && {
        event: {
          type: 'string',
          valueHint: 'name',
          description: 'The event that all rows are, where no column says it',
        },
      }),
      'dry-run': { type: 'boolean', description: 'Look at every row, and send nothing' },
      resume: { type: 'boolean', description: 'Go on with an import that did not come to its end' },
      journal: { type: 'string', valueHint: 'file', description: 'What was sent (FILE.heap-edge-journal)' },
      report: { type: 'string', valueHint: 'file', description: 'Refused rows (FILE.heap-edge-refused.ndjson)' },
      concurrency: { type: 'string', valueHint: 'number', description: 'Requests at once (4)' },
      'retry-for': { type: 'string', valueHint: 'seconds', description: 'How long a request is tried again (120)' },
    },
    (given) => runImport(kind, given),
  )
}

async function runImport(kind: Kind, given: Given): Promise<ExitCode> {
  // By its name it would be a file, with a journal beside it.
  const name = given.text('file')?.replace(/^\/dev\/stdin$/, STDIN) ?? STDIN
  const dryRun = given.on('dry-run')
  const files = filesOf(name, { journal: given.text('journal'), report: given.text('report'), dryRun })
  const format = readFormat(given, name)
  const mapping = readMapping(given, kind)
  // A field that there is not is told before the file is read.
  void new Mapper(kind, mapping)
  const what = { file: files.file, size: files.size, format, kind, mapping }
  if (dryRun) return look(what, files, given)
  const unlock = files.journal === undefined ? () => {} : lockJournal(files.journal)
  try {
    return await send(what, files, given)
  } finally {
    unlock()
  }
}

type What = Pick<ReadInput, 'file' | 'size' | 'format' | 'kind' | 'mapping'>

/** A dry run. */
async function look(what: What, files: Files, { output }: Given): Promise<ExitCode> {
  const report = new RefusedReport(files.report)
  await report.clear()
  const totals = new Totals()
  const stop = new AbortController()
  const origin = { id: 'dry-run', startedAt: new Date().toISOString() }
  const stopProgress = showProgress(() => totals.state(files.size), output.json)
  let failure: Failure | undefined
  try {
    for await (const chunk of readChunks({ ...what, appId: '', origin }, stop.signal, output.note)) {
      await report.add(chunk.refused)
      await report.add(chunk.warned, 'warning')
      totals.add(chunk, { ...totals.none, refused: chunk.refused.length }, false)
    }
  } catch (error) {
    // What was found before is told as well, where there is any.
    if (totals.rows === 0) throw error
    failure = asFailure(error)
  } finally {
    stopProgress()
  }
  const { rows, warnings } = totals
  const { refused } = totals.counts
  const exitCode = failure?.exitCode ?? (refused === 0 ? EXIT.ok : EXIT.input)
  const reported = totals.reported(files.report)
  output.result(
    {
      dryRun: true,
      rows,
      good: rows - refused,
      refused,
      warnings,
      complete: failure === undefined,
      exitCode,
      ...(reported !== undefined && { report: files.report }),
      ...(failure && { error: failure.message }),
    },
    totals.dry(),
  )
  if (!failure && rows === 0) output.note(NO_ROW)
  for (const line of totals.notes()) output.note(line)
  if (reported !== undefined) output.note(reported)
  if (failure) output.note(failure.message)
  return exitCode
}

async function send(what: What, files: Files, given: Given): Promise<ExitCode> {
  const { kind } = what
  const { output, settings } = given
  const retryFor = given.number('retry-for', 0) ?? 120
  const concurrency = given.wholeNumber('concurrency', 1) ?? 4
  /** Whether anything may have arrived. */
  let reached = false
  const sendSettings = sendSettingsOf(settings, {
    giveUpAfter: retryFor * 1000,
    timeout: TIMEOUT_MS,
    fetch: createFetch(() => (reached = true)),
  })
  const { path, list } = ROUTES[kind]
  const url = sendSettings.base + path

  const wanted: Head = {
    journal: 1,
    id: randomUUID(),
    kind,
    to: createHash('sha256').update(`${url} ${sendSettings.appId}`).digest('base64url'),
    startedAt: new Date().toISOString(),
  }
  let { head, before } = await beginning(files.journal, wanted, given.on('resume'))
  if (before?.end && (await isAnother(files, before.end))) {
    const then = new Date(before.end.at).toISOString()
    output.note(`${files.file} is another file than the one that was imported to its end at ${then}: this begins anew.`)
    ;[head, before] = [wanted, undefined]
  }
  const totals = new Totals()
  if (before?.ended) {
    for (const done of before.done.values()) {
      const { sent, queued, suppressed, refused } = done
      totals.add(
        { rows: sent + queued + suppressed, refused: { length: refused }, bytesRead: 0, padded: 0, warned: [] },
        done,
        true,
      )
    }
    output.note('This import is complete already; nothing was sent. Without --resume all of it is sent again.')
    return finish({ totals, failure: undefined, interrupted: false, files, output })
  }
  const report = new RefusedReport(files.report)
  await (before ? report.keep(doneSpans(before)) : report.clear())

  const pace = new Pace(kind)
  const stop = new AbortController()
  const over = new AbortController()
  const journal: Journal = files.journal ? await openJournal(files.journal, head, before) : noJournal
  const interrupt = onInterrupt(() => {
    output.note('Stopping: requests under way are finished. Once more stops at once.')
    stop.abort()
  })
  if (!files.journal) output.note('Without --journal this import cannot go on where it stopped; give one to be safe.')
  const stopProgress = showProgress(() => totals.state(files.size), output.json)
  let failure: Error | undefined
  try {
    failure = await run({
      chunks: readChunks({ ...what, appId: sendSettings.appId, origin: head }, stop.signal, output.note),
      poster: new Poster({
        url,
        list,
        settings: sendSettings,
        pace,
        stop: stop.signal,
        keyHint: keyHint(targetOf(settings).proxy),
        onRetry: seldom(output.note),
        onWait: (ms) => (totals.waitsUntilMs = totals.elapsedMs + ms),
      }),
      pace,
      journal,
      before,
      report,
      concurrency,
      stop,
      now: Date.now,
      content: heldBy(files, over.signal),
      onDone: (chunk, counts, before) => totals.add(chunk, counts, before),
    })
  } finally {
    stopProgress()
    interrupt.off()
    over.abort()
    await journal.close()
  }
  const interrupted = interrupt.happened
  // One with the keys of a journal before it stays: what they were sent with may have arrived elsewhere.
  if (files.journal && !before && head === wanted && !reached && (failure || interrupted)) {
    await rm(files.journal, { force: true })
    return finish({ totals, failure, interrupted, files: { ...files, journal: undefined }, output, unsent: true })
  }
  return finish({ totals, failure, interrupted, files, output })
}

/** What is to be read; nothing where it is no file, of which nobody knows before it is read. */
async function heldBy({ file, size }: Files, stop?: AbortSignal): Promise<Content | undefined> {
  return file === undefined || size === undefined ? undefined : contentOf(file, size, stop)
}

/** Whether a file is another one than it was; of what is none nobody knows. */
async function isAnother(files: Files, { bytes, sha256 }: End): Promise<boolean> {
  if (files.size === undefined) return false
  if (files.size !== bytes) return true
  const content = await heldBy(files)
  return content !== undefined && content.sha256 !== sha256
}

/** How long an attempt may take: a proxy has to ask for each identity of a thousand rows. In ms. */
const TIMEOUT_MS = 60_000
