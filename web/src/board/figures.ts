/** What the board and the wall say of one snapshot: sums, order, alarms. Pure. */

import { secondsSince } from '../shared/format'
import type { AgentStateName, BoardAgent, BoardSnapshot } from '../shared/types'

export const WAIT_WARN_S = 60
export const WAIT_ALARM_S = 180

export interface Alarm {
  key: string
  kind: 'part' | 'wait' | 'no_agent'
  name: string
  text: string
  seconds: number
}

const [MANY_AGENTS, MANY_QUEUES] = [13, 6]

export function isLarge(board: Pick<BoardSnapshot, 'agents' | 'queues'> | null | undefined): boolean {
  if (!board) return false
  return Object.keys(board.agents).length >= MANY_AGENTS || Object.keys(board.queues).length >= MANY_QUEUES
}

const ORDER: AgentStateName[] = ['ringing', 'talking', 'wrap_up', 'available', 'paused', 'offline']

export function orderedAgents(agents: Record<string, BoardAgent>): { id: string; agent: BoardAgent }[] {
  return Object.entries(agents)
    .map(([id, agent]) => ({ id, agent }))
    .sort((a, b) => ORDER.indexOf(a.agent.state) - ORDER.indexOf(b.agent.state) || a.agent.since.localeCompare(b.agent.since))
}

export function countByState(agents: Record<string, BoardAgent>): Record<AgentStateName, number> {
  const counts = Object.fromEntries(ORDER.map((state) => [state, 0])) as Record<AgentStateName, number>
  for (const agent of Object.values(agents)) counts[agent.state]++
  return counts
}

export function totals(board: BoardSnapshot): { waiting: number; answeredInLevel: number; offered: number } {
  const queues = Object.values(board.queues)
  const sum = (pick: (queue: (typeof queues)[number]) => number): number => queues.reduce((total, queue) => total + pick(queue), 0)
  return { waiting: sum((one) => one.waiting), answeredInLevel: sum((one) => one.today.answered_in_level), offered: sum((one) => one.today.offered) }
}

export function alarms(board: BoardSnapshot, now: number): Alarm[] {
  const parts = Object.entries(board.parts)
    .filter(([, state]) => state !== 'ok')
    .map(([name, text]): Alarm => ({ key: `part-${name}`, kind: 'part', name, text, seconds: 0 }))
  const queues = Object.entries(board.queues).flatMap(([name, queue]): Alarm[] => {
    const seconds = queue.waiting > 0 ? secondsSince(queue.longest_since, now) : 0
    const found: Alarm[] = []
    if (seconds > WAIT_ALARM_S) found.push({ key: `wait-${name}`, kind: 'wait', name, text: '', seconds })
    if (queue.waiting > 0 && queue.available + queue.talking + queue.wrap_up === 0) found.push({ key: `agent-${name}`, kind: 'no_agent', name, text: '', seconds })
    return found
  })
  return [...parts, ...queues]
}
