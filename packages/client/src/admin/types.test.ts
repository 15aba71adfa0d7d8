import { expectTypeOf, it } from 'vitest'
import { createHeapAdmin, type DeletableUser, type DeletionRequest, type HeapAnswer, HeapError } from './index.ts'

it('takes a user by exactly one of its two names', () => {
  expectTypeOf<{ identity: string }>().toExtend<DeletableUser>()
  expectTypeOf<{ user_id: string }>().toExtend<DeletableUser>()
  expectTypeOf<{ user_id: number }>().toExtend<DeletableUser>()
  expectTypeOf<{ identity: string; user_id: string }>().not.toExtend<DeletableUser>()
  expectTypeOf<{ identity: number }>().not.toExtend<DeletableUser>()
  expectTypeOf<{ email: string }>().not.toExtend<DeletableUser>()
})

it('gives each call its result', () => {
  type Admin = ReturnType<typeof createHeapAdmin>
  expectTypeOf<Admin['deleteUsers']>().returns.resolves.toEqualTypeOf<DeletionRequest[]>()
  expectTypeOf<Admin['deletionStatus']>().returns.resolves.toEqualTypeOf<{
    deletion_request_id: string
    status: string
  }>()
  expectTypeOf<Admin['waitForDeletion']>().returns.resolves.toEqualTypeOf<void>()
  expectTypeOf<Admin['request']>().returns.resolves.toEqualTypeOf<HeapAnswer>()
  expectTypeOf<HeapError['submitted']>().toEqualTypeOf<DeletionRequest[] | undefined>()
  // A list that nobody may change is one, too.
  expectTypeOf<readonly DeletableUser[]>().toExtend<Parameters<Admin['deleteUsers']>[0]>()
})

it('needs a key', () => {
  expectTypeOf(createHeapAdmin).toBeCallableWith({ appId: 1, apiKey: 'key', endpoint: new URL('http://localhost') })
  // @ts-expect-error the key is missing
  expectTypeOf(createHeapAdmin).toBeCallableWith({ appId: 1 })
  // @ts-expect-error a stand-in does not know the environment
  expectTypeOf(createHeapAdmin).toBeCallableWith({ apiKey: 'key', endpoint: 'http://localhost' })
  // @ts-expect-error both regions have the same host
  expectTypeOf<Parameters<typeof createHeapAdmin>[0]['region']>().toBeAny()
})
