import { assert } from '@streambus/base'
import { type ApiSchema, type Input, WireReader, WireWriter } from '@streambus/protocol'
import { ownSettingsProblem } from '../../src/config/describe.ts'
import { type Config, loadConfig } from '../../src/config/load.ts'
import type { Handler, RequestContext } from '../../src/handlers/handler.ts'
import { liveConfigs } from '../../src/live-configs.ts'
import { openController, wish } from '../controller/harness.ts'

/** A controller with real settings and the topic `t` of two partitions, for handlers that need no data. */
export async function openAdmin(flags: Record<string, string> = {}) {
  const config: Config = await loadConfig({ flags: { 'node.id': '1', ...flags } })
  const { controller, log } = await openController({ configProblem: configs => ownSettingsProblem('topic', configs) })
  await controller.createTopics([wish('t', { configs: new Map([['retention.ms', '5']]) })], { validateOnly: false })
  return { controller, log, config, image: controller.image, configs: liveConfigs({ config, image: controller.image }) }
}

/** Sends `body` through the handler as a client would see it: both messages pass their codecs at `version`. */
export async function call<Req, Res>(handler: Handler<Req, Res>, version: number, body: Input<Req>): Promise<Res> {
  const { api } = handler
  assert(version >= api.versions.min && version <= api.versions.max, 'only advertised versions are asked for')
  const request = recode(api, 'request', version, body) as Req
  const answer = await handler.handle(request, contextOf(version))
  assert(typeof answer !== 'symbol', 'admin requests are answered')
  return recode(api, 'response', version, answer) as Res
}

function recode<Req, Res>(
  api: ApiSchema<Req, Res>,
  part: 'request' | 'response',
  version: number,
  body: unknown
): Req | Res {
  const codec = api[part]
  const writer = new WireWriter()
  codec.encode(writer, body as never, version)
  return codec.decode(new WireReader(Buffer.concat(writer.chunks())), version)
}

function contextOf(apiVersion: number): RequestContext {
  return {
    apiVersion,
    clientId: 'test',
    clientHost: '10.0.0.9',
    advertised: { host: 'me', port: 1234 },
    waitResult: null,
    identify() {},
    unpark() {},
    afterWrite() {}
  }
}

/** Every advertised version of a handler. */
export function versionsOf({ api }: { readonly api: ApiSchema<never, never> }): number[] {
  const { min, max } = api.versions
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}
