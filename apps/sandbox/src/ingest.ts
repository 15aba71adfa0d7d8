/**
 * Heap's four ingestion routes. Where Heap says nothing about a mistake, neither does this; the reason is in the list of
 * requests.
 * @module
 */
import { defineRequests, isObject, PATHS, type Problem, type RequestContract } from '@heap-edge/contract'
import { Hono } from 'hono'
import type { IngestPath, IngestRequest } from './accept.ts'
import { answer, heapOf, jsonOf } from './answer.ts'
import type { Env } from './env.ts'
import { json, type Reply, text } from './reply.ts'

/** The requests as Heap takes them: it merges whom it is told to merge, and knows flat properties and `users` only. */
export const requests = defineRequests({ refuseMergingIdentities: false, nested: 'refuse', userPropertiesKey: false })

/** The routes. */
export const ingest = new Hono<{ Bindings: Env }>()

for (const contract of [requests.track, requests.addUserProperties, requests.addAccountProperties, requests.identify]) {
  const path = contract.path as IngestPath
  ingest.post(path, async (c) => {
    const request = read(contract, await jsonOf(c))
    const heap = heapOf(c)
    return answer(await ('status' in request ? heap.refuse('POST', path, request) : heap.ingest(path, request)))
  })
}

/** The request, or how it is refused: as a whole, when one record of many is wrong. */
function read(contract: RequestContract<IngestRequest>, body: { value: unknown } | undefined): IngestRequest | Reply {
  if (!body) return refusal(contract.path, 'the body is not valid JSON')
  const { value } = body
  if (isObject(value) && value.account_id !== undefined && value.accounts !== undefined) {
    return refusal(contract.path, 'the body has account_id and accounts; one of them must go')
  }
  const result = contract.validate(value)
  return result.ok ? result.value : refusal(contract.path, reasonOf(result.problems))
}

/** 400. Only the route for accounts explains itself. */
function refusal(path: string, reason: string): Reply {
  return path === PATHS.addAccountProperties ? text(400, reason, reason) : json(400, {}, reason)
}

/** The first problems as a sentence. */
export function reasonOf(problems: readonly Problem[]): string {
  return problems
    .slice(0, 5)
    .map(({ pointer, detail }) => `${pointer.slice(0, 200) || 'the body'} ${detail}`)
    .join('; ')
}
