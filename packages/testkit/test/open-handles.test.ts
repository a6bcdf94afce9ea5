import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { startBroker } from '../src/start-broker.ts'

// Alone in its file, so that what other tests leave behind for a moment is not counted here.

test('no socket, server or timer stays open', async () => {
  const before = openHandles()
  const broker = await startBroker()
  const [host = '', port = ''] = broker.bootstrap.split(':')
  const client = net.connect({ host, port: Number(port) })
  client.resume()
  client.on('error', () => undefined)
  await once(client, 'connect')
  expect(openHandles().length).toBeGreaterThan(before.length)
  await broker.stop()
  client.destroy()
  expect(await leftOpen(before)).toEqual([])
})

function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter(kind => /TCP|Timeout|Immediate|FS/.test(kind))
}

/**
 * What is open now and was not before. Closing takes the event loop a few turns; what is open after them stays open.
 */
async function leftOpen(before: readonly string[]): Promise<string[]> {
  let left: string[] = []
  for (let turn = 0; turn < 100; turn++) {
    await new Promise(resolve => setImmediate(resolve))
    left = openHandles()
    for (const kind of before) if (left.includes(kind)) left.splice(left.indexOf(kind), 1)
    if (left.length === 0) break
  }
  return left
}
