import { json, type Route } from '../route.ts'

/** Answers while the event loop turns; nothing that a restart could not mend makes it fail. */
export function healthLiveRoute(): Route {
  return {
    method: 'GET',
    path: '/health/live',
    summary: 'liveness: 200 while the process answers',
    isVital: true,
    handle: () => json(200, { status: 'alive' })
  }
}
