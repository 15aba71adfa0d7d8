import { expect, it } from 'vitest'
import type { Head } from './journal-state.ts'
import { openJournal } from './journal.ts'

const head: Head = { journal: 1, id: 'id', kind: 'users', to: 'x', startedAt: '2026-11-25T00:00:00.000Z' }

it.skipIf(process.platform !== 'linux')('says which file has no room', async () => {
  const journal = await openJournal('/dev/full', head)
  await expect(journal.end()).rejects.toThrow('/dev/full cannot be written: the disk is full')
  await journal.close()
})
