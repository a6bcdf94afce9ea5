import { BOARDS, type BoardUid } from './board.ts'
import type { DashboardLink, Link } from './grafana/model.ts'

/** Time range and choice of brokers go along. */
const KEPT = '${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}'

/** From a panel to where its subject has a dashboard of its own. */
export function to(uid: BoardUid, variables = ''): readonly Link[] {
  const more = variables === '' ? '' : `&${variables}`
  return [{ title: BOARDS[uid], url: `/d/${uid}?${KEPT}${more}`, targetBlank: false }]
}

/** At the top of each dashboard: a link for each of the others, without the product's name, which all of them have. */
export function navigation(from: BoardUid): readonly DashboardLink[] {
  const others = Object.entries(BOARDS).filter(([uid]) => uid !== from)
  return others.map(([uid, title]) => ({
    title: title.replace('StreamBus ', ''),
    type: 'link',
    icon: 'dashboard',
    tooltip: title,
    url: `/d/${uid}`,
    tags: [],
    asDropdown: false,
    includeVars: true,
    keepTime: true,
    targetBlank: false
  }))
}
