/** One ticking second for the whole page, so that a hundred timers cost one. */

import { computed, ref, type Ref } from 'vue'

import { serverNow } from './api'

const now = ref(serverNow())
setInterval(() => (now.value = serverNow()), 1000)

export function useNow(): Ref<number> {
  return now
}

const minute = computed(() => Math.floor(now.value / 60_000) * 60_000)

/** For days and times of day: a long list that says "today 14:05" is not drawn anew each second. */
export function useMinute(): Readonly<Ref<number>> {
  return minute
}
