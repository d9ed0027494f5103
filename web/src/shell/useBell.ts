/**
 * What waits for this person, the same for the bell above and the day's page: asked for once, and again when the server says that it changed.
 * In: the live topic `bell`, /api/bell. Out: what waits, announcements, and of a change what is new. Never asks by the clock.
 */

import { computed, ref } from 'vue'

import { choiceWords, fieldOf, rowPage, useMeta } from '../admin/meta'
import { queueTitle } from '../calls/queueTitles'
import { get, post } from '../shared/api'
import { word } from '../shared/i18n'
import { tellProblem } from '../shared/notify'

export interface WaitingItem {
  kind: string
  id: string
  title: string
  at: string | null
  level: string
  patient_id: number | null
}
export interface Waiting {
  total: number
  overdue: number
  counts: Record<string, number>
  items: WaitingItem[]
}
export interface Announcement {
  id: number
  kind: string
  level: string
  title: string
  body_html: string
  published_at: string
  read_at: string | null
}

const { byName } = useMeta()
const waiting = ref<Waiting | null>(null)
const notices = ref<Announcement[]>([])
let asked = 0

const keyOf = (item: WaitingItem): string => `${item.kind}-${item.id}`

/** Entries that were not there before; what was there and only became late counts when it is urgent to be told: a reminder, a deadline. */
export function newIn(before: Waiting | null, now: Waiting): WaitingItem[] {
  if (before === null) return []
  const known = new Map(before.items.map((item) => [keyOf(item), item.level]))
  return now.items.filter((item) => !known.has(keyOf(item)) || (item.level === 'overdue' && known.get(keyOf(item)) !== 'overdue'))
}

/** A message, a callback and whatever is titled by its kind are named by a code. */
export function itemWords(item: WaitingItem): string {
  if (item.kind === 'message') return word(`purpose.${item.title}`, item.title)
  if (item.kind === 'callback_request') return queueTitle(item.title)
  const thing = byName(item.kind)
  const field = thing ? fieldOf(thing, 'kind') : undefined
  return field?.choices?.some((one) => one.value === item.title) ? choiceWords(field, item.title) : item.title
}

/** Where it is done; '' for what is read in the bell itself. */
export function pageOfItem(item: WaitingItem): string {
  if (item.kind === 'message') return '/messages'
  const thing = item.kind === 'announcement' ? undefined : byName(item.kind)
  if (thing?.served) return rowPage(thing, item.id)
  return item.patient_id ? `/patients/${item.patient_id}` : ''
}

/** Asks anew; what is new since the last time. A failed question keeps what is known. */
async function load(): Promise<WaitingItem[]> {
  const mine = ++asked
  const before = waiting.value
  try {
    const now = await get<Waiting>('/api/bell')
    const told = (await get<{ items: Announcement[] }>('/api/bell/announcements')).items
    if (mine !== asked) return []
    waiting.value = now
    notices.value = told
    return newIn(before, now)
  } catch {
    return []
  }
}

async function read(one: Announcement): Promise<void> {
  if (one.read_at !== null) return
  await post(`/api/bell/announcements/${one.id}/read`).then(() => (one.read_at = new Date().toISOString()), tellProblem)
  await load()
}

/** Somebody else signs in on this page. */
export function forgetBell(): void {
  asked += 1
  waiting.value = null
  notices.value = []
}

export function useBell() {
  const work = computed(() => (waiting.value?.items ?? []).filter((one) => one.kind !== 'announcement'))
  const unread = computed(() => notices.value.filter((one) => one.read_at === null).length)
  return { waiting, notices, work, unread, load, read }
}
