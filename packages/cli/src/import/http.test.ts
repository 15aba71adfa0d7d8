import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFetch } from './http.ts'

/** Answers nobody. */
const server = createServer(() => {})
let port = 0
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (url: string, signal?: AbortSignal) =>
  createFetch(() => {})(url, { method: 'POST', body: new Uint8Array(1), ...(signal && { signal }) })

it('says why nobody answered, in a line', async () => {
  await expect(ask(`http://127.0.0.1:${port}`, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(ask(`https://127.0.0.1:${port}`)).rejects.toThrow('there is no TLS at this port; it may be one for http')
  await expect(ask('http://localhost:65431')).rejects.toThrow('ECONNREFUSED')
})
