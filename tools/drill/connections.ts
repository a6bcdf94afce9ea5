import net from 'node:net'
import { DrillError, pause, type Scenario, type Stage } from './scenario.ts'

/** More than ConnectionChurnHigh allows in a second, and more than HighNetworkErrors does. */
const CHURN_PER_SECOND = 70
const ERRORS_PER_SECOND = 20
/** What one process may hold without asking anybody for more descriptors. */
const HELD_MAX = 900
/** The length of a frame that nobody can want. */
const ABSURD_LENGTH = Buffer.from([0x7f, 0xff, 0xff, 0xff])

function open({ bootstrap }: Stage): net.Socket {
  const at = bootstrap.split(',')[0] ?? ''
  const colon = at.lastIndexOf(':')
  const socket = net.connect({ host: at.slice(0, colon), port: Number(at.slice(colon + 1)) })
  // Being refused or reset is what some of them are for.
  socket.on('error', () => {})
  return socket
}

/** Opens `perSecond` connections until the end; each does `use` once it is there and is closed afterwards. */
async function openSteadily(stage: Stage, perSecond: number, use: (socket: net.Socket) => void): Promise<void> {
  const { signal } = stage
  while (!signal.aborted) {
    const socket = open(stage)
    socket.once('connect', () => use(socket))
    socket.setTimeout(10_000, () => socket.destroy())
    await pause(1_000 / perSecond, signal)
  }
}

async function takeAll(stage: Stage): Promise<void> {
  const limit = await connectionLimit(stage)
  if (limit > HELD_MAX) {
    throw new DrillError(
      `the broker accepts ${limit} connections, this holds at most ${HELD_MAX}: start it with --set max.connections=200`
    )
  }
  const held = new Set<net.Socket>()
  stage.say(`takes all ${limit} connections, and asks for three more every second`)
  try {
    while (!stage.signal.aborted) {
      for (let missing = limit + 3 - held.size; missing > 0; missing--) {
        const socket = open(stage)
        held.add(socket)
        socket.once('close', () => held.delete(socket))
      }
      await pause(1_000, stage.signal)
    }
  } finally {
    for (const socket of held) socket.destroy()
  }
}

async function connectionLimit({ adminUrl }: Stage): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  const limits = [...text.matchAll(/^streambus_connections_limit\{.*\} (\S+)$/gm)].map(([, limit]) => Number(limit))
  if (limits.length === 0) throw new DrillError(`${adminUrl}/metrics has no streambus_connections_limit`)
  return Math.min(...limits)
}

export const connectionScenarios: readonly Scenario[] = [
  {
    name: 'network-errors',
    alerts: ['HighNetworkErrors'],
    does: `sends ${ERRORS_PER_SECOND} unreadable requests a second, each on a connection of its own`,
    needs: [],
    minutes: 12,
    run: stage => openSteadily(stage, ERRORS_PER_SECOND, socket => void socket.write(ABSURD_LENGTH))
  },
  {
    name: 'churn',
    alerts: ['ConnectionChurnHigh'],
    does: `opens and closes ${CHURN_PER_SECOND} connections a second`,
    needs: [],
    minutes: 17,
    run: stage => openSteadily(stage, CHURN_PER_SECOND, socket => void socket.end())
  },
  {
    name: 'connections',
    alerts: ['ConnectionsNearLimit', 'ConnectionsRejected'],
    does: 'takes every connection that the broker accepts, and asks for more',
    needs: [],
    minutes: 12,
    run: takeAll
  }
]
