/**
 * A Heap that takes everything at once, in a process of its own, and counts.
 * @module
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let counts = { requests: 0, bytes: 0 }
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (counts.bytes += chunk.length))
  request.on('end', () => {
    counts.requests++
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
// Asked what has come since it was asked before.
process.on('message', () => {
  process.send?.(counts)
  counts = { requests: 0, bytes: 0 }
})
process.on('disconnect', () => process.exit())
