import { type Ledger, NOBODY } from './ledger.ts'

/**
 * Shares all slots among all members, for groups in which everybody may have everything. Loads differ by one at most,
 * and as many slots as that allows stay where they are. Topics are spread: a member gets some of each, not all of one.
 */
export function shareEqually(ledger: Ledger): void {
  const quotas = quotasOf(ledger)
  releaseSurplus(ledger, quotas)
  dealOut(ledger, quotas)
}

/** Those that have more than the smaller share get the larger ones first: each of them keeps one slot more. */
function quotasOf({ loads, slots }: Ledger): Int32Array {
  const smaller = Math.floor(slots / loads.length)
  let larger = slots % loads.length
  const quotas = new Int32Array(loads.length).fill(smaller)
  for (const wanting of [true, false]) {
    for (let member = 0; member < loads.length && larger > 0; member++) {
      if ((loads[member] as number) > smaller !== wanting) continue
      quotas[member] = smaller + 1
      larger--
    }
  }
  return quotas
}

/** Takes what is above the quota from the topics of which a member has most. */
function releaseSurplus(ledger: Ledger, quotas: Int32Array): void {
  /** By member: its slots, and which of its topic's each is. */
  const held = ledger.memberIds.map(() => [] as { slot: number; turn: number }[])
  for (const { first, end } of ledger.topics) {
    const turns = new Map<number, number>()
    for (let slot = first; slot < end; slot++) {
      const member = ledger.owner(slot)
      if (member === NOBODY || ledger.load(member) <= (quotas[member] as number)) continue
      const turn = turns.get(member) ?? 0
      turns.set(member, turn + 1)
      held[member]?.push({ slot, turn })
    }
  }
  for (const [member, slots] of held.entries()) {
    slots.sort((a, b) => a.turn - b.turn || a.slot - b.slot)
    for (const { slot } of slots.slice(quotas[member])) ledger.give(slot, NOBODY)
  }
}

function dealOut(ledger: Ledger, quotas: Int32Array): void {
  const lacks = (member: number) => ledger.load(member) < (quotas[member] as number)
  let open = ledger.memberIds.map((_, member) => member).filter(lacks)
  let next = 0
  for (let slot = 0; slot < ledger.slots; slot++) {
    if (ledger.owner(slot) !== NOBODY) continue
    if (next === open.length) {
      open = open.filter(lacks)
      next = 0
    }
    ledger.give(slot, open[next++] as number)
  }
}
