/**
 * Heap's routes with a key: access token, deletion of users, status of a deletion.
 * @module
 */
import { PATHS, type Subject } from '@heap-edge/contract'
import { Hono } from 'hono'
import { answer, heapOf, jsonOf } from './answer.ts'
import { basicCredentials, bearer, isSame } from './credentials.ts'
import type { Env } from './env.ts'
import { MAIN_PRODUCTION } from './environments.ts'
import { reasonOf, requests } from './ingest.ts'
import { json, type Reply } from './reply.ts'

/** The routes. */
export const publicApi = new Hono<{ Bindings: Env }>()

publicApi.post(PATHS.authToken, async (c) => {
  const given = basicCredentials(c.req.header('Authorization'))
  const allowed = await isSame(given, `${MAIN_PRODUCTION}:${c.env.HEAP_API_KEY}`)
  return answer(await heapOf(c).authToken(allowed))
})

publicApi.post(PATHS.userDeletion, async (c) => {
  const users = usersOf(await jsonOf(c))
  const { origin } = new URL(c.req.url)
  return answer(await heapOf(c).userDeletion(bearer(c.req.header('Authorization')), users, origin))
})

publicApi.get(PATHS.deletionStatus, async (c) => {
  const id = c.req.param('deletion_request_id').slice(0, 100)
  return answer(await heapOf(c).deletionStatus(bearer(c.req.header('Authorization')), id))
})

function usersOf(body: { value: unknown } | undefined): Subject[] | Reply {
  const result = body && requests.userDeletion.validate(body.value)
  if (result?.ok) return result.value.users
  const message = result ? reasonOf(result.problems) : 'the body is not valid JSON'
  return json(400, { err: { message } }, message)
}
