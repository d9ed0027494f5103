/**
 * Every prompt with its texts, read once and kept: flows show texts, never ids.
 * Out: `usePrompts()`, and what can be done with one prompt. A change is on every screen that shows it.
 */

import { computed, shallowRef } from 'vue'

import { get, Problem, send, withQuery } from '../shared/api'
import { useSession } from '../shared/session'
import type { Words } from '../admin/meta'

export type Tongue = 'zh' | 'en'
export type SoundSource = 'shipped' | 'tts' | 'upload' | 'recorded' | 'none'

export interface PromptLine {
  id: string
  text: Words
  source: Record<Tongue, SoundSource>
  duration_s: Record<Tongue, number | null>
  used_in: { flow: string; node: string }[]
  changed_at: string | null
  changed_by: string | null
  version: number
  shipped: boolean
  /** Languages whose sound could not be made just now, and why. */
  faults?: Partial<Record<Tongue, string>>
}

export interface PromptChange {
  at: string
  by: string
  action: string
  language?: string | null
  before?: unknown
  after?: unknown
  note?: string
}

interface Page<T> {
  items: T[]
  next: string | null
  total: number
}

const MOST_PAGES = 100
const UPLOAD_TIMEOUT_MS = 60_000
const SPEAK_TIMEOUT_MS = 90_000
const all = shallowRef<Map<string, PromptLine>>(new Map())
const loaded = shallowRef(false)
/** Counted up with each change of a sound, so that no player gives the old one from its cache. */
const fresh = shallowRef(0)

export async function loadPrompts(again = false): Promise<void> {
  if (loaded.value && !again) return
  const found = new Map<string, PromptLine>()
  let cursor: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const part: Page<PromptLine> = await get<Page<PromptLine>>(withQuery('/api/prompts', { after: cursor, limit: 1000 }))
    for (const one of part.items) found.set(one.id, one)
    cursor = part.next
    if (cursor === null) break
  }
  all.value = found
  loaded.value = true
}

function keep(line: PromptLine): PromptLine {
  all.value = new Map(all.value).set(line.id, line)
  fresh.value += 1
  return line
}

function drop(id: string): void {
  const next = new Map(all.value)
  next.delete(id)
  all.value = next
}

const path = (id: string): string => `/api/prompts/${encodeURIComponent(id)}`

export async function readPrompt(id: string): Promise<PromptLine> {
  return keep(await get<PromptLine>(path(id)))
}

export async function addPrompt(text: Words, id = ''): Promise<PromptLine> {
  return keep(await sendSlowly<PromptLine>('POST', '/api/prompts', { id, text }))
}

export async function changeText(line: PromptLine, text: Words): Promise<PromptLine> {
  return keep(await sendSlowly<PromptLine>('PATCH', path(line.id), { version: line.version, text }))
}

export async function removePrompt(id: string): Promise<void> {
  await send('DELETE', path(id))
  drop(id)
}

export async function speak(id: string, tongue: Tongue): Promise<PromptLine> {
  return keep(await sendSlowly<PromptLine>('POST', `${path(id)}/speak`, { language: tongue }))
}

export async function backToShipped(id: string, tongue: Tongue): Promise<PromptLine> {
  await send('DELETE', `${path(id)}/audio/${tongue}`)
  return readPrompt(id)
}

/** `how`: recorded by a person here, or a file. */
export async function putSound(id: string, tongue: Tongue, sound: Blob, how: 'recorded' | 'upload'): Promise<PromptLine> {
  const url = withQuery(`${path(id)}/audio/${tongue}`, { source: how })
  return keep(await sendRaw<PromptLine>('PUT', url, sound, sound.type || 'application/octet-stream', UPLOAD_TIMEOUT_MS))
}

export async function historyOf(id: string): Promise<PromptChange[]> {
  return (await get<{ items: PromptChange[] }>(`${path(id)}/history`)).items
}

export function soundUrl(id: string, tongue: Tongue): string {
  return `${path(id)}/audio/${tongue}?v=${all.value.get(id)?.version ?? 0}.${fresh.value}`
}

/** A body that is not JSON, or an answer that takes longer than other answers may. */
export async function sendRaw<T>(method: string, url: string, body: BodyInit, type: string, timeoutMs: number): Promise<T> {
  const { session } = useSession()
  const headers = { Accept: 'application/json', 'Content-Type': type, 'X-CSRF-Token': session.value?.csrf ?? '' }
  const answer = await fetch(url, { method, body, headers, credentials: 'same-origin', signal: AbortSignal.timeout(timeoutMs) }).catch(() => null)
  if (answer === null) throw new Problem(0, 'no answer', '')
  const text = await answer.text()
  const json: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}
  if (answer.ok) return json as T
  const problem = json as Partial<Problem>
  throw new Problem(answer.status, problem.title ?? answer.statusText, problem.detail ?? '', problem.errors ?? [], 0, { ...problem })
}

function sendSlowly<T>(method: string, url: string, body: unknown): Promise<T> {
  return sendRaw<T>(method, url, JSON.stringify(body), 'application/json', SPEAK_TIMEOUT_MS)
}

export function usePrompts() {
  const texts = computed<ReadonlyMap<string, Words>>(() => new Map([...all.value].map(([id, line]) => [id, line.text])))
  return { prompts: all, loaded, texts }
}
