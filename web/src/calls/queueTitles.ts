/** Titles of the queues, learned from the live topics, so that a record's queue name is shown as people say it. */

import { computed } from 'vue'

import { titled } from '../shared/i18n'
import { useLive } from '../shared/live'

const { agent, board } = useLive()
const known = computed(() => ({ ...(agent.value?.queues ?? {}), ...(board.value?.queues ?? {}) }))

export function queueTitle(name: string | null | undefined): string {
  return name ? titled(known.value[name]) || name : ''
}

/** The same text as long as the queues are called the same: what long lists watch instead of the live figures. */
export const queueNames = computed(() => knownQueues().map(({ name, title }) => `${name} ${title}`).join())

export function knownQueues(): { name: string; title: string }[] {
  return Object.entries(known.value).map(([name, queue]) => ({ name, title: titled(queue) }))
}
