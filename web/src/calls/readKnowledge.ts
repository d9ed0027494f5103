/** Which entries of the knowledge base were opened in a call, each version once, in the order they were opened first. Pure. */

import type { CallEvent } from '../shared/types'

export interface Read {
  key: string
  kind: string
  id: number
  version: number
  title: string
  text: string
  agentId: number
  at: string
}

export function readIn(events: CallEvent[]): Read[] {
  const found = new Map<string, Read>()
  for (const { kind, at, data } of events) {
    if (kind !== 'knowledge_read') continue
    const key = `${data.entry}-${data.entry_id}-${data.version}`
    if (!found.has(key))
      found.set(key, { key, kind: String(data.entry), id: Number(data.entry_id), version: Number(data.version), title: String(data.title), text: String(data.text ?? ''), agentId: Number(data.agent_id), at })
  }
  return [...found.values()]
}
