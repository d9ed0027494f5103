/** The agent's own state on screen: what the server says, and what was asked of it and is not yet done. */

import { computed, ref, watch } from 'vue'

import { post } from '../shared/api'
import { askForNotices, tellProblem } from '../shared/notify'
import { useLive } from '../shared/live'
import { checkMicrophone } from '../shared/softphone'
import type { AgentState } from '../shared/types'
import { answered, nextWish, NO_REQUEST, seen, type Request, type RequestState, type Wish } from './agentRequest'

const OFFLINE: AgentState = { state: 'offline', since: '' }
const pending = ref<RequestState>(NO_REQUEST)
const reasonAsked = ref(false)

export function useAgentState() {
  const { agent } = useLive()
  const state = computed<AgentState>(() => agent.value?.state ?? OFFLINE)
  watch(state, (now) => (pending.value = seen(pending.value, now)))

  async function ask(wish: Wish, reason = ''): Promise<void> {
    const request: Request = { wish, reason }
    pending.value = { kind: 'sent', request }
    reasonAsked.value = false
    askForNotices()
    if (wish === 'available') void checkMicrophone()
    try {
      const body = reason === '' ? { state: wish } : { state: wish, reason }
      const answer = await post<AgentState>('/api/agent/state', body)
      pending.value = seen(answered(request, answer ?? state.value), state.value)
    } catch (wrong) {
      pending.value = { kind: 'refused', detail: '' }
      tellProblem(wrong)
    }
  }

  function toggleReady(): void {
    if (nextWish(state.value) === 'available') void ask('available')
    else reasonAsked.value = true
  }

  return { state, pending, reasonAsked, ask, toggleReady }
}
