import { expect, expectTypeOf, it } from 'vitest'
import * as define from './define.ts'
import { defineConfig, every, onDeletion, onEvent, onRun, onSegment } from './define.ts'

const run = async () => {}

it('gives each workflow what triggers it', () => {
  const workflows = defineConfig([
    onEvent('Signup', {
      name: 'a',
      run: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.EventInput>(),
    }),
    onSegment('Buyers', {
      name: 'b',
      added: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.SegmentInput>(),
      drained: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.SegmentInput>(),
    }),
    onSegment('*', { name: 'none' }),
    onRun('c', { run: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.RunInput>() }),
    every('0 3 * * *', {
      name: 'd',
      run: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.ScheduleInput>(),
    }),
    onDeletion('complete', {
      name: 'e',
      run: async ({ input }) => void expectTypeOf(input).toEqualTypeOf<define.DeletionInput>(),
    }),
  ])
  expect(workflows.map(({ name, trigger }) => [name, trigger])).toEqual([
    ['a', { kind: 'event', event: 'Signup' }],
    ['b-added', { kind: 'segment', segment: 'Buyers', change: 'added' }],
    ['b-drained', { kind: 'segment', segment: 'Buyers', change: 'drained' }],
    ['c', { kind: 'run' }],
    ['d', { kind: 'schedule', cron: '0 3 * * *' }],
    ['e', { kind: 'deletion', event: 'complete' }],
  ])
})

it('gives a workflow the settings that it asks for, and steps', () => {
  const options = { needs: ['NEEDED', 'ALSO_NEEDED'], uses: ['USED'] } as const
  const { needs, uses } = onRun('a', {
    ...options,
    check(settings) {
      expectTypeOf(settings.NEEDED).toEqualTypeOf<string>()
      expectTypeOf(settings.USED).toEqualTypeOf<string | undefined>()
      // @ts-expect-error it asks for it nowhere
      void settings.OTHER
    },
    async run({ settings, step }) {
      expectTypeOf(settings.ALSO_NEEDED).toEqualTypeOf<string>()
      expectTypeOf(settings.USED).toEqualTypeOf<string | undefined>()
      // @ts-expect-error it asks for it nowhere
      void settings.OTHER
      expectTypeOf(await step.do('a', async () => 5)).toEqualTypeOf<number>()
      // @ts-expect-error nobody could wait for it
      await step.do('b', () => 5)
      // @ts-expect-error it has no name
      await step.do(async () => 5)
      // @ts-expect-error a pause has a name as well
      await step.sleep(5000)
    },
  })
  expect({ needs, uses }).toEqual(options)
  onSegment('*', {
    ...options,
    name: 'b',
    async removed({ settings }) {
      expectTypeOf(settings.NEEDED).toEqualTypeOf<string>()
      // @ts-expect-error it asks for it nowhere
      void settings.OTHER
    },
  })
  // @ts-expect-error it asks for none
  onEvent('*', { name: 'c', run: async ({ settings }) => void settings.NEEDED })
})

it('does not take what would do nothing', () => {
  // @ts-expect-error run is missing
  onEvent('Signup', { name: 'a' })
  // @ts-expect-error run is missing
  onRun('a', {})
  // @ts-expect-error run is missing
  every('0 3 * * *', { name: 'a' })
  // @ts-expect-error name is missing
  onEvent('Signup', { run })
  // @ts-expect-error its name stands before
  onRun('a', { name: 'b', run })
  // @ts-expect-error run waits for nothing
  onRun('a', { run: () => {} })
  // @ts-expect-error there is no such end
  onDeletion('completed', { name: 'a', run })
  // @ts-expect-error `pending` is no end
  onDeletion('pending', { name: 'a', run })
  // @ts-expect-error a segment has added, removed and drained
  onSegment('*', { name: 'a', run })
  // @ts-expect-error there is no such change
  onSegment('*', { name: 'a', entered: run })
  // @ts-expect-error it is no list of users
  onSegment('*', { name: 'a', added: async ({ input }) => void input.properties })
  // @ts-expect-error it is no function
  onSegment('*', { name: 'a', added: true })
  // @ts-expect-error it is made by none of these
  defineConfig([{ name: 'a', run }])
  expect(defineConfig([])).toEqual([])
})
