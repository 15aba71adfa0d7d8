/**
 * What all stand-ins are made of: a server on a free port that keeps what it was asked, and fails when it is told to.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export interface Seen {
  method: string
  path: string
  query: URLSearchParams
  headers: Headers
  text: string
  at: number
}

/** An answer: a string is sent as text, anything else as JSON. */
export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** A service that runs in this process. */
export interface StandIn {
  /** Its origin. */
  url: string
  /** All requests, those that it was made to fail as well. */
  requests: Seen[]
  /** Answers the next requests so, without doing what they ask for. Status 0 hangs up. */
  failNext(times: number, status: number, headers?: Record<string, string>, body?: unknown): void
  /** Answers so many requests as usual, before those that {@link failNext} is told of afterwards. */
  passNext(times: number): void
  /** Does what the next requests ask for, and hangs up without an answer. */
  loseNext(times: number): void
  /** Leaves the next requests without an answer, and does nothing of what they ask for. */
  hangNext(times: number): void
  close(): Promise<void>
}

const MOST_BYTES = 10_000_000

/**
 * @param answer what the service does; a {@link Reply} that is thrown is an answer, too
 * @param now milliseconds since 1970
 */
export async function standIn(
  answer: (seen: Seen) => Reply | Promise<Reply>,
  now: () => number = Date.now,
): Promise<StandIn> {
  const requests: Seen[] = []
  const failures: (Reply | undefined)[] = []
  let toLose = 0
  let toHang = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stand-in')
    const seen: Seen = {
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: new Headers(request.headers as Record<string, string>),
      text: await bodyOf(request),
      at: now(),
    }
    requests.push(seen)
    if (toHang > 0) {
      toHang--
      return
    }
    const failure = failures.shift()
    const reply = failure ?? (await Promise.resolve(seen).then(answer).catch(thrown))
    if (reply.status === 0 || (!failure && toLose > 0)) {
      if (!failure) toLose--
      request.socket.destroy()
      return
    }
    send(response, reply)
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failNext(times, status, headers = {}, body = '') {
      for (let n = 0; n < times; n++) failures.push({ status, headers, body })
    },
    passNext(times) {
      for (let n = 0; n < times; n++) failures.push(undefined)
    },
    loseNext(times) {
      toLose += times
    },
    hangNext(times) {
      toHang += times
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What a request says as JSON; the reply is thrown where it is none. */
export function jsonOf(seen: Seen, orElse: Reply): Record<string, unknown> {
  const type = seen.headers.get('content-type') ?? ''
  try {
    const body: unknown = JSON.parse(seen.text)
    if (/^application\/json\b/.test(type) && typeof body === 'object' && body !== null) {
      return body as Record<string, unknown>
    }
  } catch {
    // It is none.
  }
  throw Object.assign(new Error('a reply'), orElse)
}

/** Lets a reply end the handling of a request. */
export function stop(reply: Reply): never {
  throw Object.assign(new Error('a reply'), reply)
}

/** Tells whether one more request fits: at most `limit` in any `windowMs`. */
export function rollingLimit(limit: number, windowMs: number): (at: number) => boolean {
  let times: number[] = []
  return (at) => {
    times = times.filter((time) => time > at - windowMs)
    return times.length < limit && times.push(at) > 0
  }
}

function thrown(error: unknown): Reply {
  if (typeof (error as Partial<Reply>).status === 'number') return error as Reply
  return { status: 500, body: String((error as Error).stack) }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= MOST_BYTES) parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function send(response: ServerResponse, { status, body = '', headers = {} }: Reply): void {
  const text = typeof body === 'string'
  response.writeHead(status, { 'Content-Type': text ? 'text/plain' : 'application/json', ...headers })
  response.end(text ? body : JSON.stringify(body))
}
