/**
 * Heap's routes by which a customer connects a partner: the question, the tokens, and who the customer is.
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import { Hono } from 'hono'
import { answer, heapOf, isFromOtherSite, textOf } from '../answer.ts'
import { bearer } from '../credentials.ts'
import type { Env } from '../env.ts'
import { text } from '../reply.ts'
import { consent } from './consent.ts'
import { readClaim, readRequest, sentBack } from './requests.ts'

/** The routes. */
export const oauth = new Hono<{ Bindings: Env }>()

oauth.get(PATHS.partnerAuthorize, async (c) => {
  const request = readRequest(c.req.query(), c.env)
  const reply = 'status' in request ? request : await consent(request)
  return answer(await heapOf(c).refuse('GET', PATHS.partnerAuthorize, reply))
})

oauth.post(PATHS.partnerAuthorize, async (c) => {
  const heap = heapOf(c)
  const request = readRequest(c.req.query(), c.env)
  const decision = new URLSearchParams(await textOf(c)).get('decision')
  if (decision === 'allow' && !('status' in request) && !isFromOtherSite(c)) {
    return answer(await heap.partnerAllow(request))
  }
  const reply =
    'status' in request
      ? request
      : decision === 'deny'
        ? sentBack(request, { error: 'access_denied' }, 'the customer has denied it')
        : text(400, 'decision must be allow or deny, and not by a page of another site')
  return answer(await heap.refuse('POST', PATHS.partnerAuthorize, reply))
})

oauth.post(PATHS.partnerToken, async (c) => {
  const claim = await readClaim(await textOf(c), c.req.header('Content-Type') ?? '', c.env)
  return answer(await heapOf(c).partnerToken(claim))
})

oauth.get(PATHS.partnerMetadata, async (c) => {
  const id = c.req.param('id_token').slice(0, 100)
  return answer(await heapOf(c).partnerMetadata(bearer(c.req.header('Authorization')), id))
})
