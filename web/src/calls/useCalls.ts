/** Calls that fit the address bar: the first page, then more. A newer question always wins. */

import { computed, onMounted, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { get, withQuery } from '../shared/api'
import { dayStart, nextDay } from '../shared/format'
import { problemWords } from '../shared/notify'
import { useSession } from '../shared/session'
import type { CallRecord, Page } from '../shared/types'
import { filled, FILTERS, filtersOf, type Filters } from './callList'

const PAGE = 50

export function useCalls() {
  const route = useRoute()
  const router = useRouter()
  const { zone } = useSession()
  const items = ref<CallRecord[] | null>(null)
  const total = ref(0)
  const next = ref<string | null>(null)
  const failure = ref('')
  const loadingMore = ref(false)
  const filter = computed(() => filtersOf(route.query))
  let asked = 0

  function query(cursor: string | null): string {
    const { from, to, ...words } = filter.value
    const days = { from: from === '' ? '' : dayStart(from, zone.value), to: to === '' ? '' : dayStart(nextDay(to), zone.value) }
    return withQuery('/api/call-records', { ...words, ...days, cursor, limit: PAGE })
  }

  async function ask(cursor: string | null): Promise<void> {
    const mine = ++asked
    failure.value = ''
    try {
      const page = await get<Page<CallRecord>>(query(cursor))
      if (mine !== asked) return
      items.value = cursor === null ? page.items : [...(items.value ?? []), ...page.items]
      ;[total.value, next.value] = [page.total, page.next]
    } catch (wrong) {
      if (mine === asked) failure.value = problemWords(wrong)
    }
  }

  const load = (): Promise<void> => ask(null)
  async function more(): Promise<void> {
    if (next.value === null || loadingMore.value) return
    loadingMore.value = true
    await ask(next.value)
    loadingMore.value = false
  }

  /** The address bar with these filters and no others. */
  const only = (filters: Partial<Filters>): void => void router.replace({ query: filled(filters) })
  const change = (changes: Partial<Filters>): void => only({ ...filter.value, ...changes })

  watch(filter, (current, before) => FILTERS.some((name) => current[name] !== before[name]) && void load())
  onMounted(load)
  return { items, total, next, failure, loadingMore, filter, load, more, only, change }
}
