import { type AdminResponse, failure } from './route.ts'

/** Elements on a page, and how many it has when nobody asks for fewer. */
export const PAGE_LIMIT_MAX = 1_000

/** `?limit=` as a number; the refusal when it is none from 1 to PAGE_LIMIT_MAX. */
export function pageLimit(query: URLSearchParams): number | AdminResponse {
  const text = query.get('limit')
  if (text === null) return PAGE_LIMIT_MAX
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= PAGE_LIMIT_MAX) return limit
  return failure(400, 'invalid_limit', `limit must be a whole number from 1 to ${PAGE_LIMIT_MAX}`)
}
