/**
 * One list on the screen: its question, its rows so far, its chosen rows. The address bar holds the question, so a list can be sent to a colleague.
 * Who is on his way to another page is never called back: from then on the address is left alone, and other pages' questions are not this list's.
 */

import { computed, onBeforeUnmount, ref, watch } from 'vue'
import { isNavigationFailure, NavigationFailureType, onBeforeRouteLeave, useRoute, useRouter } from 'vue-router'

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
  const home = route.path
  let asked = 0
  let leaving = false
  let gone = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest: Promise<void> = Promise.resolve()
  let written: Promise<unknown> = Promise.resolve()

  function load(cursor: string | null = null): Promise<void> {
    latest = read(cursor)
    return latest
  }

  async function read(cursor: string | null): Promise<void> {
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
    timer = setTimeout(askNow, typing ? TYPING_MS : 0)
  }

  function askNow(): void {
    clearTimeout(timer)
    timer = undefined
    writeAddress()
    void load()
  }

  function writeAddress(): void {
    if (!leaving) written = router.replace({ query: toRoute(state.value, thing) })
  }

  /** Returns when rows and address are those of the question as it stands; false when they could not be had, or nobody waits for them. */
  async function settled(): Promise<boolean> {
    if (timer !== undefined) askNow()
    for (let seen: Promise<void> | null = null; seen !== latest; ) await (seen = latest)
    await written
    return failure.value === '' && !gone
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
      if (route.path !== home) return
      const asks = fromRoute(query, thing)
      if (JSON.stringify(asks) !== JSON.stringify({ ...state.value, q: state.value.q.trim() })) {
        state.value = asks
        void load()
      }
    },
  )
  onBeforeRouteLeave(() => void (leaving = true))
  const stopHearing = router.afterEach((_to, _from, failed) => {
    if (!leaving || !isNavigationFailure(failed, NavigationFailureType.aborted)) return
    leaving = false
    writeAddress()
  })
  onBeforeUnmount(() => {
    gone = true
    stopHearing()
    clearTimeout(timer)
  })
  return { state, items, next, total, exact, busy, loaded, failure, chosen, chosenRows, allChosen, load, more, ask, settled, toggle, toggleAll, take }
}
