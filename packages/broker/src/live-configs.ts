import {
  type DescribedSetting,
  describeBroker,
  describeTopic,
  describeTopicDefaults,
  ownSettingsProblem
} from './config/describe.ts'
import type { DynamicLayers } from './config/dynamic.ts'
import type { Config } from './config/load.ts'
import type { MetadataImage } from './controller/image.ts'
import type { ConfigCatalogue } from './handlers/config-catalogue.ts'

/** Settings as the admin requests show and judge them: those of the start under those that the image has now. */
export function liveConfigs(options: { readonly config: Config; readonly image: MetadataImage }): ConfigCatalogue {
  const { config, image } = options
  const layers = (): DynamicLayers => ({
    broker: image.configsOf('broker', String(config.values['node.id'])),
    clusterDefault: image.configsOf('broker', '')
  })
  let described = layers()
  let defaults = describeTopicDefaults(config, described)
  // A change of dynamic settings replaces the maps of the image; until then all topics share one description.
  const topicDefaults = (): readonly DescribedSetting[] => {
    const now = layers()
    if (now.broker === described.broker && now.clusterDefault === described.clusterDefault) return defaults
    described = now
    defaults = describeTopicDefaults(config, now)
    return defaults
  }
  return {
    describeTopic: own => describeTopic(topicDefaults(), own),
    describeBroker: () => describeBroker(config, layers()),
    problem: ownSettingsProblem
  }
}
