/** What an agent opens while he is on a call, or writes it up, is kept with that call: once each entry and version. */

import { post } from '../shared/api'
import { useLive } from '../shared/live'
import { tellProblem } from '../shared/notify'

interface Opened {
  kind: 'article' | 'answer'
  id: number
  version: number | null
}

const told = new Set<string>()

export function useKeepReading() {
  const { agent } = useLive()
  return async function keep({ kind, id, version }: Opened): Promise<void> {
    const linkedid = (agent.value?.call ?? agent.value?.wrap_up)?.linkedid
    if (!linkedid) return
    const key = `${linkedid} ${kind} ${id} ${version ?? ''}`
    if (told.has(key)) return
    told.add(key)
    await post(`/api/agent/calls/${encodeURIComponent(linkedid)}/knowledge`, { kind, id, ...(version === null ? {} : { version }) }).catch((wrong) => {
      told.delete(key)
      tellProblem(wrong)
    })
  }
}
