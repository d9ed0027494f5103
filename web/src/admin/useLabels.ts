/** Names for ids that only have an id with them: asked once for each, many at a time, with the reader's own rights. What he may not see stays an id. */

import { reactive } from 'vue'

import { type Thing } from './meta'
import { listRows } from './rowApi'

const AT_ONCE = 50

export function useLabels() {
  const labels = reactive(new Map<string, string>())
  const asked = new Set<string>()
  const keyOf = (thing: Pick<Thing, 'name'>, id: unknown): string => `${thing.name} ${String(id)}`

  async function learn(thing: Thing, ids: unknown[]): Promise<void> {
    const fresh = [...new Set(ids.map(String))].filter((id) => id !== '' && !asked.has(keyOf(thing, id))).slice(0, AT_ONCE)
    if (fresh.length === 0 || !thing.served || !thing.allowed.includes('read')) return
    fresh.forEach((id) => asked.add(keyOf(thing, id)))
    const page = await listRows(thing, { ids: fresh.join(','), limit: AT_ONCE }).catch(() => null)
    for (const row of page?.items ?? []) labels.set(keyOf(thing, row.id), row._label)
  }

  return { learn, labelOf: (thing: Pick<Thing, 'name'>, id: unknown): string => labels.get(keyOf(thing, id)) ?? '' }
}
