import { expect, it } from 'vitest'
import { conform } from './schema.ts'

it('takes the long form of a path too', async () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: () => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 0] }, { message: 'at all' }] }),
    },
  }
  await expect(conform('E', schema, {})).rejects.toMatchObject({
    problems: [
      { pointer: '/properties/a/0', detail: 'no' },
      { pointer: '/properties', detail: 'at all' },
    ],
  })
})
