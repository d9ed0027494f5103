/**
 * Conduct reports as their officer works on them.
 * In: /api/conduct-reports, the officer's passphrase. Out: the list, what is open, the key's state. The passphrase and opened sound live in memory
 * only and are gone with the page.
 */

import { onBeforeUnmount, reactive, ref } from 'vue'

import { get, post, postForBlob, Problem, withQuery } from '../shared/api'
import { problemWords } from '../shared/notify'

export type State = 'received' | 'inquiry' | 'closed'
export const STATES: State[] = ['received', 'inquiry', 'closed']
export const PASSPHRASE_MIN = 12

export interface Report {
  id: number
  state: State
  duration_s: number
  language: 'zh' | 'en'
  answer: string
  note: string
  version: number
  received_at: string
  asked_at: string | null
  opened_at: string | null
}

export interface KeyState {
  has_key: boolean
  made_at: string | null
  officers: { name: string; since: string }[]
}

interface ReportPage {
  items: Report[]
  next: string | null
  total: number
}

export function useReports() {
  const state = ref<State | ''>('')
  const items = ref<Report[] | null>(null)
  const next = ref<string | null>(null)
  const total = ref(0)
  const failure = ref('')
  const key = ref<KeyState | null>(null)
  const passphrase = ref('')
  const sounds = reactive<Record<number, string>>({})
  let asked = 0

  async function load(cursor: string | null = null): Promise<void> {
    const mine = ++asked
    failure.value = ''
    try {
      const page = await get<ReportPage>(withQuery('/api/conduct-reports', { state: state.value, cursor, limit: 30 }))
      if (mine !== asked) return
      items.value = cursor === null ? page.items : [...(items.value ?? []), ...page.items]
      next.value = page.next
      total.value = page.total
    } catch (wrong) {
      if (mine === asked) failure.value = problemWords(wrong)
    }
  }

  async function loadKey(): Promise<void> {
    key.value = await get<KeyState>('/api/conduct-key')
  }

  async function makeKey(words: string): Promise<void> {
    key.value = await post<KeyState>('/api/conduct-key', { passphrase: words })
    passphrase.value = words
  }

  /** The address of the opened sound in this page's memory. */
  async function open(report: Report): Promise<void> {
    const sound = await postForBlob(`/api/conduct-reports/${report.id}/open`, { passphrase: passphrase.value }).catch((wrong: unknown) => {
      if (wrong instanceof Problem && wrong.title === 'wrong passphrase') passphrase.value = ''
      throw wrong
    })
    sounds[report.id] = URL.createObjectURL(sound)
    report.opened_at ??= new Date().toISOString()
  }

  async function save(report: Report, told: Pick<Report, 'state' | 'answer' | 'note'>): Promise<void> {
    const fresh = await post<Report>(`/api/conduct-reports/${report.id}/handle`, { version: report.version, ...told })
    items.value = (items.value ?? []).map((one) => (one.id === fresh.id ? fresh : one))
  }

  function lock(): void {
    passphrase.value = ''
    for (const [id, address] of Object.entries(sounds)) {
      URL.revokeObjectURL(address)
      delete sounds[Number(id)]
    }
  }

  onBeforeUnmount(lock)
  return { state, items, next, total, failure, key, passphrase, sounds, load, loadKey, makeKey, open, save, lock }
}
