/** One ticking second for the whole page, so that a hundred timers cost one. */

import { ref, type Ref } from 'vue'

import { serverNow } from './api'

const now = ref(serverNow())
setInterval(() => (now.value = serverNow()), 1000)

export function useNow(): Ref<number> {
  return now
}
