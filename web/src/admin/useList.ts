/** One list on the screen: its question, its rows so far, its chosen rows. The address bar holds the question, so a list can be sent to a colleague. */

import { computed, onBeforeUnmount, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { problemWords } from '../shared/notify'
import { useSession } from '../shared/session'
import { fromRoute, toRoute, toServer, type ListState } from './listQuery'
import type { Thing } from './meta'
import { listRows, type Row, type RowId } from './rowApi'

const PAGE = 50
const TYPING_MS = 250

export function useList(thing: Thing) {
  const route = useRoute()
  const router = useRouter()
  const { zone } = useSession()
  const state = ref<ListState>(fromRoute(route.query, thing))
  const items = ref<Row[]>([])
  const next = ref<string | null>(null)
  const total = ref(0)
  const exact = ref(true)
  const busy = ref(true)
  const loaded = ref(false)
  const failure = ref('')
  const chosen = ref(new Set<RowId>())
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(cursor: string | null = null): Promise<void> {
    const mine = ++asked
    busy.value = true
    failure.value = ''
    try {
      const page = await listRows(thing, { ...toServer(state.value, thing, zone.value), cursor, limit: PAGE })
      if (mine !== asked) return
      items.value = cursor === null ? page.items : [...items.value, ...page.items]
      ;[next.value, total.value, exact.value, loaded.value] = [page.next, page.total, page.exact ?? true, true]
    } catch (wrong) {
      if (mine === asked) failure.value = problemWords(wrong)
    } finally {
      if (mine === asked) busy.value = false
    }
  }

  function more(): void {
    if (next.value !== null && !busy.value) void load(next.value)
  }

  /** Ask anew; `typing` waits for the next key. */
  function ask(changes: Partial<ListState>, typing = false): void {
    state.value = { ...state.value, ...changes }
    chosen.value = new Set()
    clearTimeout(timer)
    timer = setTimeout(() => {
      void router.replace({ query: toRoute(state.value, thing) })
      void load()
    }, typing ? TYPING_MS : 0)
  }

  function toggle(id: RowId): void {
    const now = new Set(chosen.value)
    if (!now.delete(id)) now.add(id)
    chosen.value = now
  }

  const allChosen = computed(() => items.value.length > 0 && items.value.every((row) => chosen.value.has(row.id)))
  function toggleAll(): void {
    chosen.value = allChosen.value ? new Set() : new Set(items.value.map((row) => row.id))
  }

  const chosenRows = computed(() => items.value.filter((row) => chosen.value.has(row.id)))
  function take(row: Row): void {
    items.value = items.value.map((one) => (one.id === row.id ? { ...one, ...row } : one))
  }

  watch(
    () => route.query,
    (query) => {
      const asks = fromRoute(query, thing)
      if (JSON.stringify(asks) !== JSON.stringify({ ...state.value, q: state.value.q.trim() })) {
        state.value = asks
        void load()
      }
    },
  )
  onBeforeUnmount(() => clearTimeout(timer))
  return { state, items, next, total, exact, busy, loaded, failure, chosen, chosenRows, allChosen, load, more, ask, toggle, toggleAll, take }
}
