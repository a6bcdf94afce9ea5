import { hold, stutter } from '../../../../tools/drill/process.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import { pause } from '../../../durability/gate.ts'
import { type Act, drillOn } from '../act.ts'

const RESTARTS = 4
/** Long enough to be scraped. */
const LIFE_MS = 1_500

export const processActs: readonly Act[] = [
  {
    name: 'a broker that does not answer',
    alerts: ['BrokerDown'],
    perform: async stage => hold(drillOn(await stage.startBroker(), stage))
  },
  {
    name: 'a broker that stands still for a moment',
    alerts: ['EventLoopBlocked/warning'],
    perform: async stage => stutter(drillOn(await stage.startBroker(), stage), 180, 700)
  },
  {
    name: 'a broker that stands still again and again',
    alerts: ['EventLoopBlocked/critical'],
    perform: async stage => stutter(drillOn(await stage.startBroker(), stage), 800, 700)
  },
  {
    name: 'a broker that starts again and again',
    alerts: ['BrokerFlapping'],
    async perform(stage) {
      const broker = await stage.startBroker()
      for (let count = 0; count < RESTARTS; count++) {
        await broker.terminate()
        await broker.start()
        await pause(LIFE_MS)
      }
      await untilAborted(stage.signal)
    }
  }
]
