import { Errors } from '@streambus/protocol'

/** Fences a client that knows another leader epoch (KIP-320). −1: the client does not check. Returns an error code. */
export function checkLeaderEpoch(asked: number, current: number): number {
  if (asked < 0 || asked === current) return Errors.NONE.code
  return asked < current ? Errors.FENCED_LEADER_EPOCH.code : Errors.UNKNOWN_LEADER_EPOCH.code
}
